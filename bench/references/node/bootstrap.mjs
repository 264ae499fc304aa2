// The part of Lambda's Node runtime that matters here: it receives events and returns responses.
import { handler, client } from "./app.mjs";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

let inAws = 0;
if (process.env.BENCH_PROBE) {
  const send = client.send.bind(client);
  client.send = async (command) => {
    const started = performance.now();
    try {
      return await send(command);
    } finally {
      inAws += performance.now() - started;
    }
  };
}

for (;;) {
  const next = await fetch(`${api}/next`);
  const event = await next.json();
  inAws = 0;
  const started = performance.now();
  const answer = await handler(event);
  if (process.env.BENCH_PROBE) answer.outside_us = 1000 * (performance.now() - started - inAws);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  await fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify(answer) });
}
