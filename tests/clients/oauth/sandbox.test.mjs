// The sandbox's consent without a browser: a client that posts the form and follows redirects.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { PRODUCT } from "./kit/patchbay.mjs";
import {
  ACME, HANDBOOK, HOME, OPERATORS_APP, bringOwnApp, notionConsent, pagesSeen, startWithSandbox,
} from "./kit/sandbox.mjs";
import { refusedPage, returned, Visitor } from "./kit/visitor.mjs";

// What the page's form sends.
const allow = (...pages) => ({
  method: "POST",
  body: new URLSearchParams([["workspace", ACME], ...pages.map((page) => ["page", page]), ["decision", "allow"]]),
});
const cancel = { method: "POST", body: new URLSearchParams({ decision: "cancel" }) };

let patchbay;
before(async () => {
  patchbay = await startWithSandbox(() => ({
    PATCHBAY_OAUTH_NOTION_CLIENT_ID: OPERATORS_APP.id, PATCHBAY_OAUTH_NOTION_CLIENT_SECRET: OPERATORS_APP.secret,
  }));
});
after(() => patchbay.stop());

const walk = async (options, body) => new Visitor().consent(await notionConsent(patchbay, body), options);

for (const [whose, begin] of [
  ["the operator's app", () => {}],
  ["the organization's own app", () => bringOwnApp(patchbay)],
]) {
  describe(`by ${whose}`, () => {
    let app;
    before(async () => { app = await begin(); });

    test("the consent URL asks for it", async () => {
      const url = new URL(await notionConsent(patchbay));
      assert.equal(url.searchParams.get("client_id"), app?.client_id ?? OPERATORS_APP.id);
      const path = `/api/v1/oauth/callback/notion${app ? `/${patchbay.organization.id}` : ""}`;
      assert.equal(url.searchParams.get("redirect_uri"), patchbay.url + path);
      assert.equal(url.searchParams.get("owner"), "user");
    });

    test("allowing ends at the product with a connector that sees what was chosen", async () => {
      const { connector_id: id, ...rest } = returned(await walk(allow(HANDBOOK)));
      assert.deepEqual(rest, {});
      const connector = await patchbay.connector(id);
      assert.deepEqual([connector.status, connector.name, connector.account.id], ["active", "Acme", ACME]);
      const seen = await pagesSeen(patchbay, id);
      assert.ok(seen.includes(HANDBOOK) && !seen.includes(HOME), String(seen));
      const hidden = await patchbay.execute(id, "pages", "get", { page_id: HOME });
      assert.equal(hidden.status, 422, JSON.stringify(hidden.body));
    });

    test("choosing nothing is allowed, and the check says what to do", async () => {
      const { connector_id: id } = returned(await walk(allow()));
      assert.deepEqual(await pagesSeen(patchbay, id), []);
      const checked = await patchbay.executed(id, "*", "check");
      assert.match(JSON.stringify(checked), /nothing is shared/);
    });

    test("r13 cancelling ends at the product with access_denied", async () => {
      const { error, connector_id: id } = returned(await walk(cancel));
      assert.deepEqual([error, id], ["access_denied", undefined]);
    });

    test("r1 the callback works once", async () => {
      const visit = await walk(allow(HANDBOOK));
      returned(visit);
      await refusedPage(await new Visitor().open(visit.callback));
    });
  });
}

describe("an app of one's own", () => {
  test("taking it back leaves its connectors working and goes by the operator's again", async () => {
    const { connector_id: id } = returned(await walk(allow(HANDBOOK)));
    await patchbay.ok("DELETE", "/oauth/credentials/connector_type/notion");
    assert.ok((await pagesSeen(patchbay, id)).includes(HANDBOOK));
    const url = new URL(await notionConsent(patchbay));
    assert.equal(url.searchParams.get("client_id"), OPERATORS_APP.id);
  });
});

describe("confirmation", () => {
  before(() => patchbay.ok("PUT", "/organizations/settings", { confirm_connectors: true }));
  after(() => patchbay.ok("PUT", "/organizations/settings", { confirm_connectors: false }));

  test("r10 a connector is of no use until the application confirms it, once", async () => {
    const { connector_id: id, confirmation, ...rest } = returned(await walk(allow(HANDBOOK)));
    assert.deepEqual(rest, {});
    const path = `/integrations/connectors/${id}`;
    assert.equal((await patchbay.connector(id)).status, "pending_confirmation");
    const call = { entity: "search", action: "search", params: {} };
    await patchbay.refused(424, "connector_pending_confirmation", "POST", `${path}/execute`, call);
    const wrong = confirmation.startsWith("A") ? `B${confirmation.slice(1)}` : `A${confirmation.slice(1)}`;
    await patchbay.refused(403, "confirmation_refused", "POST", `${path}/confirm`, { confirmation: wrong });
    await patchbay.ok("POST", `${path}/confirm`, { confirmation });
    await patchbay.refused(403, "confirmation_refused", "POST", `${path}/confirm`, { confirmation });
    assert.ok((await pagesSeen(patchbay, id)).includes(HANDBOOK));
    assert.deepEqual(await patchbay.events(id), ["connector.created", "connector.confirmed"]);
  });
});

describe("the return", () => {
  test("r14 goes only where the organization says", async () => {
    await patchbay.ok("PUT", "/organizations/settings", { return_origins: [new URL(PRODUCT).origin] });
    const begin = { workspace_name: "customer", connector_type: "notion" };
    const astray = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", PRODUCT.replace("//", "//a@")];
    for (const redirect_url of astray) {
      const body = { ...begin, redirect_url };
      const path = "/integrations/connectors/oauth/initiate";
      const { errors } = await patchbay.refused(422, "invalid_request", "POST", path, body);
      assert.deepEqual(errors.map((error) => error.field), ["redirect_url"]);
    }
    await notionConsent(patchbay);
  });
});
