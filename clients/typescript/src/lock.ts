/** A lock that the tabs of a page share, so that only one at a time changes the session. */

/**
 * Does the work while no other tab does work under this name.
 *
 * Waits at most `patience` milliseconds: a tab that the browser has frozen may hold the lock for ever. The
 * service tolerates two refreshes at the same time (RFC 9700 section 4.14.2 leaves that to it).
 */
export async function alone<T>(name: string, patience: number, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks) return work();
  let begun = false;
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), patience);
  const start = (): Promise<T> => {
    clearTimeout(timer);
    begun = true;
    return work();
  };
  try {
    return (await locks.request(name, { signal: waiting.signal }, start)) as T;
  } catch (error) {
    if (begun) throw error;
    // The lock was not free in time, or pages like this one may not use locks.
    return start();
  } finally {
    clearTimeout(timer);
  }
}
