/** The latest events of the account, each as a line to read. */

import type { components } from "../../../clients/typescript/src/index.js";
import { h, show, timeOf } from "../dom.js";
import { messageOf } from "../forms.js";
import { service } from "../service.js";

type Event = components["schemas"]["EventView"];

const LINES: Record<string, string> = {
  "user:account:create": "Account created",
  "user:session:start": "Signed in",
  "user:session:end": "Session ended",
  "user:session:end-others": "All other sessions ended",
  "user:session:end-all": "All sessions ended",
  "system:session:reuse": "Session ended because its token was used twice",
  "system:session:end-oldest": "Oldest session ended, because there were too many",
  "system:email:undeliverable": "An email could not be delivered to your address",
  "system:session:refuse": "Wrong password at a sign-in",
  "system:password:refuse": "Wrong password entered in a session",
  "user:password:change": "Password changed",
  "user:password:reset": "Password reset by email",
  "user:email:request": "Change of email address requested",
  "user:email:change": "Email address changed",
};

export function latestEvents(): HTMLElement {
  const list = h("ul", { class: "rows", "aria-busy": "true" }, h("li", { class: "quiet" }, "Loading…"));
  const said = h("p", { class: "said", role: "status" });

  async function load(): Promise<void> {
    try {
      const { events } = await service.call("get", "/profile/events");
      show(list, ...events.map(row));
    } catch (error) {
      show(list);
      said.textContent = messageOf(error);
    }
    list.removeAttribute("aria-busy");
  }

  void load();
  return h("section", { class: "group" }, h("h2", {}, "Latest events"), list, said);
}

function row(event: Event): HTMLElement {
  const times = event.count > 1 ? `, ${event.count} times that day` : "";
  const where = event.address ? `${event.address} · ` : "";
  return h(
    "li",
    { class: "card row" },
    h(
      "div",
      {},
      h("p", { class: "title" }, (LINES[event.tag] ?? event.tag) + times),
      h("p", { class: "quiet" }, where, event.count > 1 && "last ", timeOf(event.at)),
    ),
  );
}
