/** The messages of a room in their order, each once, with what became of those sent from here. */

import type { PublicationContext } from "centrifuge";

export type Delivery = "waiting" | "sent" | "failed";

export interface Message {
  key: string;
  user: string;
  name: string;
  text: string;
  at: number;
  /** Only of those sent from here. */
  delivery?: Delivery;
}

/** What goes over the wire, in `data` of a publication. Others may send anything: see `readData`. */
export type Data =
  | { kind: "message"; id: string; name: string; text: string; at: number }
  | { kind: "typing" | "hello" | "here"; name: string };

const LONGEST = 2000;

export class Messages {
  readonly list: Message[] = [];
  readonly #byKey = new Map<string, Message>();

  /** Adds what was published, unless it is here already: retries and recovery may repeat it. */
  add(user: string, data: Data, older: Message[] = this.list): Message | undefined {
    if (data.kind !== "message") return undefined;
    const key = `${user}/${data.id}`;
    const known = this.#byKey.get(key);
    if (known?.delivery) known.delivery = "sent";
    if (known) return undefined;
    const made: Message = { key, user, name: data.name, text: data.text, at: data.at };
    this.#byKey.set(key, made);
    older.push(made);
    return made;
  }

  /** Puts a page of history, oldest first, before everything else. */
  prepend(publications: PublicationContext[]): number {
    const page: Message[] = [];
    for (const { info, data } of publications) {
      const read = readData(data);
      if (info && read) this.add(info.user, read, page);
    }
    this.list.unshift(...page);
    return page.length;
  }

  get waiting(): Message[] {
    return this.list.filter((message) => message.delivery === "waiting");
  }
}

/** Publications come from other people's clients: nothing is believed before it was looked at. */
export function readData(data: unknown): Data | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { kind, id, name, text, at } = data as Record<string, unknown>;
  if (typeof name !== "string") return undefined;
  const shown = name.slice(0, 60);
  if (kind === "typing" || kind === "hello" || kind === "here") return { kind, name: shown };
  if (kind !== "message" || typeof id !== "string" || typeof text !== "string") return undefined;
  const time = typeof at === "number" && Math.abs(at) < 8.64e15 ? at : Date.now();
  return { kind, id, name: shown, text: text.slice(0, LONGEST), at: time };
}
