/** One room over the official Centrifuge client: what is said, who is there, how the line is. */

import { Centrifuge, SubscriptionState } from "centrifuge";
import type { PublicationContext, StreamPosition, SubscribedContext, Subscription } from "centrifuge";

import { Messages, readData } from "./messages.js";
import type { Data, Message } from "./messages.js";
import { People } from "./people.js";

export type Line = "connecting" | "online" | "reconnecting" | "closed";

export interface Me {
  user: string;
  name: string;
}

const PAGE = 30;
const PRESENCE_EVERY = 15_000;
const TYPING_EVERY = 2_500;
/** Milliseconds in which the recovered messages follow the answer to a subscription. */
const RECOVERY_SETTLES = 50;
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
  readonly #channel: Subscription;
  readonly #timer: ReturnType<typeof setInterval>;
  #oldest: StreamPosition | undefined;
  #reading = false;
  #recovered: number | undefined;
  #wasOnline = false;
  #typedAt = 0;

  constructor(
    url: string,
    getToken: () => Promise<string>,
    channel: string,
    readonly me: Me,
    readonly changed: () => void,
    readonly closed: () => void,
  ) {
    this.#client = new Centrifuge(url, { getToken, minReconnectDelay: 300, maxReconnectDelay: 8_000 });
    this.#channel = this.#client.newSubscription(channel, { recoverable: true, joinLeave: true });
    this.people.saw(me.user, me.name);
    this.#listen();
    this.#channel.subscribe();
    this.#client.connect();
    this.#timer = setInterval(() => this.#lookAround(), PRESENCE_EVERY);
  }

  /** Says something; it is shown at once, and sent when the line is there. */
  say(text: string): void {
    const data: Data = { kind: "message", id: crypto.randomUUID(), name: this.me.name, text, at: Date.now() };
    const message = this.messages.add(this.me.user, data);
    if (!message) return;
    message.delivery = "waiting";
    this.#typedAt = 0;
    void this.#deliver(message);
    this.changed();
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
    this.#tell({ kind: "typing", name: this.me.name });
  }

  /** Reads a page of what was said before. */
  async readOlder(): Promise<void> {
    if (!this.hasMore || this.#reading) return;
    this.#reading = true;
    try {
      const since = this.#oldest ? { since: this.#oldest } : {};
      const page = await this.#channel.history({ limit: PAGE, reverse: true, ...since });
      const last = page.publications.at(-1);
      if (last?.offset) this.#oldest = { offset: last.offset, epoch: page.epoch };
      this.hasMore = page.publications.length === PAGE;
      this.messages.prepend(page.publications.reverse());
    } catch {
      this.hasMore = false;
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
    this.#channel.on("subscribed", (context) => this.#begin(context));
    this.#channel.on("publication", (context) => this.#hear(context));
    this.#channel.on("unsubscribed", () => this.#is("closed"));
    this.#channel.on("join", ({ info }) => {
      this.people.arrived(info.client, info.user);
      this.changed();
    });
    this.#channel.on("leave", ({ info }) => {
      this.people.left(info.client);
      this.changed();
    });
  }

  #begin(context: SubscribedContext): void {
    const isAgain = this.#wasOnline;
    this.#wasOnline = true;
    this.#is("online");
    if (isAgain) this.#account(context);
    else if (context.recoverable) {
      this.hasMore = true;
      void this.readOlder();
    }
    for (const message of this.messages.waiting) void this.#deliver(message);
    this.#tell({ kind: "hello", name: this.me.name });
    this.#lookAround();
  }

  /** Says what a reconnect brought back. Only a server that keeps history can do that. */
  #account({ wasRecovering, recovered }: SubscribedContext): void {
    if (!wasRecovering || !recovered) {
      this.note = "Reconnected. Messages sent meanwhile may be missing.";
      return this.changed();
    }
    this.#recovered = 0;
    setTimeout(() => {
      const count = this.#recovered ?? 0;
      this.#recovered = undefined;
      this.note = `Reconnected: recovered ${count} ${count === 1 ? "message" : "messages"}.`;
      this.changed();
    }, RECOVERY_SETTLES);
  }

  #hear({ data, info }: PublicationContext): void {
    const read = readData(data);
    if (!read || !info) return;
    this.people.saw(info.user, read.name);
    if (!this.people.knows(info.client)) this.#lookAround();
    const isOther = info.user !== this.me.user;
    if (read.kind === "message") {
      this.people.stopsTyping(info.user);
      if (this.messages.add(info.user, read) && this.#recovered !== undefined) this.#recovered += 1;
    } else if (read.kind === "typing" && isOther) {
      this.people.types(info.user);
      setTimeout(this.changed, 4_100);
    } else if (read.kind === "hello" && isOther) {
      // Whoever comes in learns our name; not all at the same moment.
      setTimeout(() => this.#tell({ kind: "here", name: this.me.name }), 1_000 * Math.random());
    }
    this.changed();
  }

  async #deliver(message: Message): Promise<void> {
    if (this.#channel.state !== SubscriptionState.Subscribed) return;
    const { key, name, text, at } = message;
    const id = key.slice(key.indexOf("/") + 1);
    try {
      await this.#channel.publish({ kind: "message", id, name, text, at });
      message.delivery = "sent";
    } catch {
      // A line that broke meanwhile comes back, and what waits is sent then, under the same id.
      if (this.#channel.state === SubscriptionState.Subscribed) message.delivery = "failed";
    }
    this.changed();
  }

  /** Sends what does not matter when it is lost. */
  #tell(data: Data): void {
    if (this.#channel.state !== SubscriptionState.Subscribed) return;
    this.#channel.publish(data).catch(() => undefined);
  }

  #lookAround(): void {
    if (this.#channel.state !== SubscriptionState.Subscribed || document.hidden) return;
    this.#channel
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
