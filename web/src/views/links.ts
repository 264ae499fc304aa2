/** The views that links in emails open. Opening one changes nothing, because mail scanners open links too. */

import { h } from "../dom.js";
import { form, messageOf, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { card } from "../view.js";
import type { View } from "../view.js";

type Done = (text: string) => void;

export function verify(token: string, done: Done): View {
  const why = h("p", { class: "quiet" }, "Enter the password you chose when you registered.");
  const inputs = form({
    fields: [{ name: "password", label: "Password", type: "password", autocomplete: "current-password" }],
    submit: "Verify",
    send: async ({ password }) => {
      await service.call("post", "/register/verify", { body: { token, password: password! } });
      done("Your email address is verified. You can now sign in.");
    },
  });
  return card("Verify your email address", why, inputs);
}

/** The alternative to the link, for a user who just registered in this tab: the code from the same email. */
export function enterCode(email: string, password: string): Node[] {
  const why = h("p", { class: "quiet" }, "We sent a link and a code to ", h("b", {}, email), ". Open the link or enter the code.");
  const again = h("button", { type: "button", class: "plain" }, "Send it again");
  again.addEventListener("click", () => {
    again.disabled = true;
    again.textContent = "Sending …";
    service.call("post", "/register/resend", { body: { email } }).then(
      () => (again.textContent = "Sent"),
      (error: unknown) => {
        again.textContent = messageOf(error);
        again.disabled = false;
      },
    );
  });
  const inputs = form({
    fields: [
      { name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric", hint: "Six digits. You can paste them as they are in the email." },
    ],
    submit: "Verify",
    more: [again],
    send: async ({ code }) => {
      await service.call("post", "/register/verify", { body: { email, code: code!, password } });
      await service.signIn(email, password);
    },
  });
  return card("Check your email", why, inputs).content;
}

export function resetPassword(config: Config, token: string, done: Done): View {
  const inputs = form({
    fields: [newPassword(config, "password", "New password")],
    submit: "Set password",
    send: async ({ password }) => {
      await service.call("post", "/passwords/reset", { body: { token, password: password! } });
      done("Your password was changed and all sessions have ended. Sign in with the new password.");
    },
  });
  return card("Choose a new password", inputs);
}

export function confirmEmail(token: string, done: Done): View {
  const why = h("p", { class: "quiet" }, "The change takes effect once you confirm it from both addresses.");
  const inputs = form({
    fields: [],
    submit: "Confirm",
    send: async () => {
      await service.call("post", "/emails/confirm", { body: { token } });
      done("Confirmed.");
    },
  });
  return card("Change your email address", why, inputs);
}
