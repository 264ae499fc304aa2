export type { Challenge, TokenSource, WidgetChallenge, Work } from "./challenge.js";
export { keepConnected } from "./connection.js";
export type { Connection } from "./connection.js";
export { Gatehouse } from "./gatehouse.js";
export type {
  ChallengeListener,
  GatehouseOptions,
  SignedInListener,
  SignedOutListener,
  SignedOutReason,
  SignInState,
  Tokens,
  TokensListener,
} from "./gatehouse.js";
export { Refused, SignedOut, Unreachable } from "./refused.js";
export type { Problem } from "./refused.js";
export type { Answer, Method, Options, Path } from "./routes.js";
export type { components, paths } from "./schema.js";
export { localStore } from "./storage.js";
export type { Store } from "./storage.js";
