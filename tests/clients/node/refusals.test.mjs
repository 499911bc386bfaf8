// The official client against the sandbox: error codes, and what differs between versions.
//
// Faults are queued for one token, so that they meet these requests alone.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import {
  APIErrorCode, collectPaginatedAPI,
} from "@notionhq/client";

import {
  EVERY_BLOCK, HANDBOOK, HOME, PRIVATE, client, control, newPage, notion, paragraph, plain, refused,
} from "./kit.mjs";

describe("refusals", () => {
  const token = "ntn_sandbox_no_emails";

  test("what is not shared is not found", () =>
    refused(notion.pages.retrieve({ page_id: PRIVATE }), APIErrorCode.ObjectNotFound, 404));

  test("the other workspace is not found", () =>
    refused(client("ntn_sandbox_globex").pages.retrieve({ page_id: HANDBOOK }), APIErrorCode.ObjectNotFound, 404));

  test("an unknown token is unauthorized", () =>
    refused(client("ntn_nobody").users.me({}), APIErrorCode.Unauthorized, 401));

  test("a missing capability is restricted", () =>
    refused(client("ntn_sandbox_no_users").users.list({}), APIErrorCode.RestrictedResource, 403));

  test("a wrong cursor and a wrong id are validation errors", async () => {
    await refused(notion.users.list({ start_cursor: "nonsense" }), APIErrorCode.ValidationError, 400);
    await refused(notion.pages.retrieve({ page_id: "not-an-id" }), APIErrorCode.ValidationError, 400);
  });

  test("what is not offered is an invalid URL", () =>
    refused(notion.request({ path: "nothing/here", method: "get" }), APIErrorCode.InvalidRequestURL, 400));

  test("a rate limit is seen without retries and outlived with them", async () => {
    const effect = { kind: "rate_limited", retry_after: 1 };
    await control("faults", { token, path: "/v1/users/me", effect });
    await refused(client(token).users.me({}), APIErrorCode.RateLimited, 429);
    await control("faults", { token, path: "/v1/users/me", effect });
    const patient = client(token, { retry: { maxRetries: 2, initialRetryDelayMs: 1 } });
    assert.equal((await patient.users.me({})).type, "bot");
  });

  test("errors of the service have their codes", async () => {
    for (const [status, code] of [
      [409, APIErrorCode.ConflictError], [500, APIErrorCode.InternalServerError],
      [503, APIErrorCode.ServiceUnavailable], [504, APIErrorCode.GatewayTimeout], [529, APIErrorCode.ServiceOverload],
    ]) {
      await control("faults", { token, path: "/v1/users", effect: { kind: "error", status } });
      await refused(client(token).users.list({}), code, status);
    }
    await control("faults", { token, path: "/v1/users", effect: { kind: "bad_gateway" } });
    await refused(client(token).users.list({}), "notionhq_client_response_error", 502);
  });
});

describe("versions", () => {
  let old;
  before(() => {
    old = client("ntn_sandbox_acme", { notionVersion: "2025-09-03" });
  });

  test("the version before says archived and transcription, and appends after", async () => {
    assert.equal((await old.pages.retrieve({ page_id: HOME })).archived, false);
    assert.equal((await notion.pages.retrieve({ page_id: HOME })).archived, undefined);
    const blocks = await collectPaginatedAPI(old.blocks.children.list, { block_id: EVERY_BLOCK });
    assert.ok(blocks.some((block) => block.type === "transcription"));
    const page = await newPage("Old", { children: [paragraph("one"), paragraph("three")] });
    const [first] = (await old.blocks.children.list({ block_id: page.id })).results;
    await old.blocks.children.append({ block_id: page.id, children: [paragraph("two")], after: first.id });
    const texts = (await old.blocks.children.list({ block_id: page.id })).results;
    assert.deepEqual(texts.map((block) => plain(block.paragraph.rich_text)), ["one", "two", "three"]);
  });
});
