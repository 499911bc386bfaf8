// Refreshing at a certified authorization server that rotates refresh tokens and takes a second use for theft.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startBench } from "./kit/bench.mjs";
import { until } from "./kit/until.mjs";
import { returned } from "./kit/visitor.mjs";

const ROTATIONS = 5;
const CALLERS = 20;

const names = ["long", "short", "brief", "rotating", "stolen", "together"];
const bench = await startBench((provider) =>
  Object.fromEntries(names.map((name) => [name, {
    client: { client_id: name, client_secret: `secret-of-${name}` },
    flow: provider.endpoints,
    oauth: { issuer: provider.issuer, client_auth: "basic", refresh_margin_s: 60 },
  }])));
const { provider, upstream, patchbay } = bench;

const refreshes = (name) => provider.requestsOf(name).filter(({ sent }) => sent.grant_type === "refresh_token");
const profile = (id) => patchbay.execute(id, "profile", "get");
const works = async (id) => assert.equal((await patchbay.executed(id, "profile", "get")).account, "ada");

/** No refresh token of this client was presented twice, and every refresh was granted. */
function allPresentedOnce(name) {
  for (const { sent, status } of refreshes(name)) {
    assert.deepEqual([provider.presented.get(sent.refresh_token), status], [1, 200]);
  }
}

describe("expiry", () => {
  test("a token that lives long is not refreshed", async () => {
    const id = await bench.connected("long");
    for (let call = 0; call < 3; call += 1) await works(id);
    assert.equal(refreshes("long").length, 0);
  });

  test("a token is refreshed before its end, beside the calls that still use it", async () => {
    provider.lifetime.short = 4;
    const id = await bench.connected("short");
    const { access_token: first } = bench.tokens("short");
    await until(async () => (await works(id), refreshes("short").length > 0), "a refresh");
    const used = upstream.calls.filter((call) => call.token === first);
    assert.ok(used.length > 0 && used.every((call) => call.status === 200));
    assert.ok(await provider.accessToken(first), "the first token was still valid");
    await until(async () => (await works(id), upstream.calls.at(-1).token !== first), "the new token is used");
    allPresentedOnce("short");
  });

  test("a token that has ended is refreshed while the call waits", async () => {
    provider.lifetime.brief = 1;
    const id = await bench.connected("brief");
    const { access_token: first } = bench.tokens("brief");
    await until(async () => !(await provider.accessToken(first)), "the token's end");
    await works(id);
    assert.notEqual(upstream.calls.at(-1).token, first);
    allPresentedOnce("brief");
  });
});

describe("rotation", () => {
  test("r22 through many rotations the grant lives and each refresh token is presented once", async () => {
    provider.lifetime.rotating = 1;
    const id = await bench.connected("rotating");
    await until(async () => (await works(id), refreshes("rotating").length >= ROTATIONS), "rotations");
    allPresentedOnce("rotating");
    const presented = refreshes("rotating").map((request) => request.sent.refresh_token);
    assert.equal(new Set(presented).size, presented.length);
    assert.equal((await patchbay.connector(id)).status, "active");
    assert.deepEqual(await patchbay.events(id), ["connector.created"]);
  });

  test("r21 callers at once share one refresh", async () => {
    const id = await bench.connected("together");
    const { access_token: first } = bench.tokens("together");
    await provider.end(first);
    const answers = await Promise.all(Array.from({ length: CALLERS }, () => profile(id)));
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
    assert.equal(refreshes("together").length, 1);
  });

  test("r26 a grant that the provider ended for theft needs one new consent, and says so once", async () => {
    provider.lifetime.stolen = 1;
    const id = await bench.connected("stolen");
    const stolen = bench.tokens("stolen");
    await until(async () => !(await provider.accessToken(stolen.access_token)), "the token's end");
    await works(id);

    // The thief presents the token that was replaced: the whole grant ends.
    const headers = { authorization: `Basic ${Buffer.from("stolen:secret-of-stolen").toString("base64")}` };
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: stolen.refresh_token });
    const thief = await fetch(provider.endpoints.tokenUrl, { method: "POST", headers, body });
    assert.deepEqual([thief.status, (await thief.json()).error], [400, "invalid_grant"]);
    assert.equal(provider.revokedGrants.length, 1);

    const asked = refreshes("stolen").length;
    const answers = await until(async () => {
      const answers = await Promise.all(Array.from({ length: CALLERS }, () => profile(id)));
      return answers.every((answer) => answer.body.code === "connector_reauth_required") && answers;
    }, "the connector says what it needs");
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [424]);
    assert.equal(refreshes("stolen").length, asked + 1);
    const connector = await patchbay.connector(id);
    assert.equal(connector.status, "reauth_required");
    assert.ok(connector.status_since && connector.status_reason.includes("invalid_grant"), connector.status_reason);
    assert.deepEqual(await patchbay.events(id), ["connector.created", "connector.reauth_required"]);

    // The same connector, consented for anew.
    provider.lifetime.stolen = undefined;
    const visit = await bench.visit("stolen", { connector_id: id, workspace_name: undefined });
    assert.deepEqual(returned(visit), { connector_id: id });
    await works(id);
    assert.equal((await patchbay.connector(id)).status, "active");
    assert.deepEqual((await patchbay.events(id)).slice(2), ["connector.refreshed_again"]);
  });
});
