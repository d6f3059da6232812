// A shopper in the demo shop: what the hands do, and what the eyes wait for.

import assert from 'node:assert/strict';

/** Stripe's test cards (docs.stripe.com/testing). */
export const cards = {
  works: '4242 4242 4242 4242',
  declined: '4000 0000 0000 0002',
  threeDSecure: '4000 0025 0000 3155',
};

export class Shopper {
  #server;

  /**
   * @param {import('playwright-core').Page} page
   * @param {{demo_url: string}} server
   * @param {string} email of this shopper alone, so that the orders are found again
   */
  constructor(page, server, email) {
    this.page = page;
    this.email = email;
    this.#server = server;
    this.payButton = page.getByRole('button', { name: /^Pay/ });
    this.cardFrame = page.locator('iframe[title="Secure payment input frame"]');
    this.cardForm = this.cardFrame.contentFrame();
    this.bank = page.frameLocator('iframe[title="3D Secure challenge"]');
    this.error = page.locator('#pay-error');
    this.order = page.locator('tillgate-order');
    this.cart = page.locator('tillgate-cart');
  }

  /** The same person with another page of the same browser. */
  async opensAnotherTab() {
    return new Shopper(await this.page.context().newPage(), this.#server, this.email);
  }

  async visitsShop() {
    await this.page.goto(this.#server.demo_url);
    await this.page.locator('tillgate-products li').first().waitFor();
  }

  async adds(productName) {
    await this.page.getByRole('button', { name: `: ${productName}` }).click();
    await this.cart.getByText(productName, { exact: true }).waitFor();
  }

  /** From the cart to a payment page that is ready. Returns its address. */
  async checksOut() {
    await this.cart.getByRole('button', { name: 'Checkout' }).click();
    await this.page.waitForURL('**/checkout/*');
    await this.canPay();
    return this.page.url();
  }

  /** The payment page is there, and its button can be pressed. */
  async canPay() {
    await this.page.locator('#pay:enabled').waitFor();
    await this.cardForm.getByLabel('Card number').waitFor();
  }

  async fillsIn(card) {
    await this.page.getByLabel('E-mail').fill(this.email);
    await this.fillsInCard(card);
  }

  /** As on the page of a payment link, which knows the e-mail address. */
  async fillsInCard(card) {
    await this.cardForm.getByLabel('Card number').fill(card);
    await this.cardForm.getByLabel('Expiration date').fill('12 / 34');
    await this.cardForm.getByLabel('Security code').fill('123');
    await this.cardForm.getByLabel('ZIP').fill('94107');
  }

  async pays(card) {
    await this.fillsIn(card);
    await this.payButton.click();
  }

  /** The page after payment says so. Returns the order number that it shows. */
  async seesPaid() {
    await this.page.waitForURL('**/payment/success?*');
    return this.seesThanks();
  }

  /** Opens a payment link and waits for its form. */
  async opensLink(url) {
    await this.page.goto(url);
    await this.canPay();
  }

  /** The page says so, whichever it is. Returns the order number that it shows. */
  async seesThanks() {
    await this.page.getByRole('heading', { name: 'Thank you, your payment is complete' }).waitFor();
    const number = await this.page.locator('dt:text-is("Order") + dd').innerText();
    assert.match(number, /^\d+$/, 'the page shows an order number');
    return number;
  }

  /** The payment page says why not, and can be used again. */
  async seesRefusal(words) {
    await this.error.filter({ hasText: words }).waitFor();
    assert.equal(await this.payButton.getAttribute('aria-disabled'), 'false', 'the shopper can pay again');
  }

  /** The bank wants to know who it is. */
  async bankAsks() {
    await this.bank.getByRole('heading').waitFor();
  }

  /** Answers the bank; `answer` is the button's name. */
  async tellsBank(answer) {
    await this.bank.getByRole('button', { name: answer }).click();
  }

  async goesBackToShop() {
    await this.page.getByRole('link', { name: /^Back to/ }).click();
    await this.page.waitForURL('**/demo');
  }
}
