/** The bar at the top: links to the pages, the signed-in user, and the sign-out button. */

import { h } from "./dom.js";
import type { Profile } from "./service.js";

/** Returns the content of the bar. The brand is in app.html too, which shows it before this runs. */
export function bar(
  profile: Profile | undefined,
  pages: Record<string, string>,
  current: string,
  signOut: () => Promise<void>,
  hasDocs: boolean,
): (Node | false)[] {
  const links = Object.entries(pages).map(([name, label]) =>
    h("a", { href: `#${name}`, "aria-current": name === current ? "page" : null }, label),
  );
  const out = h("button", { type: "button", class: "plain", onclick: () => void signOut() }, "Sign out");
  const me = profile && h("span", { class: "me" }, profile.name ?? profile.email);
  return [
    h("a", { class: "brand", href: "#" }, h("span", { class: "mark", "aria-hidden": "true" }), "Gatehouse"),
    profile ? h("nav", { "aria-label": "Pages" }, ...links) : false,
    h("span", { class: "who" }, me, profile ? out : hasDocs && h("a", { href: "/docs" }, "API")),
  ];
}
