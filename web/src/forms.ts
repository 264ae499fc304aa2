/** Forms that show each error at its field and cannot be submitted twice. */

import { Refused, Unreachable } from "../../clients/typescript/src/index.js";
import { h } from "./dom.js";
import { service } from "./service.js";
import type { Config } from "./service.js";

export interface Field {
  /** The field's name in the request body. Refusals point to fields by it. */
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  autocomplete?: string;
  hint?: string;
  value?: string;
  optional?: boolean;
  minlength?: number;
  maxlength?: number;
  inputmode?: string;
  /** Reads what was typed or pasted. The field shows what it returns. */
  read?: (text: string) => string;
}

export interface FormParts {
  fields: Field[];
  submit: string;
  /** Receives the values. Shows what it returns as a success and what it throws as an error. */
  send: (values: Record<string, string>) => Promise<string | void>;
  /** Further nodes next to the button, for example a link. */
  more?: Node[];
  danger?: boolean;
  /** The address of the account, so that password managers know whose password this is. */
  username?: string | undefined;
}

let count = 0;

export function form(parts: FormParts): HTMLFormElement {
  const inputs = parts.fields.map(control);
  const said = h("p", { class: "said", role: "status" });
  const button = h("button", { type: "submit", class: parts.danger ? "danger" : "primary" }, parts.submit);
  const element = h(
    "form",
    { novalidate: true },
    parts.username && accountField(parts.username),
    ...inputs.map((each) => each.row),
    h("div", { class: "actions" }, button, ...(parts.more ?? [])),
    said,
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.disabled) void submit();
  });

  async function submit(): Promise<void> {
    const wrong = inputs.filter((each) => !each.check());
    if (wrong[0]) return wrong[0].input.focus();
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    tell("");
    const forget = service.onChallenge((solving) => tell(solving ? "Checking that you are human …" : ""));
    try {
      const entries = inputs.map((each) => [each.input.name, each.input.value]);
      const answer = await parts.send(Object.fromEntries(entries));
      if (answer) tell(answer, "good");
    } catch (error) {
      complain(error);
    } finally {
      forget();
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  }

  function complain(error: unknown): void {
    const complaining = inputs.filter((each) => each.complain(pointed(error, each.input.name)));
    if (complaining[0]) return complaining[0].input.focus();
    tell(messageOf(error), "bad");
  }

  function tell(text: string, kind = ""): void {
    said.textContent = text;
    said.className = `said ${kind}`;
  }
  return element;
}

/** A field that only programs see: password managers look for one before the password. */
function accountField(username: string): HTMLElement {
  const input = h("input", { type: "text", autocomplete: "username", value: username, readonly: true, tabindex: "-1" });
  return h("label", { class: "unseen" }, "Account ", input);
}

export function messageOf(error: unknown): string {
  if (error instanceof Refused && error.retryAfter) {
    return `${error.message.replace(/\.$/, "")}. Try again in ${lasting(error.retryAfter)}.`;
  }
  if (error instanceof Unreachable) return `${error.message}. Check your connection and try again.`;
  return error instanceof Error ? error.message : String(error);
}

function lasting(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

function pointed(error: unknown, name: string): string {
  return (error instanceof Refused && error.at(`/${name}`)) || "";
}

function control(field: Field) {
  const id = `field-${(count += 1)}`;
  const input = h("input", {
    id,
    name: field.name,
    type: field.type ?? "text",
    autocomplete: field.autocomplete ?? "off",
    required: !field.optional,
    minlength: field.minlength,
    maxlength: field.maxlength,
    inputmode: field.inputmode,
    value: field.value,
    "aria-describedby": `${id}-note`,
  });
  const note = h("p", { class: "note", id: `${id}-note` }, field.hint ?? "");
  const label = h("label", { for: id }, field.label, field.optional && h("span", { class: "quiet" }, " (optional)"));
  const box = field.type === "password" ? h("div", { class: "secret" }, input, reveal(input)) : input;

  function complain(text: string): boolean {
    note.textContent = text ? sentence(text) : (field.hint ?? "");
    note.classList.toggle("bad", Boolean(text));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    return Boolean(text);
  }
  const read = field.read ?? (field.type === "email" ? trimmed : undefined);
  const tidy = (): void => {
    const text = read?.(input.value);
    // To set the same value would move the cursor.
    if (text !== undefined && text !== input.value) input.value = text;
  };
  input.addEventListener("change", tidy);
  if (field.read) input.addEventListener("input", (event) => (event as InputEvent).isComposing || tidy());
  const check = (): boolean => !complain(input.validity.valid ? "" : input.validationMessage);
  input.addEventListener("input", () => input.hasAttribute("aria-invalid") && check());
  return { row: h("div", { class: "field" }, label, box, note), input, complain, check };
}

/** Mail programs paste spaces and invisible characters around an address. */
function trimmed(text: string): string {
  return text.replace(/^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu, "");
}

function reveal(input: HTMLInputElement): HTMLButtonElement {
  const button = h("button", { type: "button", class: "plain", "aria-pressed": "false" }, "Show");
  button.setAttribute("aria-label", "Show password");
  button.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(hidden));
  });
  return button;
}

/** The service's words begin in lower case: "is not an email address". */
function sentence(text: string): string {
  const whole = /^(is|has|must|may|contains|begins|ends) /.test(text) ? `This ${text}` : text;
  return whole.charAt(0).toUpperCase() + whole.slice(1) + (/[.!?]$/.test(whole) ? "" : ".");
}

/** The field for choosing a new password. */
export function newPassword(config: Config, name: string, label: string) {
  return {
    name,
    label,
    type: "password" as const,
    autocomplete: "new-password",
    minlength: config.min_password_length,
    hint: `At least ${config.min_password_length} characters. A phrase of several words is easier to remember.`,
  };
}
