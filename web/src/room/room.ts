/** One room over the official Centrifuge client: what is said, who is there, how the line is. */

import { Centrifuge, SubscriptionState } from "centrifuge";
import type { PublicationContext, StreamPosition, SubscribedContext, Subscription } from "centrifuge";

import { Messages } from "./messages.js";
import type { Message } from "./messages.js";
import { People } from "./people.js";
import { readSignal, readSaid } from "./wire.js";
import type { Signal, Said } from "./wire.js";

export type Line = "connecting" | "online" | "reconnecting" | "closed";

export interface Me {
  user: string;
  name: string;
}

const PAGE = 30;
/** Joins and leaves come at once; only one that got lost is found by looking. */
const PRESENCE_EVERY = 60_000;
const TYPING_EVERY = 2_500;
/** People up to whom everybody answers a newcomer with a name; in larger rooms messages tell it. */
const SMALL_ROOM = 20;
/** The client's own code for a close that was asked for here. */
const CLOSED_BY_US = 0;

export class Room {
  readonly messages = new Messages();
  readonly people = new People();
  line: Line = "connecting";
  /** About the last reconnect: what was recovered, or that it could not be. */
  note = "";
  /** Whether there may be older messages than those shown. */
  hasMore = false;

  readonly #client: Centrifuge;
  /** Kept by the service, in one order for all. */
  readonly #log: Subscription;
  /** Ephemeral: neither kept nor ordered. */
  readonly #signals: Subscription;
  readonly #timer: ReturnType<typeof setInterval>;
  #oldest: StreamPosition | undefined;
  #reading = false;
  #recovered: number | undefined;
  #wasOnline = false;
  #typedAt = 0;

  constructor(
    url: string,
    getToken: () => Promise<string>,
    name: string,
    readonly me: Me,
    readonly changed: () => void,
    readonly closed: () => void,
  ) {
    this.#client = new Centrifuge(url, { getToken, minReconnectDelay: 300, maxReconnectDelay: 8_000 });
    this.#log = this.#client.newSubscription(`room:${name}`, { recoverable: true, joinLeave: true });
    this.#signals = this.#client.newSubscription(`typing:${name}`);
    this.people.saw(me.user, me.name);
    this.#listen();
    this.#log.subscribe();
    this.#signals.subscribe();
    this.#client.connect();
    this.#timer = setInterval(() => this.#lookAround(), PRESENCE_EVERY);
  }

  /** Says something; it is shown at once, and sent when the line is there. */
  say(text: string): void {
    const said: Said = { id: crypto.randomUUID(), name: this.me.name, text, at: Date.now() };
    const message = this.messages.add(this.me.user, said);
    if (!message) return;
    this.#typedAt = 0;
    this.again(message);
  }

  /** Tries once more to send what could not be sent. */
  again(message: Message): void {
    message.delivery = "waiting";
    void this.#deliver(message);
    this.changed();
  }

  /** Tells the others that a key was pressed; not more often than they need to hear it. */
  type(): void {
    if (Date.now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = Date.now();
    this.#send("typing");
  }

  /** Reads a page of what was said before. */
  async readOlder(): Promise<void> {
    if (!this.hasMore || this.#reading) return;
    this.#reading = true;
    try {
      const since = this.#oldest ? { since: this.#oldest } : {};
      const { publications, epoch } = await this.#log.history({ limit: PAGE, reverse: true, ...since });
      const last = publications.at(-1);
      if (last?.offset) this.#oldest = { offset: last.offset, epoch };
      this.hasMore = publications.length > 0 && last?.offset !== 1;
      this.#show(publications.reverse());
    } catch {
      // A line that broke may be asked again.
      this.hasMore = this.line !== "online";
    } finally {
      this.#reading = false;
      this.changed();
    }
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#client.disconnect();
  }

  #listen(): void {
    this.#client.on("connecting", () => this.#is(this.#wasOnline ? "reconnecting" : "connecting"));
    this.#client.on("disconnected", ({ code }) => {
      this.#is("closed");
      if (code !== CLOSED_BY_US) this.closed();
    });
    this.#log.on("subscribed", (context) => this.#begin(context));
    this.#log.on("publication", (context) => this.#hear(context));
    this.#log.on("unsubscribed", () => this.#is("closed"));
    this.#log.on("join", ({ info }) => {
      this.people.arrived(info.client, info.user);
      this.changed();
    });
    this.#log.on("leave", ({ info }) => {
      this.people.left(info.client);
      this.changed();
    });
    this.#signals.on("subscribed", () => this.#send("hello"));
    this.#signals.on("publication", (context) => this.#signal(context));
  }

  #begin(context: SubscribedContext): void {
    const isAgain = this.#wasOnline;
    this.#wasOnline = true;
    this.#is("online");
    this.#recovered = 0;
    // What was recovered is heard right after this event, before anything else runs.
    queueMicrotask(() => {
      if (isAgain) this.#account(context);
      else this.#readAnew();
      this.#recovered = undefined;
      for (const message of this.messages.waiting) void this.#deliver(message);
    });
    this.#lookAround();
  }

  /** Says what a reconnect brought back. */
  #account({ recovered }: SubscribedContext): void {
    const count = this.#recovered ?? 0;
    if (recovered) {
      this.note = `Reconnected: recovered ${count} ${count === 1 ? "message" : "messages"}.`;
    } else {
      this.note = "Reconnected after too much was said: here is the latest.";
      this.messages.forgetSent();
      this.#readAnew();
    }
    this.changed();
  }

  #readAnew(): void {
    this.#oldest = undefined;
    this.hasMore = true;
    void this.readOlder();
  }

  #show(history: PublicationContext[]): void {
    const page = history.flatMap(({ info, data }) => {
      const said = readSaid(data);
      return info && said ? [{ user: info.user, said }] : [];
    });
    // A person who is present has sent a newer name than the history has.
    for (const { user, said } of page) if (!this.people.hasName(user)) this.people.saw(user, said.name);
    this.messages.prepend(page);
  }

  #hear({ data, info }: PublicationContext): void {
    const said = readSaid(data);
    if (!said || !info) return;
    this.people.saw(info.user, said.name);
    this.people.stopsTyping(info.user);
    if (this.messages.add(info.user, said) && this.#recovered !== undefined) this.#recovered += 1;
    this.changed();
  }

  #signal({ data, info }: PublicationContext): void {
    const signal = readSignal(data);
    if (!signal || !info || info.user === this.me.user) return;
    this.people.saw(info.user, signal.name);
    if (!this.people.knows(info.client)) this.#lookAround();
    if (signal.kind === "typing") {
      this.people.types(info.user);
      setTimeout(this.changed, 4_100);
    } else if (signal.kind === "hello" && this.people.list.length <= SMALL_ROOM) {
      // Whoever comes in learns our name; not all at the same moment.
      setTimeout(() => this.#send("here"), 500 * Math.random());
    }
    this.changed();
  }

  async #deliver(message: Message): Promise<void> {
    if (this.#log.state !== SubscriptionState.Subscribed) return;
    const { id, name, text, at } = message;
    try {
      await this.#log.publish({ id, name, text, at } satisfies Said);
      message.delivery = "sent";
    } catch {
      // A line that broke meanwhile comes back, and what waits is sent then, under the same id.
      if (this.#log.state === SubscriptionState.Subscribed) message.delivery = "failed";
    }
    this.changed();
  }

  /** Sends what does not matter when it is lost. */
  #send(kind: Signal["kind"]): void {
    if (this.#signals.state !== SubscriptionState.Subscribed) return;
    this.#signals.publish({ kind, name: this.me.name } satisfies Signal).catch(() => undefined);
  }

  #lookAround(): void {
    if (this.#log.state !== SubscriptionState.Subscribed || document.hidden) return;
    this.#log
      .presence()
      .then(({ clients }) => {
        this.people.are(clients);
        this.changed();
      })
      .catch(() => undefined);
  }

  #is(line: Line): void {
    this.line = line;
    if (line !== "online") this.note = "";
    this.changed();
  }
}
