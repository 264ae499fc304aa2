/** The views before sign-in: sign in, register, forgot password. */

import { h } from "../dom.js";
import { form, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { card } from "../view.js";
import type { Present, View } from "../view.js";
import { enterCode, forgotForm } from "./links.js";

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

export function register(config: Config, present: Present): View {
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
      else present(enterCode(config, email!, password!));
    },
  });
  const other = h("p", { class: "other" }, "Already have an account? ", h("a", { href: "#" }, "Sign in"));
  return card("Create an account", inputs, other);
}

export function forgot(config: Config): View {
  return card("Forgot your password?", forgotForm(config));
}
