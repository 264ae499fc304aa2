/** Shows the widget of a challenge service in a dialog. The built-in proof of work needs none. */

import type { WidgetChallenge } from "../../clients/typescript/src/index.js";
import { h } from "./dom.js";

interface Api {
  render(place: HTMLElement, options: Record<string, unknown>): unknown;
}

const SCRIPTS = {
  turnstile: "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit",
  hcaptcha: "https://js.hcaptcha.com/1/api.js?render=explicit",
};

/** Returns the token that the widget gives. Rejects if the user closes the dialog or the widget fails. */
export function tokenOf({ provider, site_key, action }: WidgetChallenge): Promise<string> {
  const place = h("div", {});
  const close = h("button", { type: "button", class: "plain", onclick: () => dialog.close() }, "Cancel");
  const dialog = h("dialog", { "aria-labelledby": "widget-title" }, h("h2", { id: "widget-title" }, "Are you human?"), place, close);
  document.body.append(dialog);
  dialog.showModal();
  const token = new Promise<string>((resolve, reject) => {
    const fail = (): void => reject(new Error("The check did not work. Try again."));
    dialog.addEventListener("close", () => reject(new Error("The check was canceled.")));
    const options = { sitekey: site_key, action, callback: resolve, "error-callback": fail, "expired-callback": fail };
    load(SCRIPTS[provider]).then(() => apiOf(provider).render(place, options), fail);
  });
  return token.finally(() => dialog.remove());
}

function apiOf(provider: WidgetChallenge["provider"]): Api {
  return (window as unknown as Record<string, Api>)[provider]!;
}

function load(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = h("script", { src: url, async: true, onload: () => resolve() });
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}
