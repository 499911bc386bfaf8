// Consent at a certified authorization server: allowed, declined, altered on the way, repeated.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";

import { startBench } from "./kit/bench.mjs";
import { SCOPES } from "./kit/definition.mjs";
import { refusedPage, returned, Visitor } from "./kit/visitor.mjs";

const client = (id) => ({ client_id: id, client_secret: `secret-of-${id}` });

const bench = await startBench(({ endpoints, issuer }) => ({
  // It says who it is, and that every callback does.
  promised: {
    client: client("promised"), flow: endpoints, oauth: { issuer, issuer_in_callback: true, client_auth: "basic" },
  },
  // It says who it is.
  named: { client: client("named"), flow: endpoints, oauth: { issuer, client_auth: "basic" } },
  other: { client: client("other"), flow: endpoints, oauth: { client_auth: "basic" } },
}));
const { provider, upstream, patchbay } = bench;

afterEach(() => Object.assign(provider, { decision: "allow", allowed: SCOPES, onTheWay: {} }));

/** Nothing may have come of what `act` does: no connector, no token request, no call. */
async function nothingComesOf(act) {
  const before = [(await patchbay.connectors()).length, provider.requests.length, upstream.calls.length];
  const done = await act();
  const afterwards = [(await patchbay.connectors()).length, provider.requests.length, upstream.calls.length];
  assert.deepEqual(afterwards, before);
  return done;
}

describe("allowed", () => {
  test("a person who allows comes back with a connector that works", async () => {
    const id = await bench.connected("promised");
    const connector = await patchbay.connector(id);
    assert.equal(connector.status, "active");
    assert.equal(connector.name, "Ada's notes");
    assert.deepEqual([connector.account.id, connector.account.name], ["ada", "Ada's notes"]);
    assert.equal((await patchbay.executed(id, "profile", "get")).account, "ada");
    assert.deepEqual(await patchbay.executed(id, "notes", "list"), [{ id: "1", text: "first" }]);
    assert.deepEqual(await patchbay.events(id), ["connector.created"]);
  });

  test("the name that was asked for goes before the account's", async () => {
    const id = await bench.connected("promised", { name: "Mine" });
    assert.equal((await patchbay.connector(id)).name, "Mine");
  });

  test("r15 the browser carries a challenge, the token request its verifier", async () => {
    const url = new URL(await patchbay.consentUrl({ connector_type: "promised" }));
    assert.equal(url.searchParams.get("code_challenge_method"), "S256");
    assert.match(url.searchParams.get("code_challenge"), /^[\w-]{43}$/);
    const { callback } = await new Visitor().consent(url.href);
    const { sent } = provider.requestsOf("promised").at(-1);
    assert.match(sent.code_verifier, /^[\w.~-]{43,128}$/);
    assert.ok(![url.href, callback].some((seen) => seen.includes(sent.code_verifier)));
  });

  test("r15 every consent has a state and a challenge of its own", async () => {
    const urls = await Promise.all([1, 2].map(() => patchbay.consentUrl({ connector_type: "promised" })));
    const [one, two] = urls.map((url) => new URL(url).searchParams);
    for (const name of ["state", "code_challenge"]) assert.notEqual(one.get(name), two.get(name));
  });

  test("r18 scopes granted narrower than asked are recorded, and what needs more is not tried", async () => {
    provider.allowed = ["notes:read"];
    const id = await bench.connected("promised");
    assert.deepEqual((await patchbay.connector(id)).granted_scopes, ["notes:read"]);
    await patchbay.executed(id, "notes", "list");
    const calls = upstream.calls.length;
    const refused = await patchbay.execute(id, "notes", "create", { text: "second" });
    assert.deepEqual([refused.status, refused.body.code], [424, "scope_missing"]);
    assert.match(refused.body.detail ?? refused.body.message, /notes:write/);
    assert.equal(upstream.calls.length, calls);
  });
});

describe("declined", () => {
  test("r13 a person who denies comes back without a connector, and the state is used up", async () => {
    provider.decision = "deny";
    const visit = await nothingComesOf(() => bench.visit("promised"));
    const { error, error_description: description, ...rest } = returned(visit);
    assert.equal(error, "access_denied");
    assert.match(description, /said no/);
    assert.deepEqual(rest, {});
    assert.doesNotMatch(await visit.answer.text(), /<b>/);
    await refusedPage(await nothingComesOf(() => new Visitor().open(visit.callback)));
  });

  test("another refusal of the provider's is passed on as it is", async () => {
    const url = new URL(await patchbay.consentUrl({ connector_type: "promised" }));
    url.searchParams.delete("code_challenge");
    const visit = await nothingComesOf(() => new Visitor().consent(url.href));
    assert.equal(returned(visit).error, "invalid_request");
  });

  test("a code that the provider does not know is not exchanged", async () => {
    provider.onTheWay = { code: "of-somebody-else" };
    const visit = await bench.visit("promised");
    const { error, error_description: description } = returned(visit);
    assert.equal(error, "token_exchange_failed");
    assert.match(description, /invalid_grant/);
  });
});

describe("altered on the way", () => {
  const wrong = {
    "of another": () => "https://evil.example",
    "with a slash more": () => `${provider.issuer}/`,
    "in other letters": () => provider.issuer.replace("http", "HTTP"),
    empty: () => "",
  };
  for (const [name, iss] of Object.entries(wrong)) {
    for (const kind of ["promised", "named"]) {
      test(`r12 an issuer ${name} ends the consent (${kind})`, async () => {
        provider.onTheWay = { iss: iss() };
        const visit = await nothingComesOf(() => bench.visit(kind));
        assert.match(await refusedPage(visit.answer), /go back to the application/i);
        provider.onTheWay = {};
        await refusedPage(await nothingComesOf(() => new Visitor().open(visit.callback)));
      });
    }
  }

  test("r12 an issuer that was promised and is missing ends the consent", async () => {
    provider.onTheWay = { iss: null };
    const visit = await nothingComesOf(() => bench.visit("promised"));
    await refusedPage(visit.answer);
  });

  test("r12 an issuer that nobody promised may be missing", async () => {
    provider.onTheWay = { iss: null };
    await bench.connected("named");
  });

  test("r6 an altered, repeated, empty, missing or enormous state is refused, the true one works", async () => {
    const visitor = new Visitor();
    const callback = await callbackOf(visitor, await patchbay.consentUrl({ connector_type: "promised" }));
    const changed = (change) => {
      const url = new URL(callback);
      change(url.searchParams);
      return url.href;
    };
    const state = new URL(callback).searchParams.get("state");
    const bit = String.fromCharCode(state.charCodeAt(0) ^ 1) + state.slice(1);
    for (const url of [
      changed((query) => query.set("state", bit)),
      changed((query) => query.append("state", state)),
      changed((query) => query.set("state", "")),
      changed((query) => query.delete("state")),
      changed((query) => query.set("state", "s".repeat(100_000))),
    ]) {
      await refusedPage(await nothingComesOf(() => visitor.open(url)));
    }
    const answer = await visitor.open(callback);
    assert.equal(answer.status, 303);
    assert.ok(new URL(answer.headers.get("location")).searchParams.has("connector_id"));
  });

  test("r8 an answer at the address of another definition is not used", async () => {
    const callback = await callbackOf(new Visitor(), await patchbay.consentUrl({ connector_type: "promised" }));
    const elsewhere = callback.replace("/callback/promised", "/callback/other");
    assert.notEqual(elsewhere, callback);
    await refusedPage(await nothingComesOf(() => new Visitor().open(elsewhere)));
    await refusedPage(await nothingComesOf(() => new Visitor().open(callback)));
  });
});

describe("repeated", () => {
  test("r1 the second use of a callback is refused, and the connector stays", async () => {
    const visit = await bench.visit("promised");
    const { connector_id: id } = returned(visit);
    const page = await refusedPage(await nothingComesOf(() => new Visitor().open(visit.callback)));
    assert.match(page, /connect/);
    assert.equal((await patchbay.executed(id, "profile", "get")).account, "ada");
  });

  test("r1 of ten callbacks at once one is used", async () => {
    const callback = await callbackOf(new Visitor(), await patchbay.consentUrl({ connector_type: "promised" }));
    const requests = provider.requestsOf("promised").length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => new Visitor().open(callback)));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [303, ...Array(9).fill(400)]);
    assert.equal(provider.requestsOf("promised").length, requests + 1);
  });
});

/** Where the provider sends the browser, which does not go there. */
async function callbackOf(visitor, start) {
  let next = start;
  while (!next.startsWith(patchbay.url)) {
    next = new URL((await visitor.open(next)).headers.get("location"), next).href;
  }
  return next;
}
