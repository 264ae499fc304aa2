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
  let isChecking = false;

  function connectAnew(): void {
    if (connection.state !== "connected") return;
    connection.disconnect();
    connection.connect();
  }

  async function check(error?: unknown): Promise<void> {
    if (isChecking || connection.state !== "connected" || (error && !isTimeout(error))) return;
    isChecking = true;
    try {
      for (let timeouts = error ? 1 : 0; timeouts < MOST_TIMEOUTS; timeouts += 1) await unanswered(probe);
      connectAnew();
    } catch {
      // There was a reply, be it a refusal, so the line is alive.
    } finally {
      isChecking = false;
    }
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

/** Returns after a probe without a reply. Throws if there was one. */
async function unanswered(probe: () => Promise<unknown>): Promise<void> {
  const outcome = await probe().catch((error: unknown) => error);
  if (!isTimeout(outcome)) throw outcome;
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === TIMEOUT;
}
