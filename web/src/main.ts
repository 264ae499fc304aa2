/** Chooses the view by whether a user is signed in and by the fragment of the URL. */

import { bar } from "./bar.js";
import { byId, h, show } from "./dom.js";
import { messageOf } from "./forms.js";
import { mailbox } from "./mailbox.js";
import { onSignedOutElsewhere, restoreSession, service } from "./service.js";
import type { Config, Profile } from "./service.js";
import type { View } from "./view.js";
import { confirmEmail, resetPassword, verify } from "./views/links.js";
import { profileView } from "./views/profile.js";
import { roomView } from "./views/room.js";
import { sessionsView } from "./views/sessions.js";
import { forgot, register, signIn } from "./views/welcome.js";

const PAGES = { room: "Room", profile: "Profile", sessions: "Sessions" };

const main = byId("main");
let config: Config;
let profile: Profile | undefined;
let current: View | undefined;
let notice = "";

async function start(): Promise<void> {
  try {
    config = await service.call("get", "/app/config.json");
    if (config.stage === "local") mailbox(byId("mailbox"));
    if (await restoreSession()) profile = await service.call("get", "/profile");
  } catch (error) {
    const again = h("button", { class: "primary", onclick: () => location.reload() }, "Try again");
    return show(main, h("div", { class: "card narrow" }, h("h1", {}, messageOf(error)), again));
  }
  service.onChange((signedIn) => void (signedIn ? enter() : leave("You were signed out.")));
  onSignedOutElsewhere(() => service.forget());
  addEventListener("hashchange", route);
  route();
}

async function enter(): Promise<void> {
  profile = await service.call("get", "/profile");
  if (!(location.hash.slice(1) in PAGES)) history.replaceState(null, "", "#room");
  route();
}

function leave(why: string): void {
  if (profile) notice = why;
  profile = undefined;
  history.replaceState(null, "", location.pathname);
  route();
}

function route(): void {
  const [name = "", token = ""] = location.hash.slice(1).split("=");
  if (name === "main") return main.focus();
  // A token is used once, so it is removed from the address bar and the history.
  if (token) history.replaceState(null, "", `#${name}`);
  open(name, token);
}

function open(name: string, token: string): void {
  current?.leave?.();
  current = choose(name, token);
  document.title = `${current.title} · Gatehouse`;
  show(byId("bar"), bar(profile, profile ? PAGES : {}, name || "room", signOut, config.api_docs));
  const status = notice && h("p", { class: "notice", role: "status" }, notice);
  notice = "";
  show(main, status, ...current.content);
  main.focus({ preventScroll: true });
}

function choose(name: string, token: string): View {
  if (token && name === "verify") return verify(token, signedUp);
  if (token && name === "reset") return resetPassword(config, token, done);
  if (token && name === "confirm-email") return confirmEmail(token, done);
  if (!profile) {
    if (name === "register") return register(config);
    return name === "forgot" ? forgot() : signIn();
  }
  if (name === "profile") return profileView(config, profile, (changed) => (profile = changed));
  return name === "sessions" ? sessionsView() : roomView(config, profile);
}

function done(text: string): void {
  notice = text;
  history.replaceState(null, "", location.pathname);
  route();
}

function signedUp(text: string): void {
  done(text);
}

async function signOut(): Promise<void> {
  // Close the socket first, so that the room does not take it for a disconnect by the service.
  current?.leave?.();
  await service.signOut().catch(() => undefined);
}

void start();
