/** The views that links in emails open. Opening one changes nothing, because mail scanners open links too. */

import { Refused } from "../../../clients/typescript/src/index.js";
import { codeIn } from "../code.js";
import { h } from "../dom.js";
import { form, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config } from "../service.js";
import { card, quiet } from "../view.js";
import type { Present, View } from "../view.js";
import { againButton, whereMailsAre } from "./mails.js";

type Done = (text: string) => void;

/** Why a link leads nowhere, as the title of its view and the first sentence. */
type Fault = [title: string, why: string];

const INCOMPLETE: Fault = [
  "This link is not complete",
  "Part of it is missing, or this page was loaded again. Open the link in the email again.",
];
const OVER: Fault = ["This link no longer works", "It has expired, or it was used before."];

/** For anyone, because a mailed link belongs to a mailbox, and not to the user who is signed in. */
function forAnyone(view: View): View {
  return { ...view, isForAnyone: true };
}

/** Runs `send`. If the service no longer knows the link, shows the way to a new one. */
async function orAnew(send: () => Promise<unknown>, anew: (fault: Fault) => View, present: Present): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "invalid_link") throw error;
    present(anew(OVER));
    return false;
  }
}

export function verify(config: Config, token: string, done: Done, present: Present): View {
  const anew = (fault: Fault): View => newVerification(config, fault);
  if (!token) return anew(INCOMPLETE);
  const why = quiet("Enter the password you chose when you registered.");
  // Without a field for the address, which this page does not know: a wrong one would be saved with the password.
  const inputs = form({
    fields: [{ name: "password", label: "Password", type: "password", autocomplete: "current-password" }],
    submit: "Verify",
    send: async ({ password }) => {
      const body = { token, password: password! };
      const isDone = await orAnew(() => service.call("post", "/register/verify", { body }), anew, present);
      if (isDone) done("Your email address is verified. You can now sign in.");
    },
  });
  return forAnyone(card("Verify your email address", why, inputs));
}

/** The way to a new email, for a link that verifies an address. */
function newVerification(config: Config, [title, why]: Fault): View {
  const inputs = form({
    fields: [{ name: "email", label: "Email address", type: "email", autocomplete: "username" }],
    submit: "Send a new email",
    more: [h("a", { href: "#" }, "Sign in")],
    send: async ({ email }) => {
      await service.call("post", "/register/resend", { body: { email: email! } });
      return `If this address still has to be verified, an email is on its way. ${whereMailsAre(config)}`;
    },
  });
  const how = quiet("If your address is verified already, sign in. Otherwise, we can send you a new email.");
  return forAnyone(card(title, quiet(why), how, inputs));
}

/** The alternative to the link, for a user who just registered in this tab: the code from the same email. */
export function enterCode(config: Config, email: string, password: string): View {
  const why = quiet("We sent a link and a code to ", h("b", {}, email), ". Open the link or enter the code.");
  const again = againButton(() => service.call("post", "/register/resend", { body: { email } }));
  const inputs = form({
    username: email,
    fields: [
      {
        name: "code",
        label: "Code",
        autocomplete: "one-time-code",
        inputmode: "numeric",
        hint: "Six digits. You can paste them as they are in the email.",
        read: codeIn,
      },
    ],
    submit: "Verify",
    more: [again.button],
    send: async ({ code }) => {
      await service.call("post", "/register/verify", { body: { email, code: code!, password } });
      await service.signIn(email, password);
    },
  });
  const where = whereMailsAre(config);
  return card("Check your email", why, where ? quiet(where) : false, inputs, again.said);
}

export function resetPassword(config: Config, token: string, done: Done, present: Present): View {
  const anew = (fault: Fault): View => newReset(config, fault);
  if (!token) return anew(INCOMPLETE);
  // Without a field for the address, as above.
  const inputs = form({
    fields: [newPassword(config, "password", "New password")],
    submit: "Set password",
    send: async ({ password }) => {
      const body = { token, password: password! };
      if (!(await orAnew(() => service.call("post", "/passwords/reset", { body }), anew, present))) return;
      // It was perhaps the password of the user who is signed in here.
      if (service.isSignedIn) await service.refresh().catch(() => undefined);
      done("Your password was changed and all sessions have ended. Sign in with the new password.");
    },
  });
  return forAnyone(card("Choose a new password", inputs));
}

/** The way to a new email, for a link that resets a password. */
function newReset(config: Config, [title, why]: Fault): View {
  return forAnyone(card(title, quiet(why, " Or we can send you a new one."), forgotForm(config)));
}

/** Asks for the email that resets a password. */
export function forgotForm(config: Config): HTMLFormElement {
  return form({
    fields: [{ name: "email", label: "Email address", type: "email", autocomplete: "username" }],
    submit: "Send reset link",
    more: [h("a", { href: "#" }, "Back to sign-in")],
    send: async ({ email }) => {
      await service.call("post", "/passwords/forgot", { body: { email: email! } });
      return `If there is an account with this address, an email is on its way. ${whereMailsAre(config)}`;
    },
  });
}

export function confirmEmail(token: string, done: Done, present: Present): View {
  if (!token) return newChange(INCOMPLETE);
  const why = quiet("The change takes effect once you confirm it from both addresses.");
  const inputs = form({
    fields: [],
    submit: "Confirm",
    send: async () => {
      const confirm = (): Promise<unknown> => service.call("post", "/emails/confirm", { body: { token } });
      if (await orAnew(confirm, newChange, present)) done("Confirmed.");
    },
  });
  return forAnyone(card("Change your email address", why, inputs));
}

/** The way to new emails, for a link that changes an address. Only the user can ask for them. */
function newChange([title, why]: Fault): View {
  const how = quiet(
    "To get new emails, ",
    service.isSignedIn ? "open " : "sign in, open ",
    h("a", { href: "#profile" }, "your profile"),
    " and start the change again.",
  );
  return forAnyone(card(title, quiet(why), how));
}
