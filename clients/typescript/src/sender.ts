/** Sends requests to the service, and solves the challenges that it demands first. */

import { challengeOf, work } from "./challenge.js";
import type { Challenge, TokenSource } from "./challenge.js";
import { Listeners } from "./listeners.js";
import { exchange, withRetries } from "./transport.js";

export interface SenderOptions {
  url: string;
  /** Whether the browser adds the cookie of the service and takes the one of the response. */
  withCookie: boolean;
  /** Milliseconds after which a request fails. */
  timeout: number;
  challengeToken: TokenSource | undefined;
  fetch: typeof fetch;
}

/** The parts of a request that not every request has. */
export interface Parts {
  body?: unknown;
  token?: string | undefined;
  /** Ends the request when its user signs out. */
  signal?: AbortSignal | undefined;
}

/** Challenges that one call solves. The first may expire, for example while the device sleeps. */
const MOST_CHALLENGES = 2;

/** Requests that may be repeated, because doing the same twice changes nothing more (RFC 9110 section 9.2.2). */
const REPEATABLE = /^(get|put|delete) |^post \/(sessions\/refresh|logout)$/;

export class Sender {
  readonly solving = new Listeners<[boolean]>();
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends a request. If the service demands it, solves a challenge and sends the request again. */
  async send(method: string, target: string, { body, token, signal }: Parts): Promise<unknown> {
    let whole = body;
    for (let left = MOST_CHALLENGES; ; left -= 1) {
      const once = (): Promise<unknown> => this.#exchange(method, target, whole, token, signal);
      try {
        return await (REPEATABLE.test(`${method} ${target}`) ? withRetries(once) : once());
      } catch (error) {
        const solution = left > 0 ? this.#solve(challengeOf(error)) : undefined;
        if (!solution) throw error;
        whole = { ...(body as object), solution: await solution };
      }
    }
  }

  #exchange(method: string, target: string, body: unknown, token?: string, signal?: AbortSignal): Promise<unknown> {
    const { url, fetch, timeout, withCookie } = this.#options;
    const headers: Record<string, string> = {};
    const request: RequestInit = { method: method.toUpperCase(), headers };
    if (token) headers["authorization"] = `Bearer ${token}`;
    if (body !== undefined) {
      headers["content-type"] = "application/json";
      request.body = JSON.stringify(body);
    }
    if (withCookie) request.credentials = "include";
    return exchange({ fetch, url: url + target, request, timeout, signal });
  }

  /** Starts to solve a challenge. Returns undefined if there is none, or none that this client can solve. */
  #solve(challenge: Challenge | undefined): Promise<string> | undefined {
    const { challengeToken } = this.#options;
    if (challenge?.provider === "altcha") return this.#announced(work(challenge));
    return challenge && challengeToken && this.#announced(challengeToken(challenge));
  }

  #announced(solution: Promise<string>): Promise<string> {
    this.solving.tell(true);
    return solution.finally(() => this.solving.tell(false));
  }
}
