// The sandbox's consent in a real browser: a headless Chromium clicks through the page.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";

import { chromium } from "playwright-core";

import {
  HANDBOOK, HOME, NESTED, OPERATORS_APP, bringOwnApp, notionConsent, pagesSeen, startWithSandbox,
} from "./kit/sandbox.mjs";
import { isCallback } from "./kit/visitor.mjs";

const STEP_TIMEOUT_MS = 15_000;

let patchbay, product, browser, page;
/** Requests of the page's, as the browser sent them. */
let sent;

before(async () => {
  // The names, and the way back, that another product has for the same things.
  patchbay = await startWithSandbox((url) => ({
    NOTION_OAUTH_CLIENT_ID: OPERATORS_APP.id,
    NOTION_OAUTH_CLIENT_SECRET: OPERATORS_APP.secret,
    NOTION_REDIRECT_URI: `${url.replace("127.0.0.1", "localhost")}/api/v1/auth/notion/connector/callback`,
  }));
  product = await startProduct();
  // As root Chromium has no sandbox of its own; it meets loopback only.
  browser = await chromium.launch({ executablePath: installed(), args: ["--no-sandbox"], timeout: 60_000 });
});
after(async () => {
  await browser?.close();
  await product?.stop();
  await patchbay?.stop();
});
beforeEach(async () => {
  const context = await browser.newContext();
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  page = await context.newPage();
  sent = [];
  page.on("request", (request) => sent.push(request));
});
afterEach(() => page.context().close());

/** The product: any path is a page of its own, which can frame another. */
async function startProduct() {
  const requests = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url, referer: request.headers.referer });
    const framed = new URL(request.url, "http://product").searchParams.get("frame");
    const frame = framed ? `<iframe src="${framed.replaceAll("&", "&amp;")}"></iframe>` : "";
    const body = `<title>Product</title><link rel="icon" href="data:,">${frame}`;
    response.writeHead(200, { "content-type": "text/html" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, requests, stop: () => (server.closeAllConnections(), server.close(), once(server, "close")) };
}

function installed() {
  for (const name of ["chromium", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch { /* The next one. */ }
  }
  throw new Error("no Chromium in PATH: `apt-get install chromium`");
}

/** Goes to the consent page that this user of the product is sent to. */
async function open() {
  const url = await notionConsent(patchbay, { redirect_url: `${product.origin}/connected?user=a%20b&flag` });
  await page.goto(url);
  assert.match(await page.title(), /asks for access/);
}

/** Presses the button and comes back; what Patchbay added to the product's own query. */
async function press(name) {
  await page.getByRole("button", { name }).click();
  await page.waitForURL(`${product.origin}/connected**`);
  assert.equal(await page.title(), "Product");
  const url = new URL(page.url());
  assert.ok(url.search.startsWith("?user=a%20b&flag&"), url.search);
  assert.equal(product.requests.at(-1).referer, undefined);
  return Object.fromEntries([...url.searchParams].filter(([key]) => key !== "user" && key !== "flag"));
}

const callback = () => sent.map((request) => request.url()).find(isCallback);
const choose = (id, checked) => page.locator(`input[name=page][value="${id}"]`).setChecked(checked);

for (const [whose, begin] of [
  ["the operator's app", () => {}],
  ["the organization's own app", () => bringOwnApp(patchbay)],
]) {
  describe(`by ${whose}`, () => {
    before(begin);

    test("choosing pages and allowing ends at the product with a connector that sees only these", async () => {
      await open();
      await choose(HOME, false);
      await choose(HANDBOOK, true);
      await choose(NESTED, true);
      const { connector_id: id, ...rest } = await press("Allow access");
      assert.deepEqual(rest, {});
      const seen = await pagesSeen(patchbay, id);
      assert.ok(seen.includes(HANDBOOK) && seen.includes(NESTED) && !seen.includes(HOME), String(seen));
      assert.equal((await patchbay.connector(id)).name, "Acme");
    });

    test("r13 cancelling ends at the product with access_denied", async () => {
      await open();
      const { error, error_description: description, ...rest } = await press("Cancel");
      assert.equal(error, "access_denied");
      assert.ok(description);
      assert.deepEqual(rest, {});
    });
  });
}

describe("the callback's page", () => {
  test("r1 r19 the second use shows a page that says what to do and asks nobody for anything", async () => {
    await open();
    await press("Allow access");
    const used = callback();
    sent = [];
    const faults = [];
    page.on("console", (message) => faults.push(message.text()));
    const answer = await page.goto(used);
    assert.equal(answer.status(), 400);
    const headers = answer.headers();
    assert.deepEqual(
      [headers["x-frame-options"], headers["referrer-policy"], headers["cache-control"]],
      ["DENY", "no-referrer", "no-store"],
    );
    assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
    assert.match(await page.getByRole("main").innerText(), /go back to the application/i);
    // Its style is let in by its hash.
    assert.equal(await page.locator("body").evaluate((body) => getComputedStyle(body).maxWidth), "544px");
    await page.waitForLoadState("networkidle");
    assert.deepEqual(sent.map((request) => request.url()), [used]);
    assert.deepEqual(faults.filter((text) => !text.includes("status of 400")), []);
  });

  test("r19 it cannot be framed", async () => {
    await open();
    await press("Allow access");
    const used = callback();
    await page.goto(`${product.origin}/?frame=${encodeURIComponent(used)}`);
    await page.waitForLoadState("networkidle");
    assert.ok(sent.some((request) => request.url() === used && request.frame() !== page.mainFrame()));
    const [frame] = page.mainFrame().childFrames();
    assert.match(frame.url(), /^chrome-error:/);
    assert.doesNotMatch(await frame.content(), /go back to the application/i);
  });
});

describe("confirmation", () => {
  before(() => patchbay.ok("PUT", "/organizations/settings", { confirm_connectors: true }));
  after(() => patchbay.ok("PUT", "/organizations/settings", { confirm_connectors: false }));

  test("r10 the browser brings back what the application confirms with", async () => {
    await open();
    const { connector_id: id, confirmation, ...rest } = await press("Allow access");
    assert.deepEqual(rest, {});
    const call = { entity: "search", action: "search", params: {} };
    const path = `/integrations/connectors/${id}`;
    await patchbay.refused(424, "connector_pending_confirmation", "POST", `${path}/execute`, call);
    await patchbay.ok("POST", `${path}/confirm`, { confirmation });
    assert.ok((await pagesSeen(patchbay, id)).includes(HOME));
  });
});
