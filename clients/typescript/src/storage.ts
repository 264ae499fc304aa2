/** Where an app keeps the refresh token, so that its user stays signed in. */

/**
 * Keeps one text: the refresh token of the session or, until the service hears of it, a sign-out. Return
 * what was saved, as it was saved. `save(undefined)` forgets it.
 */
export interface Store {
  load(): Promise<string | null | undefined> | string | null | undefined;
  save(text: string | undefined): unknown;
}

/** A store in `localStorage`. Every script of the page can read it, so prefer the cookie on pages. */
export function localStore(key = "gatehouse"): Store {
  return {
    load: () => localStorage.getItem(key),
    save: (text) => (text === undefined ? localStorage.removeItem(key) : localStorage.setItem(key, text)),
  };
}

/**
 * A store that goes on in memory once the one behind it has failed, as `localStorage` does where it is
 * blocked. It does one thing after another, so the last text that was saved is the one that stays.
 */
export function dependable(store?: Store): Store {
  let isBroken = store === undefined;
  let kept: string | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function next<T>(work: () => Promise<T>): Promise<T | void> {
    const done = last.then(() => (isBroken ? undefined : work())).catch(() => void (isBroken = true));
    last = done;
    return done;
  }

  return {
    load: async () => {
      await next(async () => (kept = (await store?.load()) ?? undefined));
      return kept;
    },
    save: async (text) => {
      await next(async () => store?.save(text));
      kept = text;
    },
  };
}
