/** Who is in a room, and who is typing there. */

const TYPING_LASTS = 4000;

export interface Person {
  user: string;
  name: string;
  /** Tabs and devices. */
  clients: number;
}

export class People {
  /** By user. Presence tells ids only; names come along with what people send. */
  readonly #names = new Map<string, string>();
  readonly #typing = new Map<string, number>();
  #clients: Record<string, { user: string }> = {};

  knows(client: string): boolean {
    return client in this.#clients;
  }

  saw(user: string, name: string): void {
    if (name) this.#names.set(user, name);
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

  get list(): Person[] {
    const people = new Map<string, Person>();
    for (const { user } of Object.values(this.#clients)) {
      const person = people.get(user) ?? { user, name: this.nameOf(user), clients: 0 };
      people.set(user, { ...person, clients: person.clients + 1 });
    }
    return [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  nameOf(user: string): string {
    return this.#names.get(user) ?? `Guest ${user.slice(0, 4)}`;
  }

  types(user: string): void {
    this.#typing.set(user, Date.now() + TYPING_LASTS);
  }

  stopsTyping(user: string): void {
    this.#typing.delete(user);
  }

  get typing(): string[] {
    const now = Date.now();
    return [...this.#typing].filter(([, until]) => until > now).map(([user]) => this.nameOf(user));
  }
}
