/** The errors that a call can end with. */

import type { components } from "./schema.js";

/** The body of every refusal (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** The service refused the request. `code` is for programs, `message` for people. */
export class Refused extends Error {
  readonly problem: Problem;
  readonly code: string;
  readonly status: number;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter: string | null = null) {
    super(problem.detail || problem.title);
    this.name = "Refused";
    this.problem = problem;
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = seconds(retryAfter);
  }

  /** Returns what is wrong with the field at a JSON Pointer, if anything is. */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/**
 * No response of the service arrived in time: this device or the service is offline, or something in
 * between answered instead, for example the sign-in page of a hotel's network. Trying again may help.
 */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The service cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

/**
 * Nobody is signed in, or the user whose request this was is no longer signed in here. A response that
 * arrives after that is dropped, so that one user never sees or does what another user asked for.
 */
export class SignedOut extends Error {
  constructor() {
    super("You are not signed in");
    this.name = "SignedOut";
  }
}

/** Reads the refusal from a response. Gateways in between send no `code`, so it becomes `http_<status>`. */
export async function refusalOf(answer: Response): Promise<Refused> {
  const body: unknown = await answer.json().catch(() => undefined);
  const problem: Problem = {
    type: "about:blank",
    title: answer.statusText || `The service responded with status ${answer.status}`,
    code: `http_${answer.status}`,
    request_id: "",
    ...(typeof body === "object" ? body : undefined),
    status: answer.status,
  };
  return new Refused(problem, answer.headers.get("retry-after"));
}

/** `Retry-After` is a number of seconds or a date (RFC 9110 section 10.2.3). */
function seconds(retryAfter: string | null): number | undefined {
  if (!retryAfter) return undefined;
  const number = Number(retryAfter);
  const value = Number.isNaN(number) ? (Date.parse(retryAfter) - Date.now()) / 1000 : number;
  return Number.isNaN(value) ? undefined : Math.max(0, Math.ceil(value));
}
