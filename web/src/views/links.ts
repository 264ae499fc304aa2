/** What the links of mails lead to. Opening one changes nothing: mail scanners open links, too. */

import { h } from "../dom.js";
import { form, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { card } from "../view.js";
import type { View } from "../view.js";

type Done = (text: string) => void;

export function verify(token: string, done: Done): View {
  const why = h("p", { class: "quiet" }, "Enter the password that you chose when you registered.");
  const inputs = form({
    fields: [{ name: "password", label: "Password", type: "password", autocomplete: "current-password" }],
    submit: "Verify",
    send: async ({ password }) => {
      await service.call("post", "/register/verify", { body: { token, password: password! } });
      done("Your address is verified. You can sign in now.");
    },
  });
  return card("Verify your address", why, inputs);
}

/** The other way, for whoever registered just now and is still here: the code of the same mail. */
export function enterCode(email: string, password: string): Node[] {
  const why = h("p", { class: "quiet" }, "We sent a link and a code to ", h("b", {}, email), ". Open the link, or type the code.");
  const again = h("button", { type: "button", class: "plain" }, "Send again");
  again.addEventListener("click", () => {
    again.disabled = true;
    again.textContent = "Sent";
    void service.call("post", "/register/resend", { body: { email } }).catch(() => undefined);
  });
  const inputs = form({
    fields: [
      { name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric", pattern: "[0-9]{6}", maxlength: 6, hint: "Six digits." },
    ],
    submit: "Verify",
    more: [again],
    send: async ({ code }) => {
      await service.call("post", "/register/verify", { body: { email, code: code!, password } });
      await service.signIn(email, password);
    },
  });
  return card("Check your mail", why, inputs).content;
}

export function resetPassword(config: Config, token: string, done: Done): View {
  const inputs = form({
    fields: [newPassword(config, "password", "New password")],
    submit: "Set password",
    send: async ({ password }) => {
      await service.call("post", "/passwords/reset", { body: { token, password: password! } });
      done("Your password is changed, and every session has ended. Sign in with the new one.");
    },
  });
  return card("Choose a new password", inputs);
}

export function confirmEmail(token: string, done: Done): View {
  const why = h("p", { class: "quiet" }, "Your account moves when the links of both addresses were used.");
  const inputs = form({
    fields: [],
    submit: "Confirm",
    send: async () => {
      await service.call("post", "/emails/confirm", { body: { token } });
      done("Confirmed.");
    },
  });
  return card("Move to another address", why, inputs);
}
