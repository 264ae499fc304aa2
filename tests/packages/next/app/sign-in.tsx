"use client";

import { Gatehouse, Refused } from "gatehouse-client";
import { useEffect, useState, useSyncExternalStore } from "react";

import { drop, keep } from "./actions";

const gatehouse = new Gatehouse({ url: process.env.NEXT_PUBLIC_GATEHOUSE_URL, refresh: "cookie" });

/** Signs in, and tells the server who is signed in. */
export function SignIn() {
  const [refusal, setRefusal] = useState("");
  const isSignedIn = useSyncExternalStore(
    (changed) => gatehouse.onChange(changed),
    () => gatehouse.isSignedIn,
    () => false,
  );

  useEffect(() => {
    const removals = [
      gatehouse.onTokens(({ access_token }) => void keep(access_token)),
      gatehouse.onSignedOut(() => void drop()),
    ];
    gatehouse.restore().catch(() => {});
    return () => removals.forEach((remove) => remove());
  }, []);

  async function signIn(form: FormData) {
    try {
      await gatehouse.signIn(String(form.get("email")), String(form.get("password")));
    } catch (error) {
      setRefusal(error instanceof Refused ? error.message : "Try again later.");
    }
  }

  if (isSignedIn) return <button onClick={() => void gatehouse.signOut()}>Sign out</button>;
  return (
    <form action={signIn}>
      <label>Email <input name="email" type="email" autoComplete="username" /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
      <button>Sign in</button>
      <p role="alert">{refusal}</p>
    </form>
  );
}
