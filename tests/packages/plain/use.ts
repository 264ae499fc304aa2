// What an app does with the types of the package. Each setting of tsconfig.*.json compiles this file.
import { Gatehouse, keepConnected, localStore, Refused, SignedOut, Unreachable } from "gatehouse-client";
import type { Answer, components, GatehouseOptions, Problem, SignInState } from "gatehouse-client";

const options: GatehouseOptions = { url: "https://api.example.com", store: localStore() };
export const gatehouse: Gatehouse = new Gatehouse(options);
export const state: SignInState = gatehouse.state;

export async function name(): Promise<string | null | undefined> {
  const profile: Answer<"/profile", "get"> = await gatehouse.call("get", "/profile");
  const same: components["schemas"]["Profile"] = profile;
  return same.name;
}

export async function rename(): Promise<void> {
  // @ts-expect-error a number is not a name
  await gatehouse.call("patch", "/profile", { body: { name: 1 } });
}

export function explain(error: unknown): string | Problem {
  if (error instanceof Refused) return error.problem;
  return error instanceof Unreachable || error instanceof SignedOut ? error.message : String(error);
}

export const { check, stop } = keepConnected(
  { state: "connected", connect: () => {}, disconnect: () => {} },
  async () => gatehouse.isSignedIn,
);
