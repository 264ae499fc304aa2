import { Suspense } from "react";

import { claims } from "./claims";
import { SignIn } from "./sign-in";

async function Greeting() {
  const user = await claims();
  return <p id="greeting">{user ? `You are ${user.sub}` : "Nobody is signed in"}</p>;
}

export default function Page() {
  return (
    <main>
      <Suspense fallback={<p>…</p>}>
        <Greeting />
      </Suspense>
      <SignIn />
    </main>
  );
}
