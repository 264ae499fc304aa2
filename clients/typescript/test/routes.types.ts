/** Compiled, never run. Wrong calls must be errors; a missing error is an error too. */

import { Gatehouse } from "../src/index.js";

const gatehouse = new Gatehouse();

export async function rightCalls(): Promise<string> {
  await gatehouse.call("get", "/");
  await gatehouse.call("patch", "/profile", { body: { name: "Ada" } });
  await gatehouse.call("delete", "/sessions/{id}", { path: { id: "5b1f" } });
  await gatehouse.call("delete", "/sessions", { query: { keep: "current" } });
  const { sessions } = await gatehouse.call("get", "/sessions");
  return sessions.map((session) => session.user_agent).join();
}

export async function wrongCalls(): Promise<void> {
  // @ts-expect-error: there is no such route
  await gatehouse.call("get", "/profiles");
  // @ts-expect-error: the route has another method
  await gatehouse.call("post", "/profile");
  // @ts-expect-error: the body is missing
  await gatehouse.call("post", "/register");
  // @ts-expect-error: a field of the body is missing
  await gatehouse.call("post", "/register", { body: { email: "ada@example.org" } });
  // @ts-expect-error: a field has another type
  await gatehouse.call("patch", "/profile", { body: { name: 5 } });
  // @ts-expect-error: the route takes no body
  await gatehouse.call("get", "/profile", { body: {} });
  // @ts-expect-error: the parameter of the path is missing
  await gatehouse.call("delete", "/sessions/{id}");
  // @ts-expect-error: the answer has no such field
  (await gatehouse.call("get", "/profile")).nickname;
}
