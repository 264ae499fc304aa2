/** What the page shows while it cannot find out who is signed in. It tries again by itself. */

import { Refused } from "../../../clients/typescript/src/index.js";
import { h } from "../dom.js";
import { messageOf } from "../forms.js";
import { card, quiet } from "../view.js";
import type { Present } from "../view.js";

/** Milliseconds before the first attempt and, after doubling, the most. */
const [SHORTEST, LONGEST] = [1_000, 30_000];

const AGAIN = "try-again";

/** Shows an error. Returns when it is time to try again: after a pause, when online again, or when asked to. */
export function trouble(error: unknown, attempts: number, present: Present): Promise<void> {
  return new Promise((resolve) => {
    // The view of the last attempt had a button too, which someone may just have used.
    const hadFocus = document.activeElement?.id === AGAIN;
    const button = h("button", { type: "button", class: "primary", id: AGAIN }, "Try again");
    const said = h("p", { class: "said", role: "status" }, "This page tries again by itself.");
    const asked = error instanceof Refused ? (error.retryAfter ?? 0) * 1000 : 0;
    const pause = Math.max(asked, Math.min(LONGEST, SHORTEST * 2 ** attempts));
    const timer = setTimeout(again, pause * (1 + Math.random() / 4));

    function leave(): void {
      clearTimeout(timer);
      removeEventListener("online", again);
    }
    function again(): void {
      leave();
      button.setAttribute("aria-disabled", "true");
      said.textContent = "Trying again…";
      resolve();
    }

    button.addEventListener("click", again);
    addEventListener("online", again);
    const view = card(titleOf(error), quiet(adviceOn(error)), h("div", { class: "actions" }, button), said);
    present({ ...view, leave });
    if (hadFocus) button.focus();
  });
}

function titleOf(error: unknown): string {
  if (!(error instanceof Refused)) return navigator.onLine ? "The service cannot be reached" : "You are offline";
  return error.status === 429 ? "Too many requests" : "The service has a problem";
}

function adviceOn(error: unknown): string {
  if (error instanceof Refused) return `${messageOf(error).replace(/\.?$/, ".")} If you were signed in, you still are.`;
  const check = navigator.onLine ? "Check your connection, or wait a moment." : "Connect to a network to go on.";
  return `${check} If you were signed in, you still are.`;
}
