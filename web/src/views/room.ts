/** The view of the room. */

import { daysOf, nameOfDay, onNewDay } from "../days.js";
import { clockOf, h, show } from "../dom.js";
import type { Delivery, Message } from "../room/messages.js";
import type { Person } from "../room/people.js";
import { Room } from "../room/room.js";
import type { Line } from "../room/room.js";
import { service } from "../service.js";
import type { Config, Profile } from "../service.js";
import type { View } from "../view.js";

const ROOM = "lobby";
/** Distance from the end of the list, in pixels, within which new messages scroll into view. */
const NEAR = 80;

const LINES: Record<Line, string> = {
  connecting: "Connecting…",
  online: "Connected",
  reconnecting: "Reconnecting…",
  closed: "Disconnected",
};

export function roomView(config: Config, profile: Profile): View {
  const line = h("p", { class: "line", role: "status" });
  const connect = h("button", { type: "button", class: "plain", hidden: true, onclick: () => room.connect() }, "Connect again");
  const people = h("ul", { class: "people", "aria-label": "In the room" });
  const top = h("div", { class: "top" });
  const list = h("ol");
  const log = h("div", { class: "log", role: "log", "aria-label": "Messages", tabindex: "0" }, top, list);
  const note = h("p", { class: "under", "aria-live": "polite" });
  const text = h("textarea", { id: "say", rows: "1", maxlength: "2000", placeholder: "Message", enterkeyhint: "send" });
  const send = h("button", { type: "submit", class: "primary" }, "Send");
  const composer = h("form", { class: "composer" }, h("label", { for: "say", class: "unseen" }, "Message"), text, send);
  const rows = new Map<string, HTMLElement>();
  const days = new Map<string, HTMLElement>();
  let first: Message | undefined;

  const me = { user: profile.id, name: profile.name ?? profile.email.split("@")[0] ?? "" };
  const room = new Room(config.socket_url, service.socketToken, ROOM, me, draw, closed);

  function draw(): void {
    // The first events arrive while the room is still being constructed.
    queueMicrotask(() => {
      line.textContent = LINES[room.line];
      line.dataset["state"] = room.line;
      connect.hidden = room.line !== "closed";
      // Who is here is known a moment after the room is shown.
      const present = room.people.list.length ? room.people.list : [me];
      show(people, ...present.map((each) => h("li", {}, initial(each.name), named(each), each.user === me.user && " (you)")));
      note.textContent = typing(room.people.typing.map(({ name }) => name)) || room.note;
      drawLog();
    });
  }

  function drawLog(): void {
    const follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    const before = log.scrollHeight;
    const said = rowsByDay();
    const empty = h("li", { class: "empty quiet" }, room.hasRead ? "No messages yet." : "Loading messages…");
    show(list, ...(said.length ? said : [empty]));
    if (follows) log.scrollTop = log.scrollHeight;
    else if (first !== room.messages.list[0]) log.scrollTop += log.scrollHeight - before;
    first = room.messages.list[0];
  }

  /** The messages, with a heading above the first of each day. */
  function rowsByDay(): HTMLElement[] {
    const messages = room.messages.list;
    const ofEach = daysOf(messages.map(({ at }) => at));
    return messages.flatMap((message, index) => {
      const day = ofEach[index]!;
      if (day === ofEach[index - 1]) return [row(message, messages[index - 1])];
      return [dayRow(message, day), row(message, undefined)];
    });
  }

  function dayRow({ key }: Message, day: number): HTMLElement {
    const known = days.get(key) ?? h("li", { class: "day" }, h("h2"));
    days.set(key, known);
    const name = nameOfDay(day);
    if (known.textContent !== name) show(known.firstElementChild as HTMLElement, name);
    return known;
  }

  function row(message: Message, previous: Message | undefined): HTMLElement {
    const isNext = previous?.user === message.user && message.at - previous.at < 120_000;
    const state = `${message.delivery ?? ""}${isNext}${room.people.tagOf(message) ?? ""}`;
    const known = rows.get(message.key);
    if (known?.dataset["state"] === state) return known;
    const isMine = message.user === me.user;
    const by = !isNext && h("p", { class: "by" }, h("b", {}, isMine ? "You" : named(message)), " ", clockOf(message.at));
    const row = h(
      "li",
      { class: `message${isMine ? " mine" : ""}${isNext ? " next" : ""}` },
      by,
      h("p", { class: "bubble" }, message.text),
      message.delivery && delivery(message.delivery, () => room.again(message)),
    );
    row.dataset["state"] = state;
    rows.set(message.key, row);
    return row;
  }

  /** Senders choose their names freely. The ID, which the service verified, tells namesakes apart. */
  function named(person: Person): HTMLElement {
    const tag = room.people.tagOf(person);
    return h("span", { title: `Account ${person.user}` }, person.name, tag && h("span", { class: "tag" }, tag));
  }

  async function closed(): Promise<void> {
    // The service closed the socket. If the session ended, the refresh fails and leads to the sign-in view.
    // Only for the user who is signed in: to restore would sign in one who came in another tab.
    if (service.isSignedIn) await service.refresh().catch(() => undefined);
  }

  text.addEventListener("input", () => {
    fit(text);
    if (text.value.trim()) room.type();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = text.value.trim();
    if (said) room.say(said);
    text.value = "";
    fit(text);
    log.scrollTop = log.scrollHeight;
    text.focus();
  });
  const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && void room.readOlder(), { root: log });
  watch.observe(top);
  const endDays = onNewDay(draw);
  draw();

  const head = h("div", { class: "head" }, h("h1", {}, "Lobby"), h("div", { class: "actions" }, line, connect));
  const content = h("section", { class: "room card" }, head, people, log, note, composer);
  return {
    title: "Room",
    content: [content],
    leave: () => {
      watch.disconnect();
      endDays();
      room.leave();
    },
  };
}

function delivery(state: Delivery, again: () => void): HTMLElement {
  const words = { waiting: "Sending…", sent: "Sent", failed: "Not sent" };
  const retry = state === "failed" && h("button", { type: "button", class: "plain", onclick: again }, "Try again");
  return h("p", { class: "state" }, h("span", { class: "delivery", "data-delivery": state }, words[state]), " ", retry);
}

/** Whether the key belongs to an input method. Safari ends the composition before the key that ended it. */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

function initial(name: string): HTMLElement {
  return h("span", { class: "initial", "aria-hidden": "true" }, [...name][0]?.toUpperCase() ?? "?");
}

function typing(names: string[]): string {
  if (names.length === 0) return "";
  if (names.length > 2) return "Several people are typing…";
  return `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing…`;
}

function fit(text: HTMLTextAreaElement): void {
  text.rows = Math.min(5, text.value.split("\n").length);
}
