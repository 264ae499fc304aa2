/** The claims of the user's access token, on the server. */
import { createRemoteJWKSet, jwtVerify } from "jose";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { cookies } from "next/headers";

export const COOKIE = "access_token";

let keys: JWTVerifyGetKey | undefined;

/** Returns the claims of an access token that the service has signed (RFC 9068). Undefined for any other. */
export async function verified(token: string): Promise<JWTPayload | undefined> {
  const issuer = process.env.GATEHOUSE_URL;
  if (!issuer) throw new Error("GATEHOUSE_URL is not set");
  keys ??= createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
  const expected = { issuer, audience: "gatehouse", typ: "at+jwt", algorithms: ["RS256"] };
  try {
    return (await jwtVerify(token, keys, expected)).payload;
  } catch {
    return undefined;
  }
}

/** Returns the claims of the user who asks for a page. Undefined if nobody is signed in. */
export async function claims(): Promise<JWTPayload | undefined> {
  const token = (await cookies()).get(COOKIE)?.value;
  return token === undefined ? undefined : verified(token);
}
