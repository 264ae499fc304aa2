import type { components } from "./schema.js";

/** The body of every refusal (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** The service refused the request. `code` is for programs, `message` for people. */
export class Refused extends Error {
  readonly code: string;
  readonly status: number;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly problem: Problem,
    retryAfter: string | null = null,
  ) {
    super(problem.detail || problem.title);
    this.name = "Refused";
    this.code = problem.code;
    this.status = problem.status;
    this.retryAfter = retryAfter ? Number(retryAfter) : undefined;
  }

  /** Returns what is wrong with the field at a JSON Pointer, if anything is. */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** No response arrived: the client or the service is offline. Trying again may help. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The service cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

/** Reads the refusal from a response. Gateways in between send no `code`, so it becomes `http_<status>`. */
export async function refusalOf(answer: Response): Promise<Refused> {
  const body: Partial<Problem> = await answer.json().catch(() => ({}));
  const problem: Problem = {
    type: "about:blank",
    title: answer.statusText || `The service responded with status ${answer.status}`,
    status: answer.status,
    code: `http_${answer.status}`,
    request_id: "",
    ...body,
  };
  return new Refused(problem, answer.headers.get("retry-after"));
}
