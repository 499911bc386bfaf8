// Patchbay with the sandbox's Notion behind it, and the operator's or the organization's OAuth app.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { startPatchbay } from "./patchbay.mjs";

/** The app that every sandbox knows; it takes any redirect URI on loopback. */
export const OPERATORS_APP = { id: "sandbox-client", secret: "sandbox-client-secret" };
export const ACME = "ac3e0000-0000-4000-8000-000000000001";
export const HOME = "ac3e0000-0000-4000-8000-020000000001";
export const HANDBOOK = "ac3e0000-0000-4000-8000-020000000002";
export const NESTED = "ac3e0000-0000-4000-8000-020000000003";

export const startWithSandbox = (environment) => startPatchbay({ sandbox: true, environment });

/** Consent URL of a Notion connector. */
export function notionConsent(patchbay, body) {
  return patchbay.consentUrl({ connector_type: "notion", ...body });
}

/** Registers an app that takes our exact redirect URI only, and makes it the organization's. */
export async function bringOwnApp(patchbay) {
  const app = { client_id: `own-${randomUUID()}`, client_secret: randomUUID() };
  const { redirect_uri: uri } = await patchbay.ok("GET", "/oauth/redirect_uri?connector_type=notion");
  const door = new URL("/_control/oauth/apps", await notionConsent(patchbay));
  const registered = { ...app, redirect_uris: [uri], any_loopback: false };
  const answer = await fetch(door, { method: "POST", body: JSON.stringify(registered) });
  assert.equal(answer.status, 200, await answer.text());
  await patchbay.ok("PUT", "/oauth/credentials", { connector_type: "notion", configuration: app });
  return app;
}

/** Ids of all pages that a connector finds. */
export async function pagesSeen(patchbay, id) {
  const filter = { property: "object", value: "page" };
  const found = await patchbay.executed(id, "search", "search", { filter, page_size: 100 });
  return found.map((page) => page.id);
}
