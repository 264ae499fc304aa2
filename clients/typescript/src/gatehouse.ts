/** The client: calls the service and keeps the user signed in. */

import type { TokenSource } from "./challenge.js";
import { Cookie, Stored } from "./custody.js";
import type { Custody } from "./custody.js";
import { Listeners } from "./listeners.js";
import { alone } from "./lock.js";
import { Refused, SignedOut, Unreachable } from "./refused.js";
import type { Answer, Method, Path, Rest } from "./routes.js";
import type { components } from "./schema.js";
import { Sender } from "./sender.js";
import type { Store } from "./storage.js";

export type Tokens = components["schemas"]["Tokens"];

/** "unknown" until `restore` or `signIn` has found out. */
export type SignInState = "unknown" | "signed-in" | "signed-out";

/**
 * Why a user is signed out: the app asked for it (`signed_out`), the session has ended (`session_ended`),
 * another tab signed out (`elsewhere`), or another user signed in there (`another_user`).
 */
export type SignedOutReason = "signed_out" | "session_ended" | "elsewhere" | "another_user";

export type SignedInListener = (signedIn: boolean) => void;
export type SignedOutListener = (reason: SignedOutReason) => void;
export type TokensListener = (tokens: Tokens) => void;
export type ChallengeListener = (solving: boolean) => void;

export interface GatehouseOptions {
  /** Base URL of the service, without a trailing slash. Omit it on a page that the service serves. */
  url?: string | undefined;
  /**
   * Where the refresh token is stored: in a cookie that no script can read (for pages), or in this
   * object and its `store` (for everything else, and the default).
   */
  refresh?: "cookie" | "body" | undefined;
  /** Keeps the refresh token for the next start of the app. Only without the cookie. */
  store?: Store | undefined;
  /** The refresh token of an earlier session, for an app without a `store`. Only without the cookie. */
  refreshToken?: string | undefined;
  /** Milliseconds after which a request fails as `Unreachable`. 20,000 unless set. */
  timeout?: number | undefined;
  /**
   * Returns the token of a challenge at Turnstile or hCaptcha, for a deployment that uses one of them.
   * The client solves the proof of work of other deployments itself.
   */
  challengeToken?: TokenSource | undefined;
  fetch?: typeof fetch | undefined;
}

/** Seconds before its expiry from which an access token is no longer used. */
const MARGIN = 30;

interface Session {
  user: string;
  access: string;
  /** The time in milliseconds from which the access token is renewed before use. */
  until: number;
}

export class Gatehouse {
  readonly #sender: Sender;
  readonly #custody: Custody;
  /** The name of the lock that the tabs share. Without it, no other tab uses the same session. */
  readonly #lock: string | undefined;
  readonly #timeout: number;
  readonly #changes = new Listeners<[boolean]>();
  readonly #ends = new Listeners<[SignedOutReason]>();
  readonly #renewals = new Listeners<[Tokens]>();
  #state: SignInState = "unknown";
  /** In memory only, so that a foreign script finds no access token in any storage. */
  #session: Session | undefined;
  /** Aborted when the user changes, which ends the requests of the user before. */
  #user = new AbortController();
  #refreshing: Promise<string> | undefined;
  #socketToken: string | undefined;

  constructor(options: GatehouseOptions = {}) {
    const { url = "", refresh, store, refreshToken, challengeToken, timeout = 20_000 } = options;
    const withCookie = refresh === "cookie";
    const fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.#timeout = timeout;
    this.#sender = new Sender({ url, withCookie, timeout, challengeToken, fetch });
    this.#custody = withCookie ? new Cookie(url) : new Stored(store, refreshToken);
    this.#lock = withCookie || store ? `gatehouse-refresh${url}` : undefined;
    this.#custody.watch((user) => {
      if (this.#session && user !== this.#session.user) this.#end(user ? "another_user" : "elsewhere");
    });
    if (typeof document !== "undefined") addEventListener("online", () => void this.#payAlone().catch(() => {}));
  }

  get state(): SignInState {
    return this.#state;
  }

  get isSignedIn(): boolean {
    return this.#state === "signed-in";
  }

  /** The ID of the user who is signed in. */
  get userId(): string | undefined {
    return this.#session?.user;
  }

  /** The refresh token, if no cookie holds it. Prefer a `store`: the token changes with every refresh. */
  get refreshToken(): string | undefined {
    return this.#custody.refreshToken;
  }

  /** Calls the listener on every sign-in and sign-out. Returns a function that removes the listener. */
  onChange(listener: SignedInListener): () => void {
    return this.#changes.add(listener);
  }

  /** Calls the listener with the reason when the user is signed out. Returns a function that removes the listener. */
  onSignedOut(listener: SignedOutListener): () => void {
    return this.#ends.add(listener);
  }

  /** Calls the listener with all new tokens. Returns a function that removes the listener. */
  onTokens(listener: TokensListener): () => void {
    return this.#renewals.add(listener);
  }

  /** Calls the listener when a call begins (true) and ends (false) to solve a challenge. Returns a function that removes the listener. */
  onChallenge(listener: ChallengeListener): () => void {
    return this.#sender.solving.add(listener);
  }

  /** Signs in. @throws Refused `invalid_credentials`, `account_disabled`, `too_many_requests` ... */
  async signIn(email: string, password: string): Promise<void> {
    const signal = this.#nextUser();
    const body = { email, password, refresh: this.#custody instanceof Cookie ? "cookie" : "body" };
    const tokens = await this.#alone(async () => {
      await this.#pay();
      return this.#tokens("/login", body, signal);
    });
    await this.#keep(tokens, signal);
  }

  /**
   * Resumes an earlier session, or asks whether this one goes on. Returns false if there is none.
   *
   * @throws Unreachable, Refused it is not known whether there is one: the service is offline or refused
   * for another reason. Try again.
   */
  async restore(): Promise<boolean> {
    try {
      await this.#refresh();
    } catch (error) {
      if (!isEnd(error)) throw error;
    }
    return this.isSignedIn;
  }

  /**
   * Signs out at once, and ends the session on the service.
   *
   * @throws Unreachable, Refused the session has not ended on the service yet. The client goes on trying:
   * when the device is online again, and before the next sign-in or `restore`.
   */
  async signOut(): Promise<void> {
    const isOver = this.#state === "signed-out";
    this.#end("signed_out");
    // After that, the session that the cookie or the store holds can only be of another tab.
    if (!isOver) await this.#custody.owe();
    await this.#payAlone();
  }

  /** Forgets the tokens, for example after the user deleted the account. */
  forget(reason: SignedOutReason = "session_ended"): void {
    this.#end(reason);
    void this.#custody.drop();
  }

  /**
   * Calls a route. Sends the access token if there is one, and renews it when it is about to expire.
   *
   * @throws Refused the service refused the request. @throws Unreachable no response arrived.
   * @throws SignedOut the user was signed out before the response arrived.
   */
  async call<P extends Path, M extends Method<P>>(
    method: M,
    path: P,
    ...[options]: Rest<P, M>
  ): Promise<Answer<P, M>> {
    const { path: inPath, query, body } = (options ?? {}) as Record<string, any>;
    const target = fill(path, inPath) + (query ? `?${new URLSearchParams(query)}` : "");
    if (!this.#session) return (await this.#sender.send(method, target, { body })) as Answer<P, M>;
    const { signal } = this.#user;
    const send = async (token: string): Promise<Answer<P, M>> =>
      (await this.#sender.send(method, target, { body, token, signal })) as Answer<P, M>;
    try {
      return await send(await this.accessToken());
    } catch (error) {
      // A response of before the user changed says nothing about the tokens of now.
      if (signal.aborted) throw new SignedOut();
      if (!isRefused(error, "invalid_token")) throw error;
      // The token was revoked or the local clock is wrong. A refresh tells which.
      return send(await this.refresh());
    }
  }

  /** Returns an access token that is not about to expire. @throws Refused, Unreachable, SignedOut */
  async accessToken(): Promise<string> {
    if (this.#session && this.#session.until > Date.now()) return this.#session.access;
    return this.refresh();
  }

  /**
   * For the `getToken` option of the Centrifuge client. Centrifuge calls it only when its token is no
   * longer valid, so this never returns the same token twice in a row. If the session has ended, this
   * returns an empty string, which ends the connection for good. After any other error Centrifuge tries
   * again.
   */
  readonly socketToken = async (): Promise<string> => {
    try {
      let token = await this.accessToken();
      if (token === this.#socketToken) token = await this.refresh();
      return (this.#socketToken = token);
    } catch (error) {
      if (isEnd(error)) return "";
      throw error;
    }
  };

  /**
   * Renews the tokens and returns the new access token. Concurrent calls share one request; tabs take turns.
   *
   * @throws Refused `invalid_grant` the session has ended. @throws Unreachable no response arrived.
   * @throws SignedOut nobody is signed in, or another user is. Only `restore` and `signIn` change that.
   */
  async refresh(): Promise<string> {
    if (this.#state === "signed-out") throw new SignedOut();
    return this.#refresh();
  }

  #refresh(): Promise<string> {
    if (this.#refreshing) return this.#refreshing;
    const { signal } = this.#user;
    const renewing = this.#alone(() => this.#renew(signal)).finally(() => {
      if (this.#refreshing === renewing) this.#refreshing = undefined;
    });
    return (this.#refreshing = renewing);
  }

  async #renew(signal: AbortSignal): Promise<string> {
    await this.#pay();
    const proof = await this.#custody.proof();
    if (signal.aborted) throw new SignedOut();
    if (!proof) {
      this.#end("session_ended");
      throw new SignedOut();
    }
    const tokens = await this.#tokens("/sessions/refresh", proof, signal).catch(async (error: unknown) => {
      if (isRefused(error, "invalid_grant")) {
        this.#end("session_ended");
        await this.#custody.drop();
      }
      throw error;
    });
    const user = subjectOf(tokens.access_token);
    if (this.#session && this.#session.user !== user) {
      // In another tab, another user has signed in since. The tokens are those of that tab.
      this.#end("another_user");
      await this.#custody.keep(user, tokens.refresh_token);
      throw new SignedOut();
    }
    return this.#keep(tokens, signal);
  }

  async #tokens(path: string, body: unknown, signal: AbortSignal): Promise<Tokens> {
    const tokens = (await this.#sender.send("post", path, { body, signal })) as Tokens;
    if (!tokens.access_token || tokens.expires_in === undefined) throw new Unreachable("The response has no tokens");
    return tokens;
  }

  async #keep(tokens: Tokens, signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw new SignedOut();
    const { access_token: access, expires_in: life, refresh_token: refreshToken } = tokens;
    const until = Date.now() + Math.max(life - MARGIN, life / 2) * 1000;
    const user = subjectOf(access);
    const isNew = this.#session?.user !== user;
    this.#session = { user, access, until };
    const kept = this.#custody.keep(user, refreshToken);
    this.#renewals.tell(tokens);
    if (isNew) this.#become("signed-in");
    await kept;
    if (signal.aborted) throw new SignedOut();
    return access;
  }

  /** Signs out at once, in this object only. */
  #end(reason: SignedOutReason): void {
    const wasSignedIn = this.#session !== undefined;
    this.#nextUser();
    this.#session = this.#socketToken = undefined;
    if (wasSignedIn) this.#ends.tell(reason);
    if (this.#state !== "signed-out") this.#become("signed-out");
  }

  #become(state: SignInState): void {
    this.#state = state;
    this.#changes.tell(state === "signed-in");
  }

  /** Ends the requests of the user so far. Returns the signal that ends those of the next one. */
  #nextUser(): AbortSignal {
    this.#user.abort();
    this.#user = new AbortController();
    this.#refreshing = undefined;
    return this.#user.signal;
  }

  /** Ends the session whose sign-out the service has not heard of, before anything else. */
  async #pay(): Promise<void> {
    const owed = await this.#custody.owed();
    if (!owed) return;
    await this.#sender.send("post", "/logout", { body: owed }).catch((error: unknown) => {
      if (!isFinal(error)) throw error;
    });
    await this.#custody.paid();
  }

  #payAlone(): Promise<void> {
    return this.#alone(() => this.#pay());
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock === undefined ? work() : alone(this.#lock, this.#timeout, work);
  }
}

function isRefused(error: unknown, code: string): boolean {
  return error instanceof Refused && error.code === code;
}

/** Whether an error means that nobody is signed in. Only the service's own word ends a session. */
function isEnd(error: unknown): boolean {
  return error instanceof SignedOut || isRefused(error, "invalid_grant");
}

/** Whether the service itself refused, and would refuse again. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Refused) || error.code.startsWith("http_")) return false;
  return error.status < 500 && error.status !== 429;
}

/** Returns the user whom an access token names, or "" if it is not one of the service. */
function subjectOf(token: string): string {
  try {
    const claims = token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
    return String(JSON.parse(atob(claims)).sub);
  } catch {
    return "";
  }
}

function fill(path: string, parameters: Record<string, string> = {}): string {
  return path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
}
