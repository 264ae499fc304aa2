/** The people in a room, and those who are typing. */

const TYPING_LASTS = 4000;
/** Number of characters of the ID that tell namesakes apart. */
const TAG = 6;

export interface Person {
  /** The ID, verified by the service. */
  user: string;
  /** The name that the person chose. It is not verified. */
  name: string;
}

export class People {
  /** Names by user ID. Presence holds IDs only; names arrive with messages and signals. */
  readonly #names = new Map<string, string>();
  readonly #typing = new Map<string, number>();
  #clients: Record<string, { user: string }> = {};

  knows(client: string): boolean {
    return client in this.#clients;
  }

  hasName(user: string): boolean {
    return this.#names.has(user);
  }

  saw(user: string, name: string): void {
    if (name.trim()) this.#names.set(user, name);
  }

  arrived(client: string, user: string): void {
    this.#clients = { ...this.#clients, [client]: { user } };
  }

  left(client: string): void {
    const { [client]: _, ...others } = this.#clients;
    this.#clients = others;
  }

  /** Replaces the known clients with the presence that the service reports. */
  are(clients: Record<string, { user: string }>): void {
    this.#clients = clients;
  }

  /** Each person once, regardless of the number of tabs and devices. */
  get list(): Person[] {
    const users = new Set(Object.values(this.#clients).map(({ user }) => user));
    const people = [...users].map((user) => ({ user, name: this.nameOf(user) }));
    return people.sort((a, b) => a.name.localeCompare(b.name));
  }

  nameOf(user: string): string {
    return this.#names.get(user) ?? `User ${user.slice(0, TAG)}`;
  }

  /** Returns the start of the ID where the name alone is ambiguous. */
  tagOf({ user, name }: Person): string | undefined {
    const folded = fold(name);
    const isShared = [...this.#names].some(([other, its]) => other !== user && fold(its) === folded);
    return isShared || folded === "you" ? user.slice(0, TAG) : undefined;
  }

  types(user: string): void {
    this.#typing.set(user, Date.now() + TYPING_LASTS);
  }

  stopsTyping(user: string): void {
    this.#typing.delete(user);
  }

  get typing(): Person[] {
    const now = Date.now();
    const users = [...this.#typing].filter(([, until]) => until > now).map(([user]) => user);
    return users.map((user) => ({ user, name: this.nameOf(user) }));
  }
}

/** Folds names so that those equal under Unicode compatibility forms compare as equal. */
function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}
