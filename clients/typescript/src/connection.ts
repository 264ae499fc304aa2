/** Finds out that a connection has died without a word, as lines of phones and laptops do. */

/** The part of a Centrifuge client that this needs. */
export interface Connection {
  readonly state: string;
  connect(): unknown;
  disconnect(): unknown;
}

/** The Centrifuge client's code for a call that got no reply in time. */
const TIMEOUT = 1;

/** Calls without a reply after which the line is given up. */
const MOST_TIMEOUTS = 2;

/**
 * Replaces a connection that no longer carries anything. The service sends a ping every few minutes only,
 * so without this a page can show "connected" for that long and hear nothing.
 *
 * Two calls in a row without a reply bring a new connection. `probe` makes a cheap call, for example
 * `() => subscription.presenceStats()`. It is made when the page becomes visible again, and when `check` is
 * called: with the error of a call of the app, which counts as the first one if it timed out. A device that
 * comes back online gets a new connection at once.
 */
export function keepConnected(
  connection: Connection,
  probe: () => Promise<unknown>,
): { check: (error?: unknown) => Promise<void>; stop: () => void } {
  let checking: Promise<void> | undefined;

  function connectAnew(): void {
    if (connection.state !== "connected") return;
    connection.disconnect();
    connection.connect();
  }

  function check(error?: unknown): Promise<void> {
    if (error && !isTimeout(error)) return Promise.resolve();
    checking ??= silence(error ? 1 : 0).finally(() => (checking = undefined));
    return checking;
  }

  /** Makes probes until one has a reply, or until there were enough without. */
  async function silence(timeouts: number): Promise<void> {
    if (connection.state !== "connected") return;
    for (; timeouts < MOST_TIMEOUTS; timeouts += 1) if (await isAnswered(probe)) return;
    connectAnew();
  }

  const seen = (): void => void (document.hidden || check());
  if (typeof document !== "undefined") {
    addEventListener("online", connectAnew);
    document.addEventListener("visibilitychange", seen);
  }
  return {
    check,
    stop: () => {
      if (typeof document === "undefined") return;
      removeEventListener("online", connectAnew);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}

/** A refusal is an answer too: the line is alive. */
async function isAnswered(probe: () => Promise<unknown>): Promise<boolean> {
  return probe().then(() => true, (error: unknown) => !isTimeout(error));
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === TIMEOUT;
}
