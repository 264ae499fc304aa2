/** Who is in a room, and who is typing there. */

const TYPING_LASTS = 4000;
/** Characters of an id that tell people of one name apart. */
const TAG = 6;

export interface Person {
  /** The id, which the service verified. */
  user: string;
  /** What this person says to be called: anybody may say anything. */
  name: string;
}

export class People {
  /** By user. Presence tells ids only; names come along with what people send. */
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

  /** What the service says about presence replaces what was known. */
  are(clients: Record<string, { user: string }>): void {
    this.#clients = clients;
  }

  /** Each once, whatever the number of tabs and devices. */
  get list(): Person[] {
    const users = new Set(Object.values(this.#clients).map(({ user }) => user));
    const people = [...users].map((user) => ({ user, name: this.nameOf(user) }));
    return people.sort((a, b) => a.name.localeCompare(b.name));
  }

  nameOf(user: string): string {
    return this.#names.get(user) ?? `Principal ${user.slice(0, TAG)}`;
  }

  /** The beginning of the id, for a name that alone would not tell who it is. */
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

/** Names that look alike are one name, as far as Unicode's compatibility forms tell. */
function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}
