/** A room over the official Centrifuge client: its messages, its people, and the state of the connection. */

import { Centrifuge, SubscriptionState } from "centrifuge";
import type { PublicationContext, StreamPosition, SubscribedContext, Subscription } from "centrifuge";

import { keepConnected } from "../../../clients/typescript/src/index.js";
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
/** Milliseconds between two reads of presence. Joins and leaves arrive live; this finds lost ones. */
const PRESENCE_EVERY = 60_000;
const TYPING_EVERY = 2_500;
/** Number of people up to which everyone sends a newcomer their name. In larger rooms names arrive with messages. */
const SMALL_ROOM = 20;
/** The Centrifuge client's code for a disconnect that this page requested. */
const CLOSED_BY_US = 0;

export class Room {
  readonly messages = new Messages();
  readonly people = new People();
  line: Line = "connecting";
  /** The outcome of the last reconnect, as a text: how many messages were recovered, or that some were not. */
  note = "";
  /** Whether there may be messages older than those shown. */
  hasMore = false;

  readonly #client: Centrifuge;
  /** Messages: stored by the service, in the same order for everyone. */
  readonly #log: Subscription;
  /** Signals: ephemeral, neither stored nor ordered. */
  readonly #signals: Subscription;
  readonly #keeper: ReturnType<typeof keepConnected>;
  readonly #timer: ReturnType<typeof setInterval>;
  #oldest: StreamPosition | undefined;
  #reading = false;
  #hasRead = false;
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
    this.#keeper = keepConnected(this.#client, () => this.#log.presenceStats());
    this.people.saw(me.user, me.name);
    this.#listen();
    this.#log.subscribe();
    this.#signals.subscribe();
    this.#client.connect();
    this.#timer = setInterval(() => this.#lookAround(), PRESENCE_EVERY);
  }

  /** Adds a message, shows it at once, and sends it as soon as the room is subscribed. */
  say(text: string): void {
    const said: Said = { id: crypto.randomUUID(), name: this.me.name, text, at: Date.now() };
    const message = this.messages.add(this.me.user, said);
    if (!message) return;
    this.#typedAt = 0;
    this.again(message);
  }

  /** Tries again to send a message that could not be sent. */
  again(message: Message): void {
    message.delivery = "waiting";
    void this.#deliver(message);
    this.changed();
  }

  /** Signals to the others that the user is typing, at most once per `TYPING_EVERY`. */
  type(): void {
    if (Date.now() - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = Date.now();
    this.#send("typing");
  }

  /** Reads a page of older messages. */
  async readOlder(): Promise<void> {
    if (!this.hasMore || this.#reading) return;
    this.#reading = true;
    try {
      const since = this.#oldest ? { since: this.#oldest } : {};
      const { publications, epoch } = await this.#log.history({ limit: PAGE, reverse: true, ...since });
      const last = publications.at(-1);
      if (last?.offset) this.#oldest = { offset: last.offset, epoch };
      this.hasMore = publications.length > 0 && last?.offset !== 1;
      this.#hasRead = true;
      this.#show(publications.reverse());
    } catch (error) {
      void this.#keeper.check(error);
      // After a broken connection, try again later.
      this.hasMore = this.line !== "online";
    } finally {
      this.#reading = false;
      this.changed();
    }
  }

  /** Connects again after the service closed the socket for good. */
  connect(): void {
    this.#log.subscribe();
    this.#signals.subscribe();
    this.#client.connect();
  }

  /** Whether the latest messages were read, so that an empty room is known to be empty. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  leave(): void {
    clearInterval(this.#timer);
    this.#keeper.stop();
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
    // Recovered publications are emitted right after this event, before anything else runs.
    queueMicrotask(() => {
      if (isAgain) this.#account(context);
      else this.#readAnew();
      this.#recovered = undefined;
      for (const message of this.messages.waiting) void this.#deliver(message);
    });
    this.#lookAround();
  }

  /** Notes what a reconnect recovered. */
  #account({ recovered }: SubscribedContext): void {
    const count = this.#recovered ?? 0;
    if (recovered) {
      this.note = `Reconnected: recovered ${count} ${count === 1 ? "message" : "messages"}.`;
    } else {
      this.note = "Reconnected. Not every message could be recovered; showing the latest.";
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
    // A name that is already known is newer than the one in the history.
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
      // Send our name to the newcomer, after a random delay so that not everyone sends at once.
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
    } catch (error) {
      await this.#keeper.check(error);
      // If the connection broke, the message is sent with the same ID after the reconnect.
      if (this.#log.state === SubscriptionState.Subscribed) message.delivery = "failed";
    }
    this.changed();
  }

  /** Sends a signal. It does not matter if it is lost. */
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
      .catch((error: unknown) => this.#keeper.check(error));
  }

  #is(line: Line): void {
    this.line = line;
    if (line !== "online") this.note = "";
    this.changed();
  }
}
