// The API behind the definitions: notes of one account, for whoever has a token that the provider knows.

import { createServer } from "node:http";
import { once } from "node:events";

/** `find` looks an access token up at the provider. */
export async function startUpstream(find) {
  const calls = [];
  const server = createServer(async (request, response) => {
    const [, token] = request.headers.authorization?.match(/^Bearer (.+)$/) ?? [];
    const found = token && (await find(token));
    const scope = { "GET /notes": "notes:read", "POST /notes": "notes:write" }[`${request.method} ${request.url}`];
    const status = !found ? 401 : scope && !found.scope.split(" ").includes(scope) ? 403 : 200;
    calls.push({ method: request.method, path: request.url, token, status });
    const body = status === 200 ? { account: found.accountId, notes: [{ id: "1", text: "first" }] } : { error: "no" };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    calls,
    stop: () => (server.closeAllConnections(), server.close(), once(server, "close")),
  };
}
