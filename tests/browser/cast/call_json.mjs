// One JSON call from a server, not from a browser.

import assert from 'node:assert/strict';

/** Longer than any answer of a debug build takes, shorter than a test's patience. */
const limitMs = 15_000;

/**
 * The parsed answer; fails unless it is 2xx.
 * @param {string} method
 * @param {string} url
 * @param {{bearer?: string, headers?: Record<string, string>, body?: object, form?: URLSearchParams}} options
 */
export async function callJson(method, url, { bearer, headers = {}, body, form } = {}) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
      ...(body && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    body: body ? JSON.stringify(body) : form,
    signal: AbortSignal.timeout(limitMs),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${url} answered ${response.status}: ${text}`);
  return text ? JSON.parse(text) : null;
}
