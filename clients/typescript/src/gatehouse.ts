/** The client: calls the service and keeps the user signed in. */

import { challengeOf, work } from "./challenge.js";
import type { Challenge, TokenSource } from "./challenge.js";
import { Refused, refusalOf, Unreachable } from "./refused.js";
import type { Answer, Method, Path, Rest } from "./routes.js";
import type { components } from "./schema.js";

type Tokens = components["schemas"]["Tokens"];

export type SignedInListener = (signedIn: boolean) => void;
export type ChallengeListener = (solving: boolean) => void;

export interface GatehouseOptions {
  /** Base URL of the service, without a trailing slash. Omit it on a page that the service serves. */
  url?: string;
  /**
   * Where the refresh token is stored: in a cookie that no script can read (for pages), or in this
   * object (for everything else, and the default).
   */
  refresh?: "cookie" | "body";
  /** The refresh token of an earlier session. Only without the cookie. */
  refreshToken?: string;
  /**
   * Returns the token of a challenge at Turnstile or hCaptcha, for a deployment that uses one of them.
   * The client solves the proof of work of other deployments itself.
   */
  challengeToken?: TokenSource;
  fetch?: typeof fetch;
}

/** Seconds before its expiry from which an access token is no longer used. */
const MARGIN = 30;

/** Challenges that one call solves. The first may expire, for example while the device sleeps. */
const MOST_CHALLENGES = 2;

export class Gatehouse {
  readonly #url: string;
  readonly #mode: "cookie" | "body";
  readonly #fetch: typeof fetch;
  readonly #listeners = new Set<SignedInListener>();
  readonly #challengeListeners = new Set<ChallengeListener>();
  readonly #challengeToken: TokenSource | undefined;
  /** In memory only, so that a foreign script finds no token in any storage. */
  #access: { token: string; until: number } | undefined;
  #refreshToken: string | undefined;
  #refreshing: Promise<string> | undefined;
  #socketToken: string | undefined;

  constructor(options: GatehouseOptions = {}) {
    this.#url = options.url ?? "";
    this.#mode = options.refresh ?? "body";
    this.#refreshToken = options.refreshToken;
    this.#challengeToken = options.challengeToken;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  get isSignedIn(): boolean {
    return this.#access !== undefined;
  }

  /** The refresh token, for you to store in a safe place. Undefined if a cookie holds it. */
  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }

  /** Calls the listener on every sign-in and sign-out. Returns a function that removes the listener. */
  onChange(listener: SignedInListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls the listener when a call begins (true) and ends (false) to solve a challenge. Returns a function that removes the listener. */
  onChallenge(listener: ChallengeListener): () => void {
    this.#challengeListeners.add(listener);
    return () => this.#challengeListeners.delete(listener);
  }

  /** Signs in. @throws Refused `invalid_credentials`, `account_disabled`, `too_many_requests` ... */
  async signIn(email: string, password: string): Promise<void> {
    const body = { email, password, refresh: this.#mode };
    this.#keep((await this.#send("post", "/login", body)) as Tokens);
  }

  /** Resumes an earlier session. Returns false if it no longer exists. */
  async restore(): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (error instanceof Refused) return false;
      throw error;
    }
  }

  /** Ends the session on the service and forgets the tokens, even if the request fails. */
  async signOut(): Promise<void> {
    const body = this.#refreshToken ? { refresh_token: this.#refreshToken } : {};
    try {
      await this.#send("post", "/logout", body);
    } finally {
      this.forget();
    }
  }

  /** Forgets the tokens, for example after the service ended the session. */
  forget(): void {
    this.#access = this.#refreshToken = this.#socketToken = undefined;
    this.#tell(false);
  }

  /**
   * Calls a route. Sends the access token if there is one, and renews it when it is about to expire.
   *
   * @throws Refused the service refused the request. @throws Unreachable no response arrived.
   */
  async call<P extends Path, M extends Method<P>>(
    method: M,
    path: P,
    ...[options]: Rest<P, M>
  ): Promise<Answer<P, M>> {
    const { path: inPath, query, body } = (options ?? {}) as Record<string, any>;
    const target = fill(path, inPath) + (query ? `?${new URLSearchParams(query)}` : "");
    const token = this.#access && (await this.accessToken());
    try {
      return (await this.#send(method, target, body, token)) as Answer<P, M>;
    } catch (error) {
      if (!token || !(error instanceof Refused) || error.code !== "invalid_token") throw error;
      // The token was revoked or the local clock is wrong. A refresh tells which.
      return (await this.#send(method, target, body, await this.refresh())) as Answer<P, M>;
    }
  }

  /** Returns an access token that is not about to expire. @throws Refused `invalid_grant` */
  async accessToken(): Promise<string> {
    if (this.#access && this.#access.until > Date.now()) return this.#access.token;
    return this.refresh();
  }

  /**
   * For the `getToken` option of the Centrifuge client. Centrifuge calls it only when its token is no
   * longer valid, so this never returns the same token twice in a row. If the service refuses a new
   * token, this returns an empty string, which ends the connection for good.
   */
  readonly socketToken = async (): Promise<string> => {
    try {
      let token = await this.accessToken();
      if (token === this.#socketToken) token = await this.refresh();
      return (this.#socketToken = token);
    } catch (error) {
      if (error instanceof Refused && error.status < 429) return "";
      throw error;
    }
  };

  /** Renews the tokens and returns the new access token. Concurrent calls share one request; tabs take turns. */
  refresh(): Promise<string> {
    this.#refreshing ??= this.#alone(() => this.#renew()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #renew(): Promise<string> {
    const body = this.#refreshToken ? { refresh_token: this.#refreshToken } : {};
    try {
      return this.#keep((await this.#send("post", "/sessions/refresh", body)) as Tokens);
    } catch (error) {
      if (error instanceof Refused && error.code === "invalid_grant") this.forget();
      throw error;
    }
  }

  /** Tabs share the cookie, so only one of them refreshes at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const locks = this.#mode === "cookie" ? globalThis.navigator?.locks : undefined;
    return locks ? (locks.request("gatehouse-refresh", work) as Promise<T>) : work();
  }

  #keep(tokens: Tokens): string {
    const isNew = this.#access === undefined;
    const life = Math.max(tokens.expires_in - MARGIN, tokens.expires_in / 2);
    this.#access = { token: tokens.access_token, until: Date.now() + life * 1000 };
    this.#refreshToken = tokens.refresh_token;
    if (isNew) this.#tell(true);
    return tokens.access_token;
  }

  #tell(signedIn: boolean): void {
    for (const listener of this.#listeners) listener(signedIn);
  }

  /** Sends a request. If the service demands it, solves a challenge and sends the request again. */
  async #send(method: string, target: string, body?: unknown, token?: string): Promise<unknown> {
    let whole = body;
    for (let left = MOST_CHALLENGES; ; left -= 1) {
      try {
        return await this.#sendOnce(method, target, whole, token);
      } catch (error) {
        const solution = left > 0 ? this.#solve(challengeOf(error)) : undefined;
        if (!solution) throw error;
        whole = { ...(body as object), solution: await solution };
      }
    }
  }

  /** Starts to solve a challenge. Returns undefined if there is none, or none that this client can solve. */
  #solve(challenge: Challenge | undefined): Promise<string> | undefined {
    if (challenge?.provider === "altcha") return this.#announced(work(challenge));
    return challenge && this.#challengeToken && this.#announced(this.#challengeToken(challenge));
  }

  #announced(solution: Promise<string>): Promise<string> {
    const tell = (solving: boolean): void => this.#challengeListeners.forEach((each) => each(solving));
    tell(true);
    return solution.finally(() => tell(false));
  }

  async #sendOnce(method: string, target: string, body?: unknown, token?: string): Promise<unknown> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (token) headers["authorization"] = `Bearer ${token}`;
    const request: RequestInit = { method: method.toUpperCase(), headers };
    if (body !== undefined) request.body = JSON.stringify(body);
    if (this.#mode === "cookie") request.credentials = "include";
    const answer = await this.#fetch(this.#url + target, request).catch((cause: unknown) => {
      throw new Unreachable(cause);
    });
    if (!answer.ok) throw await refusalOf(answer);
    const text = await answer.text();
    return text ? JSON.parse(text) : undefined;
  }
}

function fill(path: string, parameters: Record<string, string> = {}): string {
  return path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ""));
}
