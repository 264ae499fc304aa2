/** Runs the client against a stack: `node live.js URL SOCKET_URL`. Prints what it observed as JSON. */

import { Centrifuge } from "centrifuge";

import { Gatehouse, Refused, Unreachable } from "../src/index.js";

declare const process: { argv: string[]; exit(code: number): never };

const [url = "", socketUrl = ""] = process.argv.slice(2);
const account = { email: `ts${Date.now()}@example.org`, password: "correct horse battery staple" };
const seen: Record<string, unknown> = {};
let refreshes = 0;
let shortLived = false;

/** Counts refreshes, and lets the tokens of a sign-in expire at once when `shortLived` is set. */
const watched: typeof fetch = async (target, init) => {
  const answer = await fetch(target, init);
  const isRefresh = String(target).endsWith("/sessions/refresh");
  if (isRefresh) refreshes += 1;
  if (!shortLived || isRefresh || !String(target).endsWith("/login")) return answer;
  return Response.json({ ...((await answer.json()) as object), expires_in: 0 });
};

const gatehouse = new Gatehouse({ url, fetch: watched });
await gatehouse.call("post", "/register", { body: account });

const wrong = await gatehouse.signIn(account.email, "not the right password").catch((e) => e);
seen["wrongPassword"] = wrong instanceof Refused && wrong.code;

shortLived = true;
await gatehouse.signIn(account.email, account.password);
const profiles = await Promise.all(Array.from({ length: 8 }, () => gatehouse.call("get", "/profile")));
seen["profiles"] = new Set(profiles.map((each) => each.id)).size;
seen["refreshes"] = refreshes;

const invalid = await gatehouse.call("patch", "/profile", { body: { name: "" } }).catch((e) => e);
seen["invalidField"] = invalid instanceof Refused && Boolean(invalid.at("/name"));

const socket = new Centrifuge(socketUrl, { getToken: gatehouse.socketToken });
socket.connect();
await socket.ready(5000);
seen["socket"] = socket.state;

const again = new Gatehouse({ url, refreshToken: gatehouse.refreshToken ?? "" });
seen["restored"] = await again.restore();

const ended = new Promise((resolve) => socket.once("disconnected", ({ code }) => resolve(code)));
await again.signOut();
seen["socketEndsWith"] = await ended;
seen["restoredAfterwards"] = await gatehouse.restore();
seen["signedInAfterwards"] = gatehouse.isSignedIn;

const nowhere = await new Gatehouse({ url: "http://127.0.0.1:9" }).call("get", "/").catch((e) => e);
seen["unreachable"] = nowhere instanceof Unreachable;

console.log(JSON.stringify(seen));
process.exit(0);
