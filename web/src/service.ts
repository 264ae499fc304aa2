/** The one client of this page, and what the deployment says about itself. */

import { Gatehouse } from "../../clients/typescript/src/index.js";
import type { components } from "../../clients/typescript/src/index.js";

export type Config = components["schemas"]["PageConfig"];
export type Profile = components["schemas"]["Profile"];

/** The access token stays in memory, the refresh token in a cookie that no script can read. */
export const service = new Gatehouse({ refresh: "cookie" });

/** Only that there was a session, so that a first visit asks for none. */
const HINT = "gatehouse-signed-in";

service.onChange((signedIn) => {
  if (signedIn) localStorage.setItem(HINT, "1");
  else localStorage.removeItem(HINT);
});

export async function restoreSession(): Promise<boolean> {
  return localStorage.getItem(HINT) !== null && service.restore();
}

/** Another tab signed out: so does this one. */
export function onSignedOutElsewhere(then: () => void): void {
  addEventListener("storage", (event) => {
    if (event.key === HINT && event.newValue === null && service.isSignedIn) then();
  });
}
