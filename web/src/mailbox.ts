/** Shows the emails of the local stack, which replaces a real mailbox. Not present on AWS. */

import { h, show } from "./dom.js";

const URL_OF_MAILS = "/_local/mails";
const EVERY = 2000;

interface Mail {
  Subject: string;
  To: string[];
  Timestamp: number | string;
  BodyText?: string;
  Body?: string;
}

export function mailbox(place: HTMLElement): void {
  const list = h("ul", { class: "rows" });
  const count = h("span", { class: "count" }, "0");
  const box = h(
    "details",
    { class: "mailbox" },
    h("summary", {}, "Mailbox ", count, h("span", { class: "quiet" }, " local stage only")),
    list,
  );
  let shown = 0;

  async function look(): Promise<void> {
    const answer = await fetch(URL_OF_MAILS);
    const { messages } = (await answer.json()) as { messages: Record<string, Mail[]> };
    const mails = Object.values(messages).flat();
    mails.sort((a, b) => Number(b.Timestamp) - Number(a.Timestamp));
    // Add only the new emails, so that an open one stays open.
    list.prepend(...mails.slice(0, Math.max(0, mails.length - shown)).map(row));
    shown = mails.length;
    count.textContent = String(shown);
  }

  const again = () => document.visibilityState === "visible" && void look().catch(() => undefined);
  show(place, box);
  again();
  setInterval(again, EVERY);
}

function row(mail: Mail): HTMLElement {
  const text = mail.BodyText ?? mail.Body ?? "";
  return h(
    "li",
    {},
    h("details", {}, h("summary", {}, h("b", {}, mail.Subject), h("span", { class: "quiet" }, ` to ${mail.To.join(", ")}`)), h("p", { class: "mail" }, ...linked(text))),
  );
}

/** Splits a text into text and links. Links to this page open in this tab, without a reload. */
function linked(text: string): (Node | string)[] {
  return text.split(/(https?:\/\/\S+)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const here = part.startsWith(`${location.origin}${location.pathname}#`);
    return h("a", { href: here ? part.slice(part.indexOf("#")) : part, rel: "noreferrer" }, part);
  });
}
