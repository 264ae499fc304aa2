/** The page's only client instance, and the types of its configuration and profile. */

import { Gatehouse } from "../../clients/typescript/src/index.js";
import type { components } from "../../clients/typescript/src/index.js";
import { tokenOf } from "./widget.js";

export type Config = components["schemas"]["PageConfig"];
export type Profile = components["schemas"]["Profile"];

/** Keeps the access token in memory and the refresh token in a cookie that no script can read. */
export const service = new Gatehouse({ refresh: "cookie", challengeToken: tokenOf });

/** Notes only that a session exists, so that a first visit does not try to restore one. */
const HINT = "gatehouse-signed-in";

service.onChange((signedIn) => {
  if (signedIn) localStorage.setItem(HINT, "1");
  else localStorage.removeItem(HINT);
});

export async function restoreSession(): Promise<boolean> {
  return localStorage.getItem(HINT) !== null && service.restore();
}

/** Calls `then` when another tab signed out while this one is signed in. */
export function onSignedOutElsewhere(then: () => void): void {
  addEventListener("storage", (event) => {
    if (event.key === HINT && event.newValue === null && service.isSignedIn) then();
  });
}
