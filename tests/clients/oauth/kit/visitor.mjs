// A browser without a screen: keeps cookies and follows redirects, until it is back at the product.

import assert from "node:assert/strict";

import { PRODUCT } from "./patchbay.mjs";

const HOPS_MAX = 12;

export class Visitor {
  #cookies = new Map();

  /** One request, without following. */
  async open(url, options = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, { ...options, redirect: "manual", headers: { cookie, ...options.headers } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
      this.#cookies.set(name, value);
    }
    return answer;
  }

  /** From a consent URL to where the redirects end: back at the product, or on a page. */
  async consent(url, options = {}) {
    const visit = { callback: undefined, landed: undefined, answer: undefined };
    let next = url;
    for (let hop = 0; hop < HOPS_MAX; hop += 1) {
      if (next.startsWith(new URL(PRODUCT).origin)) return { ...visit, landed: new URL(next) };
      if (isCallback(next)) visit.callback = next;
      visit.answer = await this.open(next, hop === 0 ? options : {});
      const location = visit.answer.headers.get("location");
      if (!location) return visit;
      next = new URL(location, next).href;
    }
    throw new Error(`more than ${HOPS_MAX} redirects from ${url}`);
  }
}

export const isCallback = (url) => /\/api\/v1\/(oauth\/callback|auth\/[^/]+\/connector\/callback)/.test(url);

/** The parameters the product got; its own must still be there. */
export function returned({ landed, answer }) {
  assert.ok(landed, `the browser did not come back: ${answer?.status}`);
  assert.ok(landed.href.startsWith(PRODUCT), landed.href);
  return Object.fromEntries([...landed.searchParams].filter(([name]) => !["user_id", "flag"].includes(name)));
}

/** The text of the page that a callback ends on, which must be a plain 400 that fetches and leaks nothing. */
export async function refusedPage(answer) {
  assert.equal(answer.status, 400);
  assert.match(answer.headers.get("content-type"), /^text\/html/);
  assert.match(answer.headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/);
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const page = await answer.text();
  assert.doesNotMatch(page, /<(script|img|link|iframe|object|form)\b|url\(|@import/i);
  return page;
}
