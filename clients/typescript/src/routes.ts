/** The types of calls, derived from the types that openapi-typescript generates from docs/openapi.json. */

import type { paths } from "./schema.js";

export type Path = keyof paths;

/** The methods that the schema defines for a path. */
export type Method<P extends Path> = {
  [M in keyof paths[P]]: M extends "parameters" ? never : paths[P][M] extends undefined ? never : M;
}[keyof paths[P]] &
  string;

type Operation<P extends Path, M extends Method<P>> = paths[P][M];

type Body<Op> = Op extends { requestBody: { content: { "application/json": infer Body } } }
  ? { body: Body }
  : { body?: never };

type InPath<Op> = Op extends { parameters: { path: infer Parameters } }
  ? { path: Parameters }
  : { path?: never };

type InQuery<Op> = Op extends { parameters: { query?: infer Parameters } }
  ? { query?: Parameters }
  : { query?: never };

export type Options<P extends Path, M extends Method<P>> = Body<Operation<P, M>> &
  InPath<Operation<P, M>> &
  InQuery<Operation<P, M>>;

/** The options may be omitted only if the route requires none. */
export type Rest<P extends Path, M extends Method<P>> =
  Record<string, never> extends Options<P, M> ? [options?: Options<P, M>] : [options: Options<P, M>];

type Content<R> = R extends { content: { "application/json": infer Body } } ? Body : undefined;

/** The response body of a route. Undefined where the response has no body (202, 204). */
export type Answer<P extends Path, M extends Method<P>> =
  Operation<P, M> extends { responses: infer R }
    ? { [Status in keyof R & (200 | 201 | 202 | 204)]: Content<R[Status]> }[keyof R &
        (200 | 201 | 202 | 204)]
    : never;
