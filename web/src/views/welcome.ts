/** The views before sign-in: sign in, register, forgot password. */

import { h } from "../dom.js";
import { form, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { card } from "../view.js";
import type { View } from "../view.js";
import { enterCode } from "./links.js";

export function signIn(): View {
  const inputs = form({
    fields: [
      { name: "email", label: "Email address", type: "email", autocomplete: "username" },
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    submit: "Sign in",
    more: [h("a", { href: "#forgot" }, "Forgot password?")],
    send: ({ email, password }) => service.signIn(email!, password!),
  });
  const other = h("p", { class: "other" }, "New here? ", h("a", { href: "#register" }, "Create an account"));
  return card("Sign in", inputs, other);
}

export function register(config: Config): View {
  const inputs = form({
    fields: [
      { name: "email", label: "Email address", type: "email", autocomplete: "username" },
      newPassword(config, "password", "Password"),
      { name: "name", label: "Name", autocomplete: "name", optional: true, hint: "Shown to others in the room.", maxlength: 200 },
    ],
    submit: "Create account",
    send: async ({ email, password, name }) => {
      const body = { email: email!, password: password!, ...(name ? { name } : {}) };
      const account = await service.call("post", "/register", { body });
      // With verification on, the response is empty: the user goes on with the emailed link or code.
      if (account) await service.signIn(email!, password!);
      else view.content.forEach((node) => (node as HTMLElement).replaceWith(...enterCode(email!, password!)));
    },
  });
  const other = h("p", { class: "other" }, "Already have an account? ", h("a", { href: "#" }, "Sign in"));
  const view = card("Create an account", inputs, other);
  return view;
}

export function forgot(): View {
  const inputs = form({
    fields: [{ name: "email", label: "Email address", type: "email", autocomplete: "username" }],
    submit: "Send reset link",
    more: [h("a", { href: "#" }, "Back to sign-in")],
    send: async ({ email }) => {
      await service.call("post", "/passwords/forgot", { body: { email: email! } });
      return "If there is an account with this address, an email is on its way.";
    },
  });
  return card("Forgot your password?", inputs);
}
