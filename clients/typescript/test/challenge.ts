/** Runs the client against a service that answers with challenges: `node challenge.js CHALLENGE TIMES WIDGET`. */

import { Gatehouse, Refused } from "../src/index.js";

declare const process: { argv: string[] };

const [challenge = "{}", times = "1", widget = ""] = process.argv.slice(2);
const bodies: unknown[] = [];
const told: boolean[] = [];
let ticks = 0;

/** Refuses the first requests with a challenge and accepts the others. */
const service: typeof fetch = async (_, init) => {
  bodies.push(JSON.parse(String(init?.body)));
  if (bodies.length > Number(times)) return new Response(null, { status: 202 });
  const code = bodies.length > 1 ? "challenge_failed" : "challenge_required";
  return Response.json({ code, title: "x", status: 428, challenge: JSON.parse(challenge) }, { status: 428 });
};

const asked: unknown[] = [];
const challengeToken = async (given: unknown): Promise<string> => {
  asked.push(given);
  return "a token";
};

const gatehouse = new Gatehouse({ fetch: service, ...(widget ? { challengeToken } : {}) });
gatehouse.onChallenge((solving) => told.push(solving));
const timer = setInterval(() => (ticks += 1), 5);
const body = { email: "ada@example.org" };
const error = await gatehouse.call("post", "/passwords/forgot", { body }).then(
  () => undefined,
  (refused: unknown) => refused,
);
clearInterval(timer);

console.log(JSON.stringify({ bodies, told, ticks, asked, refused: error instanceof Refused && error.code }));
