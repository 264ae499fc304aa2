/** Signs in and shows the user's name. */
import { Gatehouse, Refused } from "gatehouse-client";
import type { Answer } from "gatehouse-client";
import { useEffect, useState, useSyncExternalStore } from "react";

const gatehouse = new Gatehouse({ url: "https://api.example.com", refresh: "cookie" });

function useSignedIn(): boolean {
  return useSyncExternalStore(
    (changed) => gatehouse.onChange(changed),
    () => gatehouse.isSignedIn,
  );
}

function SignIn() {
  const [refusal, setRefusal] = useState("");

  async function signIn(form: FormData) {
    try {
      await gatehouse.signIn(String(form.get("email")), String(form.get("password")));
    } catch (error) {
      setRefusal(error instanceof Refused ? error.message : "Try again later.");
    }
  }

  return (
    <form action={signIn}>
      <label>Email <input name="email" type="email" autoComplete="username" /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
      <button>Sign in</button>
      <p role="alert">{refusal}</p>
    </form>
  );
}

function Profile() {
  const [profile, setProfile] = useState<Answer<"/profile", "get">>();
  useEffect(() => void gatehouse.call("get", "/profile").then(setProfile), []);
  return (
    <>
      <p>{profile?.name ?? profile?.email}</p>
      <button onClick={() => void gatehouse.signOut()}>Sign out</button>
    </>
  );
}

export function App() {
  useEffect(() => void gatehouse.restore().catch(() => {}), []);
  return useSignedIn() ? <Profile /> : <SignIn />;
}
