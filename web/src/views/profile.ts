/** The account: name, password, email address, export and deletion. */

import { h } from "../dom.js";
import { form, newPassword } from "../forms.js";
import { service } from "../service.js";
import type { Config, Profile } from "../service.js";
import type { View } from "../view.js";

type Changed = (profile: Profile) => void;

export function profileView(config: Config, profile: Profile, changed: Changed, done: (text: string) => void): View {
  const facts = h(
    "dl",
    { class: "facts" },
    h("dt", {}, "Email address"),
    h("dd", {}, profile.email, " ", h("span", { class: "tag" }, profile.email_verified ? "verified" : "not verified")),
    h("dt", {}, "Member since"),
    h("dd", {}, new Date(profile.created_at).toLocaleDateString([], { dateStyle: "long" })),
  );
  const content = h(
    "div",
    { class: "column" },
    h("h1", {}, "Profile"),
    h("section", { class: "card" }, facts, nameForm(profile, changed)),
    part("Change password", "Ends all your other sessions.", passwordForm(config, profile.email)),
    part("Change email address", "We send a confirmation link to both addresses.", emailForm(profile.email)),
    part("Your data", "Download your profile, sessions, devices, activity and personal messages as JSON.", exportForm()),
    part("Delete account", "Deletes your profile, sessions, devices, activity and personal messages. Messages you posted in rooms stay until they expire there. This cannot be undone.", deleteForm(profile.email, done)),
  );
  return { title: "Profile", content: [content] };
}

function part(title: string, about: string, content: Node): HTMLElement {
  return h("details", { class: "card" }, h("summary", {}, h("h2", {}, title)), h("p", { class: "quiet" }, about), content);
}

function nameForm(profile: Profile, changed: Changed): HTMLFormElement {
  return form({
    fields: [{ name: "name", label: "Name", autocomplete: "name", value: profile.name ?? "", optional: true, maxlength: 200 }],
    submit: "Save",
    send: async ({ name }) => {
      changed(await service.call("patch", "/profile", { body: { name: name || null } }));
      return "Saved.";
    },
  });
}

function passwordForm(config: Config, username: string): HTMLFormElement {
  return form({
    username,
    fields: [
      { name: "current_password", label: "Current password", type: "password", autocomplete: "current-password" },
      newPassword(config, "new_password", "New password"),
    ],
    submit: "Change password",
    send: async ({ current_password, new_password }) => {
      const body = { current_password: current_password!, new_password: new_password! };
      await service.call("put", "/password", { body });
      return "Password changed. Your other sessions have ended.";
    },
  });
}

function emailForm(username: string): HTMLFormElement {
  return form({
    username,
    fields: [
      { name: "new_email", label: "New email address", type: "email", autocomplete: "email" },
      { name: "password", label: "Password", type: "password", autocomplete: "current-password" },
    ],
    submit: "Send confirmation emails",
    send: async ({ new_email, password }) => {
      await service.call("post", "/emails/change", { body: { new_email: new_email!, password: password! } });
      return "We sent an email to both addresses.";
    },
  });
}

function exportForm(): HTMLFormElement {
  return form({
    fields: [],
    submit: "Download",
    send: async () => {
      const data = await service.call("get", "/profile/export");
      const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
      h("a", { href: url, download: "gatehouse-export.json" }).click();
      URL.revokeObjectURL(url);
      return "Downloaded.";
    },
  });
}

function deleteForm(username: string, done: (text: string) => void): HTMLFormElement {
  return form({
    username,
    fields: [{ name: "password", label: "Password", type: "password", autocomplete: "current-password" }],
    submit: "Delete my account",
    danger: true,
    send: async ({ password }) => {
      await service.call("delete", "/profile", { body: { password: password! } });
      service.forget();
      done("Your account was deleted.");
    },
  });
}
