// Every way in which an OAuth app proves itself, at a certified authorization server that checks it:
// for the exchange, for a refresh and for the revocation of what was granted.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";

import { startBench } from "./kit/bench.mjs";
import { until } from "./kit/until.mjs";

const ASSERTION_LASTS_S = 300;

/** An app that signs, and the public half that the provider knows. */
function signing(id, alg, type, options) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  const key = { ...publicKey.export({ format: "jwk" }), kid: `key of ${id}`, use: "sig", alg };
  return {
    client: {
      client_id: id, token_endpoint_auth_method: "private_key_jwt", token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [key] },
    },
    configuration: {
      client_id: id, key_id: key.kid, private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    },
  };
}

function withSecret(id, secret, method) {
  const pair = { client_id: id, client_secret: secret };
  return { client: { ...pair, token_endpoint_auth_method: method }, configuration: pair };
}

const inHeader = (request) => request.basic && !request.sent.client_secret && !request.sent.client_assertion;
const inBody = (request) => !request.basic && request.sent.client_secret && !request.sent.client_assertion;
const notAtAll = (request) => !request.basic && !request.sent.client_secret && !request.sent.client_assertion;
const byAssertion = (request) => !request.basic && !request.sent.client_secret && request.asserted;

const proofs = {
  "client-secret-basic": inHeader,
  "client-secret-post": inBody,
  "no-secret": notAtAll,
  "private-key-jwt-rsa": byAssertion,
  "private-key-jwt-ec": byAssertion,
  "found-by-issuer": inHeader,
  "found-by-issuer-signing": byAssertion,
};

const bench = await startBench(({ endpoints: flow, issuer, revocationUrl: revocation_url }) => ({
  // In a header both are form-encoded first (RFC 6749, 2.3.1), which these characters show.
  "client-secret-basic": {
    ...withSecret("basic:app & co", "a secret: 100% + a / b", "client_secret_basic"),
    flow, oauth: { issuer, revocation_url, client_auth: "basic" },
  },
  "client-secret-post": {
    ...withSecret("post", "a secret: 100% + a / b", "client_secret_post"),
    flow, oauth: { issuer, revocation_url, client_auth: "body" },
  },
  "no-secret": {
    client: { client_id: "public", token_endpoint_auth_method: "none" }, configuration: { client_id: "public" },
    flow, oauth: { issuer, revocation_url, client_auth: "none" },
  },
  "private-key-jwt-rsa": {
    ...signing("rsa", "RS256", "rsa", { modulusLength: 2048 }),
    flow, oauth: { issuer, revocation_url, client_auth: "private_key_jwt" },
  },
  "private-key-jwt-ec": {
    ...signing("ec", "ES256", "ec", { namedCurve: "P-256" }),
    flow, oauth: { issuer, revocation_url, client_auth: "private_key_jwt" },
  },
  // Nothing but a name: where to go, and how, is the provider's to say.
  "found-by-issuer": { ...withSecret("found", "found's secret", "client_secret_basic"), oauth: { issuer } },
  "found-by-issuer-signing": {
    ...signing("found-signing", "ES256", "ec", { namedCurve: "P-256" }),
    oauth: { issuer, client_auth: "private_key_jwt" },
  },
}));
const { provider, upstream, patchbay } = bench;

for (const [name, isProved] of Object.entries(proofs)) {
  describe(name, () => {
    let id, client;

    test("a code is exchanged", async () => {
      id = await bench.connected(name);
      const exchange = provider.requests.at(-1);
      client = exchange.client;
      assert.deepEqual([exchange.sent.grant_type, exchange.status], ["authorization_code", 200]);
      assert.ok(isProved(exchange), JSON.stringify(exchange.sent));
      assert.equal((await patchbay.executed(id, "profile", "get")).account, "ada");
    });

    test("r31 what the API refuses is refreshed once and called again", async () => {
      const { access_token: old } = bench.tokens(client);
      await provider.end(old);
      const calls = upstream.calls.length;
      assert.equal((await patchbay.executed(id, "profile", "get")).account, "ada");
      const refresh = provider.requests.at(-1);
      assert.deepEqual([refresh.client, refresh.sent.grant_type, refresh.status], [client, "refresh_token", 200]);
      assert.ok(isProved(refresh), JSON.stringify(refresh.sent));
      assert.deepEqual(upstream.calls.slice(calls).map((call) => call.status), [401, 200]);
    });

    test("deleting the connector revokes the grant", async () => {
      const { access_token: access, refresh_token: refresh } = bench.tokens(client);
      const { grantId } = await provider.refreshToken(refresh);
      const { job_id: job } = await patchbay.ok("DELETE", `/integrations/connectors/${id}`);
      const [result] = await until(async () => {
        const { connectors } = await patchbay.ok("GET", `/jobs/${job}`);
        return connectors.every((one) => one.revocation !== "pending") && connectors;
      }, "the grant is revoked");
      assert.deepEqual([result.connector_id, result.revocation], [id, "revoked"], JSON.stringify(result));
      assert.ok(isProved(provider.requestsOf(client, "/token/revocation").at(-1)));
      for (const gone of [provider.grant(grantId), provider.accessToken(access), provider.refreshToken(refresh)]) {
        assert.equal(await gone, undefined);
      }
    });

    if (isProved === byAssertion) {
      test("r20 every assertion is for the issuer alone, new, and short-lived", () => {
        const asserted = provider.requests.filter((request) => request.client === client).map((one) => one.asserted);
        assert.equal(asserted.length, 3);
        for (const { aud, iss, sub, iat, exp } of asserted) {
          assert.deepEqual([aud, iss, sub], [provider.issuer, client, client]);
          assert.ok(exp - iat > 0 && exp - iat <= ASSERTION_LASTS_S);
        }
        assert.equal(new Set(asserted.map(({ jti }) => jti)).size, asserted.length);
      });
    }
  });
}
