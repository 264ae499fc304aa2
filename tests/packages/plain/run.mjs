// Signs in to a service of a few lines, calls it, and prints what came of it.
import { createServer } from "node:http";

import { Gatehouse, Refused } from "gatehouse-client";

const token = `e30.${btoa(JSON.stringify({ sub: "u1" }))}.`;
const answers = {
  "POST /login": [200, { access_token: token, refresh_token: "r1", expires_in: 900, token_type: "Bearer" }],
  "GET /profile": [200, { id: "u1" }],
};

const service = createServer((request, response) => {
  const refusal = [404, { title: "Not found", code: "not_found" }];
  const [status, body] = answers[`${request.method} ${request.url}`] ?? refusal;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
});
await new Promise((listening) => service.listen(0, "127.0.0.1", listening));

const gatehouse = new Gatehouse({ url: `http://127.0.0.1:${service.address().port}` });
await gatehouse.signIn("ada@example.org", "correct horse battery staple");
const profile = await gatehouse.call("get", "/profile");
const error = await gatehouse.call("get", "/sessions").catch((refusal) => refusal);

console.log(JSON.stringify({ user: profile.id, refused: error instanceof Refused && error.code }));
service.closeAllConnections();
service.close();
