/** Solves the challenges that the service refuses requests with (`challenge_required`, status 428). */

import { Refused } from "./refused.js";

/** A proof of work in the protocol of ALTCHA, version 2. The client solves it without the user. */
export interface Work {
  provider: "altcha";
  parameters: {
    algorithm: string;
    cost: number;
    expiresAt: number;
    keyLength: number;
    keyPrefix: string;
    nonce: string;
    salt: string;
    data: Record<string, string>;
  };
  signature: string;
}

/** A challenge of a service whose widget the page has to show. */
export interface WidgetChallenge {
  provider: "turnstile" | "hcaptcha";
  site_key: string;
  action: string;
}

export type Challenge = Work | WidgetChallenge;

/** Shows the widget of a challenge and returns the token that it gives. */
export type TokenSource = (challenge: WidgetChallenge) => Promise<string>;

/** Keys that are derived at the same time. Web Crypto spreads them over the processor's cores. */
const SLICE = 4;

/** The service chooses a counter far below this. */
const MOST = 1_000_000;

/** Returns the challenge that a refusal carries. Undefined for every other error. */
export function challengeOf(error: unknown): Challenge | undefined {
  if (!(error instanceof Refused) || error.status !== 428) return undefined;
  return (error.problem as unknown as { challenge?: Challenge }).challenge;
}

/**
 * Returns the solution of a proof of work, for the member `solution` of the request.
 *
 * Web Crypto works in other threads, and each slice is awaited, so a page stays responsive.
 */
export async function work({ parameters, signature }: Work): Promise<string> {
  // Browsers offer it only to pages that came over HTTPS or from this machine.
  if (!globalThis.crypto?.subtle) throw new Error("Solving a challenge requires Web Crypto, and in browsers HTTPS");
  for (let first = 0; first < MOST; first += SLICE) {
    const counters = Array.from({ length: SLICE }, (_, n) => first + n);
    const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found >= 0) {
      const solution = { counter: first + found, derivedKey: keys[found] };
      return btoa(JSON.stringify({ challenge: { parameters, signature }, solution }));
    }
  }
  throw new Error("The challenge has no solution");
}

async function derive({ nonce, salt, cost, keyLength }: Work["parameters"], counter: number): Promise<string> {
  const start = bytes(nonce);
  const password = new Uint8Array(start.length + 4);
  password.set(start);
  new DataView(password.buffer).setUint32(start.length, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
