/** The messages of a room, in order and each once, with the delivery state of those sent from this tab. */

import type { Said } from "./wire.js";

export type Delivery = "waiting" | "sent" | "failed";

export interface Message extends Said {
  key: string;
  user: string;
  /** Set only for messages sent from this tab. */
  delivery?: Delivery;
}

export class Messages {
  list: Message[] = [];
  readonly #byKey = new Map<string, Message>();

  /** Adds a message unless it is already listed, so that one sent twice appears once. */
  add(user: string, said: Said): Message | undefined {
    const message = this.#messageOf(user, said);
    if (message) this.list.push(message);
    return message;
  }

  /** Puts a page of history, oldest first, before everything else. */
  prepend(page: { user: string; said: Said }[]): void {
    const messages = page.map(({ user, said }) => this.#messageOf(user, said));
    this.list.unshift(...messages.filter((each) => each !== undefined));
  }

  /** Forgets the messages that the service stores, before they are read again. */
  forgetSent(): void {
    const unsent = this.list.filter(({ delivery }) => delivery === "waiting" || delivery === "failed");
    this.list = unsent;
    this.#byKey.clear();
    for (const message of unsent) this.#byKey.set(message.key, message);
  }

  get waiting(): Message[] {
    return this.list.filter((message) => message.delivery === "waiting");
  }

  #messageOf(user: string, said: Said): Message | undefined {
    const key = `${user}/${said.id}`;
    const known = this.#byKey.get(key);
    if (known?.delivery) known.delivery = "sent";
    if (known) return undefined;
    const message: Message = { ...said, key, user };
    this.#byKey.set(key, message);
    return message;
  }
}
