// Everything together: provider, API, Patchbay, and an OAuth app registered on both sides for each definition.

import assert from "node:assert/strict";
import { after } from "node:test";

import { definition } from "./definition.mjs";
import { startPatchbay } from "./patchbay.mjs";
import { startProvider } from "./provider.mjs";
import { startUpstream } from "./upstream.mjs";
import { returned, Visitor } from "./visitor.mjs";

/**
 * Ended when the tests of the file are done. `kinds` of the provider gives, for each definition by its
 * name, what the definition says (`flow`, `oauth`), the `client` as the provider knows it, and the
 * `configuration` of the organization's own app; without one it is the operator's app.
 */
export async function startBench(kinds) {
  const provider = await startProvider();
  after(() => provider.stop());
  const upstream = await startUpstream((token) => provider.accessToken(token));
  after(() => upstream.stop());
  const all = Object.entries(kinds(provider));
  const operators = all.filter(([, kind]) => !kind.configuration).flatMap(([name, { client }]) => {
    const variable = `PATCHBAY_OAUTH_${name.toUpperCase().replaceAll("-", "_")}`;
    return [[`${variable}_CLIENT_ID`, client.client_id], [`${variable}_CLIENT_SECRET`, client.client_secret]];
  });
  const patchbay = await startPatchbay({
    definitions: all.map(([name, kind], index) => definition(name, index + 1, { api: upstream.url, ...kind })),
    environment: () => ({ PATCHBAY_EGRESS_ALLOW: "127.0.0.0/8", ...Object.fromEntries(operators) }),
  });
  after(() => patchbay.stop());
  provider.open(await Promise.all(all.map(async ([name, { client, configuration }]) => {
    const uris = await patchbay.ok("GET", `/oauth/redirect_uri?connector_type=${name}`);
    if (configuration) await patchbay.ok("PUT", "/oauth/credentials", { connector_type: name, configuration });
    return { ...client, redirect_uris: [configuration ? uris.redirect_uri : uris.operator_redirect_uri] };
  })));
  return new Bench(provider, upstream, patchbay);
}

class Bench {
  constructor(provider, upstream, patchbay) {
    Object.assign(this, { provider, upstream, patchbay });
  }

  /** A person walks through consent for this definition. */
  async visit(name, body = {}) {
    const url = await this.patchbay.consentUrl({ connector_type: name, ...body });
    return new Visitor().consent(url);
  }

  /** A person consents; the connector's id. */
  async connected(name, body) {
    const { connector_id: id, ...rest } = returned(await this.visit(name, body));
    assert.ok(id, JSON.stringify(rest));
    return id;
  }

  /** The answer of the last token request of this client. */
  tokens(client) {
    return this.provider.requestsOf(client).filter((request) => request.status === 200).at(-1).answer;
  }
}
