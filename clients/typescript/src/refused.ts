import type { components } from "./schema.js";

/** The body of every refusal (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** The service said no. Programs look at `code`, people read `message`. */
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

  /** What is wrong with one field of the input, by its JSON Pointer. */
  at(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** No answer came: offline, or the service is. Trying again may help. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The service cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

/** The refusal that an answer tells. Gateways in between have no `code`: theirs is made up. */
export async function refusalOf(answer: Response): Promise<Refused> {
  const body: Partial<Problem> = await answer.json().catch(() => ({}));
  const problem: Problem = {
    type: "about:blank",
    title: answer.statusText || `The service answered ${answer.status}`,
    status: answer.status,
    code: `http_${answer.status}`,
    request_id: "",
    ...body,
  };
  return new Refused(problem, answer.headers.get("retry-after"));
}
