// The merchant of a store, the second one unless told otherwise, in front of the connect form.

import assert from 'node:assert/strict';
import { callJson } from './call_json.mjs';

export class Merchant {
  #server;

  /**
   * @param {import('playwright-core').Page} page
   * @param {{public_url: string, internal_secret: string, stores: object[]}} server
   * @param {object} store one of them
   */
  constructor(page, server, store = server.stores[1]) {
    this.page = page;
    this.store = store;
    this.#server = server;
  }

  /** Pastes keys into the form, and waits for the answer's page. */
  async sends({ publishable_key, secret_key, webhook_secret }) {
    if (publishable_key !== undefined) await this.page.getByLabel('Publishable key').fill(publishable_key);
    await this.page.getByLabel('Secret or restricted key').fill(secret_key);
    if (webhook_secret !== undefined) {
      await this.page.getByText('Only if we cannot set up the webhook ourselves').click();
      await this.page.getByLabel('Webhook signing secret', { exact: true }).fill(webhook_secret);
    }
    const answered = this.page.waitForResponse((response) => response.request().method() === 'POST');
    await this.page.getByRole('button', { name: 'Connect Stripe' }).click();
    await answered;
    await this.page.waitForLoadState();
  }

  /** The words stand beside their field, for eyes and for ears. */
  async seesErrorBeside(field, words) {
    await this.page.locator(`#${field}-error`).filter({ hasText: words }).waitFor();
    const input = this.page.locator(`#${field}`);
    assert.equal(await input.getAttribute('aria-invalid'), 'true');
    assert.match(await input.getAttribute('aria-describedby'), new RegExp(`\\b${field}-error\\b`));
  }

  /** Neither in the page's source nor in a field. */
  async findsNoSecretOnPage(secrets) {
    const source = await this.page.content();
    const fields = await this.page.locator('input').evaluateAll((inputs) => inputs.map((input) => input.value));
    for (const secret of secrets) {
      assert.ok(!source.includes(secret), 'the page shows a secret');
      assert.ok(!fields.includes(secret), 'a field holds a secret');
    }
  }

  /** What anybody is told about the store. */
  status() {
    return callJson('GET', `${this.#server.public_url}/stripe/status/${this.store.id}`);
  }

  /** A connect link of the platform, without a page to come back to. */
  async link() {
    const headers = { 'X-Internal-Secret': this.#server.internal_secret };
    const links = `${this.#server.public_url}/api/internal/stores/${this.store.id}/connect-links`;
    return (await callJson('POST', links, { headers, body: {} })).url;
  }

  /** A connect link that the merchant's own shop asked for, with a page of that shop to come back to. */
  async linkFromShop(returnUrl) {
    const headers = { 'X-Internal-Secret': this.#server.internal_secret };
    const store = `${this.#server.public_url}/api/internal/stores/${this.store.id}`;
    await callJson('PATCH', store, { headers, body: { return_origins: [new URL(returnUrl).origin] } });
    return callJson('POST', `${store}/connect-links`, { headers, body: { return_url: returnUrl } });
  }
}
