/** The page's only client instance, and the types of its configuration and profile. */

import { Gatehouse } from "../../clients/typescript/src/index.js";
import type { components } from "../../clients/typescript/src/index.js";
import { tokenOf } from "./widget.js";

export type Config = components["schemas"]["PageConfig"];
export type Profile = components["schemas"]["Profile"];

/** Keeps the access token in memory and the refresh token in a cookie that no script can read. */
export const service = new Gatehouse({ refresh: "cookie", challengeToken: tokenOf });
