/** Runs the client against a service that is scripted: `node manners.js`. Prints what each scenario observed. */

import { Gatehouse, keepConnected, localStore, Refused, SignedOut, Unreachable } from "../src/index.js";
import type { GatehouseOptions, Store } from "../src/index.js";

type Outcome = Response | Error | Promise<Response>;
type Answer = (request: { body: any; token: string | undefined }) => Outcome;

const URL_OF_SERVICE = "https://service.example";

/** Answers requests as scripted, or as the service would, and notes them. */
class Service {
  readonly requests: string[] = [];
  readonly bearers: (string | undefined)[] = [];
  readonly #scripted = new Map<string, Answer[]>();
  #count = 0;
  /** The user whom a refresh without a script is for. */
  user = "ada";

  readonly fetch: typeof fetch = async (target, init) => {
    const path = String(target).slice(URL_OF_SERVICE.length);
    const body = init?.body ? JSON.parse(String(init.body)) : undefined;
    const token = new Headers(init?.headers).get("authorization")?.slice("Bearer ".length);
    this.requests.push([path, body?.refresh_token].filter(Boolean).join(" "));
    this.bearers.push(token && subject(token));
    const scripted = this.#scripted.get(path)?.shift();
    const answer = await (scripted ? scripted({ body, token }) : this.#usual(path, body, token));
    if (answer instanceof Error) throw answer;
    return answer;
  };

  /** Gives these answers to the next requests for a path. */
  script(path: string, ...answers: Answer[]): void {
    this.#scripted.set(path, [...(this.#scripted.get(path) ?? []), ...answers]);
  }

  /** Holds the next answer for a path. Returns a function that releases it. */
  hold(path: string, answer?: Answer): () => Promise<void> {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    this.script(path, async (request) => {
      const ready = await (answer ? answer(request) : this.#usual(path, request.body, request.token));
      await released;
      if (ready instanceof Error) throw ready;
      return ready;
    });
    return () => {
      release();
      return settled();
    };
  }

  tokens(user = this.user): Response {
    const claims = btoa(JSON.stringify({ sub: user })).replaceAll("=", "");
    this.#count += 1;
    const access_token = `h.${claims}.${this.#count}`;
    return Response.json({ access_token, refresh_token: `${user}-${this.#count}`, expires_in: 900, token_type: "Bearer" });
  }

  #usual(path: string, body: any, token: string | undefined): Response {
    if (path === "/login") return this.tokens((this.user = body.email));
    if (path === "/sessions/refresh") return this.tokens();
    if (path === "/logout") return new Response(null, { status: 204 });
    return Response.json({ id: token ? subject(token) : "nobody" });
  }
}

function subject(token: string): string {
  return JSON.parse(atob(token.split(".")[1]!)).sub;
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return () => Response.json({ code, title: code, status }, { status, headers });
}

const page = (status: number): Answer => () =>
  new Response("<html>Welcome to Hotel Example</html>", { status, headers: { "content-type": "text/html" } });
const offline: Answer = () => new TypeError("fetch failed");
const never: Answer = () => new Promise(() => {});

/** Waits until everything has happened that needs no further answer. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

function memory(saved?: string): Store & { saves: (string | undefined)[]; saved: string | undefined } {
  const store = {
    saved,
    saves: [] as (string | undefined)[],
    load: () => store.saved,
    save: (text: string | undefined) => void store.saves.push((store.saved = text)),
  };
  return store;
}

function client(service: Service, options: GatehouseOptions = {}): Gatehouse {
  return new Gatehouse({ url: URL_OF_SERVICE, fetch: service.fetch, timeout: 100, ...options });
}

/** Returns the name of an error, with the code of a refusal, or "" if there was none. */
function outcome(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "",
    (error: unknown) => {
      if (error instanceof Refused) return `Refused ${error.code}`;
      if (error instanceof Unreachable) return "Unreachable";
      return error instanceof SignedOut ? "SignedOut" : String(error);
    },
  );
}

const profile = (gatehouse: Gatehouse): Promise<{ id: string }> => gatehouse.call("get", "/profile");

/** Every way in which something other than the service's `invalid_grant` answers a refresh. */
const DISTURBANCES: Record<string, Answer> = {
  offline,
  never,
  "500": refusal(500, "internal_error"),
  "503": refusal(503, "unavailable", { "retry-after": "60" }),
  "429": refusal(429, "too_many_requests", { "retry-after": "60" }),
  "403 of a box": page(403),
  "407 of a box": page(407),
  "408 of a box": page(408),
  "400 of a box": page(400),
  "200 of a captive portal": page(200),
  "200 with {}": () => Response.json({}),
  "200 with nothing": () => new Response("", { status: 200 }),
  "200 with other JSON": () => Response.json({ ok: true }),
  "200 with null": () => Response.json(null),
  redirect: () => new TypeError("redirect mode is set to error"),
};

const scenarios: Record<string, () => Promise<unknown>> = {
  async lateRefreshAfterSignOut() {
    const service = new Service();
    const store = memory();
    const gatehouse = client(service, { store });
    await gatehouse.signIn("ada", "x");
    const release = service.hold("/sessions/refresh");
    const late = outcome(gatehouse.refresh());
    await settled();
    await gatehouse.signOut();
    await release();
    return { late: await late, state: gatehouse.state, user: gatehouse.userId ?? null, saved: store.saved ?? null };
  },

  async lateRefreshAfterSignInAsAnother() {
    const service = new Service();
    const store = memory();
    const gatehouse = client(service, { store });
    await gatehouse.signIn("ada", "x");
    const release = service.hold("/sessions/refresh", () => service.tokens("ada"));
    const late = outcome(gatehouse.refresh());
    await settled();
    await gatehouse.signIn("bob", "x");
    await release();
    const { id } = await profile(gatehouse);
    return { late: await late, user: gatehouse.userId, id, savedForBob: store.saved?.startsWith("bob") };
  },

  async lateSignInAfterSignOut() {
    const service = new Service();
    const gatehouse = client(service);
    const release = service.hold("/login");
    const late = outcome(gatehouse.signIn("ada", "x"));
    await settled();
    await gatehouse.signOut();
    await release();
    return { late: await late, state: gatehouse.state };
  },

  async firstOfTwoSignInsAnswersLast() {
    const service = new Service();
    const gatehouse = client(service);
    const release = service.hold("/login");
    const first = outcome(gatehouse.signIn("ada", "x"));
    await settled();
    await gatehouse.signIn("bob", "x");
    await release();
    return { first: await first, user: gatehouse.userId };
  },

  async answerToTheUserBefore() {
    const service = new Service();
    const gatehouse = client(service);
    await gatehouse.signIn("ada", "x");
    const release = service.hold("/profile");
    const late = outcome(profile(gatehouse));
    await settled();
    await gatehouse.signIn("bob", "x");
    await release();
    return { late: await late };
  },

  async refusedCallOfTheUserBefore() {
    const service = new Service();
    const gatehouse = client(service);
    await gatehouse.signIn("ada", "x");
    const release = service.hold("/profile", refusal(401, "invalid_token"));
    const late = outcome(profile(gatehouse));
    await settled();
    await gatehouse.signIn("bob", "x");
    await release();
    return { late: await late, sentAs: service.bearers.filter(Boolean) };
  },

  async refreshThatBringsAnotherUser() {
    const service = new Service();
    const store = memory();
    const reasons: string[] = [];
    const gatehouse = client(service, { store });
    gatehouse.onSignedOut((reason) => reasons.push(reason));
    await gatehouse.signIn("ada", "x");
    // Another tab signs in, and saves its token in the store that both share.
    store.saved = "bob-1";
    service.user = "bob";
    const refreshed = await outcome(gatehouse.refresh());
    const socket = await gatehouse.socketToken().catch(() => "an error");
    return { refreshed, reasons, state: gatehouse.state, saved: store.saved, socket, ended: service.requests.includes("/logout") };
  },

  async signOutBesideAnotherUser() {
    const service = new Service();
    const store = memory();
    const gatehouse = client(service, { store });
    await gatehouse.signIn("ada", "x");
    store.saved = "bob-1";
    await gatehouse.signOut();
    return { saved: store.saved, requests: service.requests };
  },

  async everyTokenIsSaved() {
    const service = new Service();
    const store = memory();
    const told: string[] = [];
    const gatehouse = client(service, { store });
    gatehouse.onTokens((tokens) => told.push(tokens.refresh_token ?? ""));
    await gatehouse.signIn("ada", "x");
    await gatehouse.refresh();
    await gatehouse.refresh();
    const next = client(service, { store });
    return { saves: store.saves, told, restored: await next.restore(), requests: service.requests };
  },

  async slowStoreKeepsTheLastToken() {
    const service = new Service();
    let saved: string | undefined;
    let wait = 30;
    const store: Store = {
      load: async () => saved,
      save: async (text) => {
        await new Promise((resolve) => setTimeout(resolve, (wait -= 10)));
        saved = text;
      },
    };
    const gatehouse = client(service, { store });
    const signedIn = outcome(gatehouse.signIn("ada", "x"));
    await settled();
    await gatehouse.signOut();
    return { signedIn: await signedIn, saved: saved ?? null };
  },

  async disturbedRestore() {
    const seen: Record<string, unknown> = {};
    for (const [name, answer] of Object.entries(DISTURBANCES)) {
      const service = new Service();
      const store = memory("ada-0");
      service.script("/sessions/refresh", answer);
      const gatehouse = client(service, { store });
      const first = await outcome(gatehouse.restore());
      const state = gatehouse.state;
      seen[name] = { first, state, saved: store.saved, again: await gatehouse.restore() };
    }
    return seen;
  },

  async restoreOfAnEndedSession() {
    const service = new Service();
    const store = memory("ada-0");
    service.script("/sessions/refresh", refusal(400, "invalid_grant"));
    const gatehouse = client(service, { store });
    return { restored: await gatehouse.restore(), state: gatehouse.state, saved: store.saved ?? null };
  },

  async restoreWithoutASession() {
    const service = new Service();
    const gatehouse = client(service, { store: memory() });
    return { restored: await gatehouse.restore(), state: gatehouse.state, requests: service.requests };
  },

  async restoreTwiceAtOnce() {
    const service = new Service();
    const gatehouse = client(service, { store: memory("ada-0") });
    const both = await Promise.all([gatehouse.restore(), gatehouse.restore()]);
    return { both, requests: service.requests };
  },

  async disturbedSocketToken() {
    const seen: Record<string, unknown> = {};
    for (const [name, answer] of Object.entries(DISTURBANCES)) {
      const service = new Service();
      const gatehouse = client(service);
      await gatehouse.signIn("ada", "x");
      await gatehouse.socketToken();
      service.script("/sessions/refresh", answer);
      const first = await gatehouse.socketToken().catch(() => "an error");
      seen[name] = { first, again: (await gatehouse.socketToken()) !== "", signedIn: gatehouse.isSignedIn };
    }
    return seen;
  },

  async socketTokenOfAnEndedSession() {
    const service = new Service();
    const reasons: string[] = [];
    const gatehouse = client(service);
    gatehouse.onSignedOut((reason) => reasons.push(reason));
    await gatehouse.signIn("ada", "x");
    await gatehouse.socketToken();
    service.script("/sessions/refresh", refusal(400, "invalid_grant"));
    return { token: await gatehouse.socketToken(), reasons };
  },

  async requestThatNeverEnds() {
    const service = new Service();
    const gatehouse = client(service);
    await gatehouse.signIn("ada", "x");
    service.script("/profile", never);
    service.script("/sessions/refresh", never);
    const [called, refreshed] = await Promise.all([outcome(profile(gatehouse)), outcome(gatehouse.refresh())]);
    return { called, refreshed, again: (await profile(gatehouse)).id };
  },

  async contentThatNeverEnds() {
    const service = new Service();
    service.script("/profile", () => new Response(new ReadableStream(), { status: 200 }));
    return { called: await outcome(profile(client(service))) };
  },

  async lockThatIsNeverFree() {
    const service = new Service();
    const locks = {
      request: (_: string, { signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
    const gatehouse = client(service, { store: memory("ada-0") });
    const restored = await gatehouse.restore();
    Object.defineProperty(globalThis, "navigator", { value: undefined, configurable: true });
    return { restored };
  },

  async storeThatFails() {
    const service = new Service();
    const broken = (): never => {
      throw new Error("blocked");
    };
    const gatehouse = client(service, { store: { load: broken, save: broken } });
    const restored = await gatehouse.restore();
    await gatehouse.signIn("ada", "x");
    await gatehouse.refresh();
    await gatehouse.signOut();
    return { restored, requests: service.requests };
  },

  async storeThatCannotSave() {
    const service = new Service();
    const full = { load: () => undefined, save: () => Promise.reject(new Error("full")) };
    const gatehouse = client(service, { store: full });
    await gatehouse.signIn("ada", "x");
    await gatehouse.refresh();
    await gatehouse.refresh();
    return { requests: service.requests };
  },

  async storeThatIsCleared() {
    const service = new Service();
    const store = memory();
    const gatehouse = client(service, { store });
    await gatehouse.signIn("ada", "x");
    store.saved = undefined;
    await gatehouse.refresh();
    return { signedIn: gatehouse.isSignedIn, saved: store.saved };
  },

  async localStoreWhereThereIsNone() {
    const service = new Service();
    const gatehouse = client(service, { store: localStore() });
    await gatehouse.signIn("ada", "x");
    await gatehouse.refresh();
    return { signedIn: gatehouse.isSignedIn };
  },

  async signOutWhileOffline() {
    const service = new Service();
    const store = memory();
    const gatehouse = client(service, { store });
    await gatehouse.signIn("ada", "x");
    service.script("/logout", offline, offline);
    const told = await outcome(gatehouse.signOut());
    const state = gatehouse.state;
    // The app is loaded again, first still offline.
    const still = await outcome(client(service, { store }).restore());
    const restored = await client(service, { store }).restore();
    return { told, state, still, restored, requests: service.requests, saved: store.saved ?? null };
  },

  async signInPaysFirst() {
    const service = new Service();
    const gatehouse = client(service);
    await gatehouse.signIn("ada", "x");
    service.script("/logout", offline);
    await outcome(gatehouse.signOut());
    await gatehouse.signIn("bob", "x");
    return { requests: service.requests, user: gatehouse.userId };
  },

  async debtBehindABox() {
    const service = new Service();
    const store = memory("ada-0");
    service.script("/logout", page(403), refusal(503, "unavailable", { "retry-after": "60" }), refusal(400, "invalid_request"));
    const told = [];
    for (let n = 0; n < 3; n += 1) told.push(await outcome(n ? client(service, { store }).restore() : client(service, { store }).signOut()));
    return { told, saved: store.saved ?? null };
  },

  async disturbedCalls() {
    const seen: Record<string, unknown> = {};
    for (const name of ["200 of a captive portal", "200 with {}", "200 with nothing", "200 with null", "redirect", "never"]) {
      const service = new Service();
      for (const path of ["/login", "/profile", "/register"]) service.script(path, DISTURBANCES[name]!);
      const gatehouse = client(service);
      const body = { email: "ada@example.org", password: "x" };
      seen[name] = [
        await outcome(gatehouse.signIn("ada", "x")),
        await outcome(profile(gatehouse)),
        await outcome(gatehouse.call("post", "/register", { body })),
      ];
    }
    return seen;
  },

  async unavailableForAMoment() {
    const service = new Service();
    const busy = refusal(503, "unavailable", { "retry-after": "0" });
    service.script("/profile", busy, busy);
    service.script("/register", busy);
    const read = (await profile(client(service))).id;
    const body = { email: "ada@example.org", password: "x" };
    const registered = await outcome(client(service).call("post", "/register", { body }));
    return { read, registered, requests: service.requests };
  },

  async unavailableForLong() {
    const service = new Service();
    const busy = refusal(503, "unavailable", { "retry-after": "60" });
    service.script("/profile", busy);
    const error = await profile(client(service)).catch((refused: unknown) => refused);
    return { wait: error instanceof Refused && error.retryAfter, requests: service.requests };
  },

  async retryAfterADate() {
    const service = new Service();
    const later = new Date(Date.now() + 90_000).toUTCString();
    service.script("/profile", refusal(429, "too_many_requests", { "retry-after": later }));
    const error = await profile(client(service)).catch((refused: unknown) => refused);
    return { wait: error instanceof Refused && error.retryAfter };
  },

  async lineThatDied() {
    const seen: Record<string, unknown> = {};
    const timeout = { code: 1, message: "timeout" };
    const probes: Record<string, unknown[]> = {
      "answers": [undefined],
      "refuses": [{ code: 103, message: "permission denied" }],
      "answers late once": [timeout, undefined],
      "is silent": [timeout, timeout],
    };
    for (const [name, answers] of Object.entries(probes)) {
      const acts: string[] = [];
      const line = { state: "connected", connect: () => acts.push("connect"), disconnect: () => acts.push("disconnect") };
      const probe = async (): Promise<void> => {
        acts.push("probe");
        const answer = answers.shift();
        if (answer) throw answer;
      };
      await keepConnected(line, probe).check();
      seen[name] = acts;
    }
    const acts: string[] = [];
    const line = { state: "connected", connect: () => acts.push("connect"), disconnect: () => acts.push("disconnect") };
    const { check } = keepConnected(line, () => Promise.reject(acts.push("probe") && timeout));
    await check({ code: 103, message: "permission denied" });
    seen["a call was refused"] = [...acts];
    await Promise.all([check(timeout), check(timeout)]);
    seen["a call timed out"] = [...acts];
    line.state = "connecting";
    await check(timeout);
    seen["connecting"] = acts.slice(3);
    return seen;
  },

  async events() {
    const service = new Service();
    const gatehouse = client(service);
    const seen: unknown[] = [];
    gatehouse.onChange((signedIn) => seen.push(signedIn));
    const remove = gatehouse.onSignedOut((reason) => seen.push(reason));
    await gatehouse.signIn("ada", "x");
    await gatehouse.refresh();
    await gatehouse.signOut();
    await gatehouse.signIn("ada", "x");
    gatehouse.forget();
    remove();
    await gatehouse.signIn("bob", "x");
    await gatehouse.signOut();
    return { seen };
  },
};

const seen: Record<string, unknown> = {};
for (const [name, scenario] of Object.entries(scenarios)) seen[name] = await scenario();
console.log(JSON.stringify(seen));
