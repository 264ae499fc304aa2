"use server";

import { cookies } from "next/headers";

import { COOKIE, verified } from "./claims";

/** Keeps an access token where the pages that the server renders find it, and no script does. */
export async function keep(token: string): Promise<void> {
  const claims = await verified(token);
  if (!claims?.exp) throw new Error("This is no access token of the service");
  const expires = new Date(claims.exp * 1000);
  (await cookies()).set(COOKIE, token, { expires, httpOnly: true, sameSite: "lax", secure: true });
}

export async function drop(): Promise<void> {
  (await cookies()).delete(COOKIE);
}
