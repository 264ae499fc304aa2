/** Before somebody is signed in. */

import { h } from "../dom.js";
import { form } from "../forms.js";
import type { View } from "../main.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { enterCode } from "./links.js";

export function signIn(): View {
  const made = form({
    fields: [
      { name: "email", label: "E-mail address", type: "email", autocomplete: "username" },
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    submit: "Sign in",
    more: [h("a", { href: "#forgot" }, "Forgot password?")],
    send: ({ email, password }) => service.signIn(email!, password!),
  });
  const other = h("p", { class: "other" }, "New here? ", h("a", { href: "#register" }, "Create an account"));
  return card("Sign in", made, other);
}

export function register(config: Config): View {
  const made = form({
    fields: [
      { name: "email", label: "E-mail address", type: "email", autocomplete: "username" },
      newPassword(config, "password", "Password"),
      { name: "name", label: "Name", autocomplete: "name", optional: true, hint: "Shown to others in the room.", maxlength: 200 },
    ],
    submit: "Create account",
    send: async ({ email, password, name }) => {
      const body = { email: email!, password: password!, ...(name ? { name } : {}) };
      const account = await service.call("post", "/register", { body });
      // With verification on there is no answer yet: a mail tells how to go on.
      if (account) await service.signIn(email!, password!);
      else view.content.forEach((node) => (node as HTMLElement).replaceWith(...enterCode(email!, password!)));
    },
  });
  const other = h("p", { class: "other" }, "Have an account? ", h("a", { href: "#" }, "Sign in"));
  const view = card("Create an account", made, other);
  return view;
}

export function forgot(): View {
  const made = form({
    fields: [{ name: "email", label: "E-mail address", type: "email", autocomplete: "username" }],
    submit: "Send a link",
    more: [h("a", { href: "#" }, "Back")],
    send: async ({ email }) => {
      await service.call("post", "/passwords/forgot", { body: { email: email! } });
      return "If there is an account with this address, a mail is on its way.";
    },
  });
  return card("Forgot your password?", made);
}

export function newPassword(config: Config, name: string, label: string) {
  return {
    name,
    label,
    type: "password" as const,
    autocomplete: "new-password",
    minlength: config.min_password_length,
    hint: `At least ${config.min_password_length} characters. Several words are easier to remember.`,
  };
}

export function card(title: string, ...content: Node[]): View {
  return { title, content: [h("section", { class: "card narrow" }, h("h1", {}, title), ...content)] };
}
