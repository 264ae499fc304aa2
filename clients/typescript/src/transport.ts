/** One request and its response, within a time limit. */

import { refusalOf, Refused, SignedOut, Unreachable } from "./refused.js";

export interface Exchange {
  fetch: typeof fetch;
  url: string;
  request: RequestInit;
  /** Milliseconds after which the exchange fails. */
  timeout: number;
  /** Ends the exchange when the user whose request it is signs out. */
  signal: AbortSignal | undefined;
}

/** Statuses of success without content. */
const NO_CONTENT = [202, 204];

/** Times that a request is sent again if the service is unavailable for a moment. */
const MOST_RETRIES = 2;

/** Seconds that a request waits at most before it is sent again. */
const LONGEST_WAIT = 5;

/**
 * Sends a request and returns the JSON of the response, or undefined if it has no content.
 *
 * @throws Refused the service refused the request. @throws Unreachable no response of the service
 * arrived in time. @throws SignedOut `signal` was aborted.
 */
export function exchange({ fetch, url, request, timeout, signal }: Exchange): Promise<unknown> {
  const ending = new AbortController();
  return new Promise((resolve, reject) => {
    const end = (error: Error): void => {
      reject(error);
      ending.abort();
    };
    const stop = (): void => end(new SignedOut());
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(() => end(new Unreachable(`no response within ${timeout} ms`)), timeout);
    // A redirect would be of something in between: the service sends none.
    fetch(url, { ...request, redirect: "error", signal: ending.signal })
      .then(read)
      .catch((error: unknown) => {
        throw error instanceof Refused ? error : new Unreachable(error);
      })
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", stop);
      });
  });
}

/** Returns the content of a response. Throws if the service would not send it. */
async function read(answer: Response): Promise<unknown> {
  if (!answer.ok) throw await refusalOf(answer);
  const text = await answer.text();
  if (!text && NO_CONTENT.includes(answer.status)) return undefined;
  const content: unknown = JSON.parse(text);
  if (!Object.keys(Object(content)).length) throw new Error("The response has no content");
  return content;
}

/** Sends again what the service was not available for, after the pause that it asked for. */
export async function withRetries<T>(send: () => Promise<T>): Promise<T> {
  for (let left = MOST_RETRIES; ; left -= 1) {
    try {
      return await send();
    } catch (error) {
      const wait = error instanceof Refused && error.status === 503 ? error.retryAfter : undefined;
      if (left === 0 || wait === undefined || wait > LONGEST_WAIT) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}
