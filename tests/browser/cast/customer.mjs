// Somebody in front of a merchant's page that uses the sandbox's Stripe.js, and the merchant's own script in it.

import assert from 'node:assert/strict';

export class Customer {
  /**
   * @param {import('playwright-core').Page} page
   * @param {{url: string}} shop the merchant's page
   * @param {{account: {publishable_key: string}}} sandbox
   */
  constructor(page, shop, sandbox) {
    this.page = page;
    this.shop = shop;
    this.sandbox = sandbox;
    this.frame = page.locator('iframe[title="Secure payment input frame"]');
    this.form = this.frame.contentFrame();
    this.bank = page.frameLocator('iframe[title="3D Secure challenge"]');
  }

  /** Opens the page and makes `stripe` there. */
  async comes(options = {}) {
    await this.page.goto(this.shop.url);
    await this.page.evaluate(([key, how]) => {
      window.stripe = window.Stripe(key, how);
      window.events = [];
    }, [this.sandbox.account.publishable_key, options]);
  }

  /** Mounts a payment element (or a card element as `type`) and waits until it is ready. */
  async gets(elementsOptions, elementOptions = {}, type = 'payment') {
    await this.page.evaluate(([group, own, kind]) => new Promise((ready, failed) => {
      window.elements = window.stripe.elements(group);
      window.element = window.elements.create(kind, own);
      for (const name of ['loaderstart', 'ready', 'change', 'focus', 'blur', 'escape', 'loaderror']) {
        window.element.on(name, (event) => window.events.push({ name, ...event }));
      }
      window.element.on('ready', ready);
      window.element.on('loaderror', ({ error }) => failed(new Error(error.message)));
      window.element.mount(kind === 'card' ? '#card' : '#payment');
    }), [elementsOptions, elementOptions, type]);
  }

  async types(number, { expiry = '12 / 34', cvc = '123', zip = '94107' } = {}) {
    await this.form.getByLabel('Card number').fill(number);
    await this.form.getByLabel('Expiration date').fill(expiry);
    await this.form.getByLabel('Security code').fill(cvc);
    if (zip) await this.form.getByLabel('ZIP').fill(zip);
  }

  /** What `work` gives in the page. */
  does(work, argument) {
    return this.page.evaluate(work, argument);
  }

  /** `work` is wrong use of Stripe.js, and is told so in these words. */
  async isTold(words, work, argument) {
    const error = await this.page.evaluate(work, argument).then((given) => assert.fail(`it was allowed: ${JSON.stringify(given)}`), (refusal) => refusal);
    const told = error.message.replace(/^page\.evaluate: /, '');
    assert.ok(told.startsWith(`IntegrationError: ${words}`), `"${words}" is not what was said:\n${told}`);
  }

  /** What stands in the address that `work` leads to. */
  async leavesFor(path, work, argument) {
    const left = this.page.waitForURL(`**${path}?*`);
    // Not awaited: the page goes away under it.
    this.page.evaluate(work, argument).catch(() => {});
    await left;
    return new URL(this.page.url()).searchParams;
  }

  events(name) {
    return this.page.evaluate((wanted) => window.events.filter((event) => event.name === wanted), name);
  }
}
