export type { Challenge, TokenSource, WidgetChallenge, Work } from "./challenge.js";
export { Gatehouse } from "./gatehouse.js";
export type { ChallengeListener, GatehouseOptions, SignedInListener } from "./gatehouse.js";
export { Refused, Unreachable } from "./refused.js";
export type { Problem } from "./refused.js";
export type { Answer, Method, Options, Path } from "./routes.js";
export type { components, paths } from "./schema.js";
