// What the tests share: a sandbox, clients of it, ids of its seeded content.

import assert from "node:assert/strict";
import { after } from "node:test";

import { Client, isNotionClientError } from "@notionhq/client";

import { startSandbox } from "./sandbox.mjs";

const sandbox = await startSandbox();
const BASE_URL = sandbox.url;
after(() => sandbox.stop());

const acme = (kind, number) => `ac3e0000-0000-4000-8000-${kind}${String(number).padStart(10, "0")}`;
export const HOME = acme("02", 1);
export const HANDBOOK = acme("02", 2);
export const NESTED = acme("02", 3);
export const EVERY_BLOCK = acme("02", 4);
export const PRIVATE = acme("02", 8);
export const TASKS = acme("06", 1);
export const TASKS_DATABASE = acme("05", 1);
export const TEAM_DATABASE = acme("05", 2);
export const FIRST_TASK = acme("07", 1);
export const PROJECTS_PROPERTY = "f%5C%5C%3Ap";

export const client = (auth, options = {}) =>
  new Client({ auth, baseUrl: BASE_URL, notionVersion: "2026-03-11", retry: false, ...options });
export const notion = client("ntn_sandbox_acme");
export const text = (content) => [{ type: "text", text: { content } }];
export const plain = (items) => items.map((item) => item.plain_text).join("");
export const paragraph = (content) => ({ type: "paragraph", paragraph: { rich_text: text(content) } });

export const refused = (promise, code, status) =>
  assert.rejects(promise, (error) => {
    assert.ok(isNotionClientError(error), String(error));
    assert.equal(error.code, code);
    if (status !== undefined) assert.equal(error.status, status);
    return true;
  });

export async function control(path, body) {
  const answer = await fetch(`${BASE_URL}/_control/${path}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

export async function newPage(title, extra = {}) {
  const properties = { title: { title: text(title) } };
  return notion.pages.create({ parent: { page_id: HOME }, properties, ...extra });
}
