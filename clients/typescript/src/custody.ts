/** Who holds the refresh token: a cookie that no script can read, or a store of the app. */

import { dependable } from "./storage.js";
import type { Store } from "./storage.js";

/** The body of a request that proves a session. Empty if a cookie proves it. */
export type Proof = { refresh_token?: string };

export interface Custody {
  /** The refresh token, if this is not a cookie and the token is already known. */
  readonly refreshToken: string | undefined;
  /** Returns what proves the session, or undefined if there is none. */
  proof(): Promise<Proof | undefined>;
  keep(user: string, refreshToken: string | undefined): Promise<void>;
  /** Forgets the session, unless that of another tab has taken its place. */
  drop(): Promise<void>;
  /** Notes that the session has to be ended on the service, and survives until then. */
  owe(): Promise<void>;
  /** Returns what proves the session that has to be ended, if there is one. */
  owed(): Promise<Proof | undefined>;
  paid(): Promise<void>;
  /** Calls `changed` with the user whom other tabs signed in, or undefined if they signed out. */
  watch(changed: (user: string | undefined) => void): void;
}

/** While nobody is signed in. */
const NOBODY = "-";
/** While a sign-out is owed. In a store, the refresh token follows. */
const OWED = "owed:";

/**
 * The cookie, and what the tabs know together about it: whose session it proves, or that it proves none.
 *
 * That is a note in `localStorage`. Without one, as on a first visit, the service is asked.
 */
export class Cookie implements Custody {
  readonly refreshToken = undefined;
  readonly #key: string;
  #isBlocked = false;
  /** The note as this tab last wrote or used it. Undefined before that. */
  #mine: string | null | undefined;

  constructor(url: string) {
    this.#key = `gatehouse-signed-in${url && ` ${url}`}`;
  }

  async proof(): Promise<Proof | undefined> {
    this.#mine = this.#read();
    return this.#mine === NOBODY || this.#mine === OWED ? undefined : {};
  }

  async keep(user: string): Promise<void> {
    this.#write(user || "1");
  }

  async drop(): Promise<void> {
    if (this.#isMine) this.#write(NOBODY);
  }

  async owe(): Promise<void> {
    if (this.#isMine) this.#write(OWED);
  }

  async owed(): Promise<Proof | undefined> {
    return this.#read() === OWED ? {} : undefined;
  }

  async paid(): Promise<void> {
    this.#write(NOBODY);
  }

  watch(changed: (user: string | undefined) => void): void {
    if (typeof document === "undefined") return;
    const look = (): void => {
      const note = this.#read();
      // Without a note, the storage was cleared. That ends no session.
      if (note) changed(note === NOBODY || note === OWED ? undefined : note);
    };
    addEventListener("storage", ({ key }) => key === this.#key && look());
    // A page in the back-forward cache hears of no change.
    addEventListener("pageshow", ({ persisted }) => persisted && look());
  }

  get #isMine(): boolean {
    const note = this.#read();
    return note === null || this.#mine === undefined || note === this.#mine;
  }

  #read(): string | null {
    try {
      if (!this.#isBlocked) return localStorage.getItem(this.#key);
    } catch {
      this.#isBlocked = true;
    }
    return this.#mine ?? null;
  }

  #write(note: string): void {
    this.#mine = note;
    try {
      localStorage.setItem(this.#key, note);
    } catch {
      // Storage is blocked or full, so this tab knows only what it did itself.
      this.#isBlocked = true;
    }
  }
}

/** The store of an app, which holds the refresh token of one session. */
export class Stored implements Custody {
  readonly #store: Store;
  #mine: string | undefined;
  #debt: string | undefined;

  constructor(store: Store | undefined, refreshToken: string | undefined) {
    this.#store = dependable(store);
    this.#mine = refreshToken;
  }

  get refreshToken(): string | undefined {
    return this.#mine;
  }

  async proof(): Promise<Proof | undefined> {
    const saved = await this.#saved();
    // A store that was cleared meanwhile ends no session.
    if (!saved.startsWith(OWED)) this.#mine = saved || this.#mine;
    return this.#mine ? { refresh_token: this.#mine } : undefined;
  }

  async keep(_: string, refreshToken: string | undefined): Promise<void> {
    this.#mine = refreshToken;
    await this.#store.save(refreshToken);
  }

  async drop(): Promise<void> {
    await this.#replace(undefined);
  }

  async owe(): Promise<void> {
    if (!this.#mine) await this.proof();
    this.#debt = this.#mine;
    if (this.#debt) await this.#replace(OWED + this.#debt);
  }

  async owed(): Promise<Proof | undefined> {
    const saved = await this.#saved();
    const owed = saved.startsWith(OWED) ? saved.slice(OWED.length) : this.#debt;
    return owed ? { refresh_token: owed } : undefined;
  }

  async paid(): Promise<void> {
    this.#debt = undefined;
    if ((await this.#saved()).startsWith(OWED)) await this.#store.save(undefined);
  }

  watch(): void {
    // A store tells of no change.
  }

  /** Saves a text in place of this session's token, unless another session's has taken its place. */
  async #replace(text: string | undefined): Promise<void> {
    const mine = this.#mine;
    this.#mine = undefined;
    const saved = await this.#saved();
    if (!saved || saved === mine) await this.#store.save(text);
  }

  async #saved(): Promise<string> {
    return (await this.#store.load()) ?? "";
  }
}
