/** What the views say about emails: where they are, and the button that asks for another one. */

import { Refused } from "../../../clients/typescript/src/index.js";
import { h } from "../dom.js";
import { messageOf } from "../forms.js";
import type { Config } from "../service.js";

/** Seconds before another email is asked for. Mail takes that long to arrive. */
const PAUSE = 60;

/** Returns where emails are if not in the mailbox of the user, which is so on the local stage. */
export function whereMailsAre({ stage }: Config): string {
  return stage === "local" ? "On the local stage, emails are in the mailbox at the end of this page." : "";
}

/** A button that asks for the email again, and a line that says what came of it. */
export function againButton(ask: () => Promise<unknown>): { button: HTMLElement; said: HTMLElement } {
  const label = "Send it again";
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "plain" }, label);
  let isWaiting = false;

  /** Counts down on the button. It keeps the focus, so it is not disabled. */
  function wait(seconds: number): void {
    isWaiting = seconds > 0;
    button.textContent = isWaiting ? `${label} (${seconds} s)` : label;
    if (isWaiting) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
    if (isWaiting) setTimeout(() => wait(seconds - 1), 1000);
  }

  function tell(text: string, kind: string): void {
    said.textContent = text;
    said.className = `said ${kind}`;
  }

  button.addEventListener("click", () => {
    if (isWaiting) return;
    isWaiting = true;
    button.setAttribute("aria-disabled", "true");
    button.textContent = "Sending…";
    tell("", "");
    ask().then(
      () => {
        tell("Sent. If it does not arrive, look among the unwanted emails too.", "good");
        wait(PAUSE);
      },
      (error: unknown) => {
        tell(messageOf(error), "bad");
        wait(error instanceof Refused ? (error.retryAfter ?? 0) : 0);
      },
    );
  });
  return { button, said };
}
