/** Chooses the view by whether a user is signed in and by the fragment of the URL. */

import type { SignedOutReason } from "../../clients/typescript/src/index.js";
import { bar } from "./bar.js";
import { byId, h, show } from "./dom.js";
import { readFragment } from "./fragment.js";
import { mailbox } from "./mailbox.js";
import { service } from "./service.js";
import type { Config, Profile } from "./service.js";
import type { View } from "./view.js";
import { confirmEmail, resetPassword, verify } from "./views/links.js";
import { profileView } from "./views/profile.js";
import { roomView } from "./views/room.js";
import { sessionsView } from "./views/sessions.js";
import { trouble } from "./views/trouble.js";
import { forgot, register, signIn } from "./views/welcome.js";

const PAGES = { room: "Room", profile: "Profile", sessions: "Sessions" };
const HOME = "room";

const NOTICES: Record<SignedOutReason, string> = {
  signed_out: "You are signed out.",
  session_ended: "Your session has ended, so you were signed out. Sign in again to go on.",
  elsewhere: "You were signed out because you signed out in another tab.",
  another_user:
    "Another user signed in from another tab, so you were signed out here. Reload this page to go on as that user, or sign in again.",
};
const OWED = "You are signed out here. The service could not be told yet; that happens when it can be reached.";

const main = byId("main");
let config: Config | undefined;
let profile: Profile | undefined;
let current: View | undefined;
let notice = "";
/** Counts how often the user changed, so that what began for the one before shows nothing. */
let turns = 0;
/** Whether it is known who is signed in, if anyone. */
let isKnown = false;

/** Finds out who is signed in, however many attempts that takes, and shows what the URL asks for. */
async function begin(): Promise<void> {
  const turn = (turns += 1);
  isKnown = false;
  for (let attempts = 0; turn === turns; attempts += 1) {
    try {
      const settings = await configured();
      // A session that is resumed begins the next turn.
      if (service.state === "unknown" && (await service.restore())) return;
      const found = service.isSignedIn ? await service.call("get", "/profile") : undefined;
      if (turn === turns) enter(settings, found);
      return;
    } catch (error) {
      if (turn === turns) await trouble(error, attempts, open);
    }
  }
}

async function configured(): Promise<Config> {
  if (config) return config;
  config = await service.call("get", "/app/config.json");
  if (config.stage === "local") mailbox(byId("mailbox"));
  return config;
}

function enter(settings: Config, found: Profile | undefined): void {
  profile = found;
  isKnown = true;
  route(settings, false);
}

function leave(reason: SignedOutReason): void {
  turns += 1;
  profile = undefined;
  if (!config) return void begin();
  isKnown = true;
  // A view for anyone may hold what was just typed, so it stays.
  if (!current?.isForAnyone) return done(NOTICES[reason]);
  showBar("");
  tell(NOTICES[reason]);
}

/** Shows the first view again, and what has happened. */
function done(text: string): void {
  notice = text;
  goHome();
}

function goHome(): void {
  history.replaceState(null, "", location.pathname);
  if (config) route(config);
}

function route(settings: Config, isShown = true): void {
  const { name, token } = readFragment(location.hash);
  if (name === "main" && isShown) return main.focus();
  const view = choose(settings, name, token);
  const isPage = name in PAGES;
  // A token is used once, so it is removed from the address bar and the history.
  if (view.isForAnyone) history.replaceState(null, "", `#${name}`);
  else if (profile && !isPage) history.replaceState(null, "", `#${HOME}`);
  present(view, isPage ? name : HOME);
}

function choose(settings: Config, name: string, token: string): View {
  if (name === "verify") return verify(settings, token, done, open);
  if (name === "reset") return resetPassword(settings, token, done, open);
  if (name === "confirm-email") return confirmEmail(token, done, open);
  if (!profile) {
    if (name === "register") return register(settings, open);
    return name === "forgot" ? forgot(settings) : signIn();
  }
  if (name === "profile") return profileView(settings, profile, rename, done);
  return name === "sessions" ? sessionsView() : roomView(settings, profile);
}

function rename(changed: Profile): void {
  profile = changed;
  showBar("profile");
}

function open(view: View): void {
  present(view, "");
}

function present(view: View, name: string): void {
  current?.leave?.();
  current = view;
  document.title = `${view.title} · Gatehouse`;
  showBar(name);
  show(main, ...view.content);
  if (notice) tell(notice);
  notice = "";
  main.focus({ preventScroll: true });
}

/** Shows a notice above the view, which stays as it is. */
function tell(text: string): void {
  main.querySelector(":scope > .notice")?.remove();
  main.prepend(h("p", { class: "notice", role: "status" }, text));
}

function showBar(name: string): void {
  show(byId("bar"), ...bar(profile, profile ? PAGES : {}, name, signOut, config?.api_docs ?? false));
}

async function signOut(): Promise<void> {
  // Close the socket first, so that the room does not take it for a disconnect by the service.
  current?.leave?.();
  await service.signOut().catch(() => service.isSignedIn || tell(OWED));
}

service.onChange((isSignedIn) => isSignedIn && void begin());
service.onSignedOut(leave);
addEventListener("hashchange", () => config && isKnown && route(config));
void begin();
