/** The list of sessions, with buttons to end them. */

import type { components } from "../../../clients/typescript/src/index.js";
import { h, show, timeOf } from "../dom.js";
import { messageOf } from "../forms.js";
import { service } from "../service.js";
import type { View } from "../view.js";
import { latestEvents } from "./events.js";

type Session = components["schemas"]["SessionView"];

export function sessionsView(): View {
  const list = h("ul", { class: "rows", "aria-busy": "true" }, h("li", { class: "quiet" }, "Loading…"));
  const said = h("p", { class: "said", role: "status" });
  const others = h("button", { type: "button", class: "plain", onclick: () => void endOthers() }, "Sign out of all other sessions");

  async function load(): Promise<void> {
    const { sessions } = await service.call("get", "/sessions");
    show(list, ...sessions.map((session) => row(session, () => void end(session))));
    list.removeAttribute("aria-busy");
    others.hidden = sessions.length < 2;
  }

  async function end(session: Session): Promise<void> {
    await act(() => service.call("delete", "/sessions/{id}", { path: { id: session.id } }), "The session has ended and its connections are closed.");
  }

  async function endOthers(): Promise<void> {
    await act(() => service.call("delete", "/sessions", { query: { keep: "current" } }), "All other sessions have ended.");
  }

  async function act(work: () => Promise<unknown>, success: string): Promise<void> {
    try {
      await work();
      await load();
      said.textContent = success;
    } catch (error) {
      said.textContent = messageOf(error);
    }
  }

  void act(async () => undefined, "");
  const head = h("div", { class: "head" }, h("h1", {}, "Sessions"), others);
  const about = h("p", { class: "quiet" }, "Where you are signed in. Ending a session closes its connections immediately.");
  return { title: "Sessions", content: [h("div", { class: "column" }, head, about, list, said, latestEvents())] };
}

function row(session: Session, end: () => void): HTMLElement {
  const name = browserOf(session.user_agent);
  const revoke = h("button", { type: "button", class: "plain", onclick: end, "aria-label": `End the session on ${name}` }, "End");
  return h(
    "li",
    { class: "card row" },
    h(
      "div",
      {},
      h("p", { class: "title" }, name, session.current && h("span", { class: "tag" }, "current session")),
      h("p", { class: "quiet" }, `${session.address} · last seen `, timeOf(session.last_seen_at), " · signed in ", timeOf(session.created_at)),
    ),
    !session.current && revoke,
  );
}

function browserOf(agent: string): string {
  const system = /Android|iPhone|iPad|Windows|Mac OS X|Linux/.exec(agent)?.[0] ?? "";
  const browser = /(Firefox|Edg|OPR|Chrome|Safari|curl|python-httpx|node)/.exec(agent)?.[0] ?? "";
  const known: Record<string, string> = { Edg: "Edge", OPR: "Opera", "Mac OS X": "macOS" };
  const parts = [browser, system].filter(Boolean).map((part) => known[part] ?? part);
  return parts.join(" on ") || agent || "Unknown device";
}
