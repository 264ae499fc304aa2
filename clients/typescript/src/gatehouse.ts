/** Calls the service, and keeps its caller signed in. */

import { Refused, refusalOf, Unreachable } from "./refused.js";
import type { Answer, Method, Path, Rest } from "./routes.js";
import type { components } from "./schema.js";

type Tokens = components["schemas"]["Tokens"];

export type SignedInListener = (signedIn: boolean) => void;

export interface GatehouseOptions {
  /** Where the service is, no slash at the end; a page that the service serves itself needs none. */
  url?: string;
  /**
   * Where the refresh token is kept: in a cookie that no script can read (pages), or in this
   * object (everything else).
   */
  refresh?: "cookie" | "body";
  /** The refresh token of an earlier start; only without the cookie. */
  refreshToken?: string;
  fetch?: typeof fetch;
}

/** Seconds before its end at which an access token is not used any more. */
const MARGIN = 30;

export class Gatehouse {
  readonly #url: string;
  readonly #mode: "cookie" | "body";
  readonly #fetch: typeof fetch;
  readonly #listeners = new Set<SignedInListener>();
  /** In memory only: a script from elsewhere finds no token in any storage. */
  #access: { token: string; until: number } | undefined;
  #refreshToken: string | undefined;
  #refreshing: Promise<string> | undefined;
  #socketToken: string | undefined;

  constructor(options: GatehouseOptions = {}) {
    this.#url = options.url ?? "";
    this.#mode = options.refresh ?? "body";
    this.#refreshToken = options.refreshToken;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  get isSignedIn(): boolean {
    return this.#access !== undefined;
  }

  /** The refresh token, to be kept in a safe place; undefined where a cookie holds it. */
  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }

  /** Tells when somebody is signed in or out. Returns how to stop that. */
  onChange(listener: SignedInListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws Refused `invalid_credentials`, `account_disabled`, `too_many_requests` ... */
  async signIn(email: string, password: string): Promise<void> {
    const body = { email, password, refresh: this.#mode };
    this.#keep((await this.#send("post", "/login", body)) as Tokens);
  }

  /** Goes on with an earlier session. False if there is none any more. */
  async restore(): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (error instanceof Refused) return false;
      throw error;
    }
  }

  /** Ends the session on the service, and in any case here. */
  async signOut(): Promise<void> {
    const body = this.#refreshToken ? { refresh_token: this.#refreshToken } : {};
    try {
      await this.#send("post", "/logout", body);
    } finally {
      this.forget();
    }
  }

  /** Forgets the tokens, for example after the service closed the session. */
  forget(): void {
    this.#access = this.#refreshToken = this.#socketToken = undefined;
    this.#tell(false);
  }

  /**
   * Calls a route. An access token goes along if there is one, renewed when it is about to end.
   *
   * @throws Refused the service said no. @throws Unreachable no answer came.
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
      // Revoked, or our clock is wrong: a refresh finds out which.
      return (await this.#send(method, target, body, await this.refresh())) as Answer<P, M>;
    }
  }

  /** An access token that is good for a while. @throws Refused `invalid_grant` */
  async accessToken(): Promise<string> {
    if (this.#access && this.#access.until > Date.now()) return this.#access.token;
    return this.refresh();
  }

  /**
   * `getToken` of the Centrifuge client. It asks only when the token it had is not good any more,
   * so it never gets the same one twice. An empty text ends the connection for good.
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

  /** New tokens, by one request however many ask at the same time, in whichever tab. */
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

  /** Tabs share the cookie, so only one of them moves it on at a time. */
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

  async #send(method: string, target: string, body?: unknown, token?: string): Promise<unknown> {
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
