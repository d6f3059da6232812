// Somebody in front of the sandbox's hosted checkout page.

export class Payer {
  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    this.card = page.locator('iframe[title="Secure payment input frame"]').contentFrame();
    this.bank = page.frameLocator('iframe[title="3D Secure challenge"]');
    this.button = page.locator('#submit');
    this.error = page.locator('#error');
  }

  /** Opens the session's page and waits until the card form can be used. */
  async comes({ url }) {
    await this.page.goto(url);
    await this.page.locator('#form[data-ready]').waitFor();
    return this;
  }

  async types(number, { email = 'ann@shop.example' } = {}) {
    if (email) await this.page.getByLabel('Email').fill(email);
    await this.card.getByLabel('Card number').fill(number);
    await this.card.getByLabel('Expiration date').fill('12 / 34');
    await this.card.getByLabel('Security code').fill('123');
    const zip = this.card.getByLabel('ZIP');
    if (await zip.isVisible()) await zip.fill('94107');
  }

  pays() {
    return this.button.click();
  }

  /** Waits for the words below the form. */
  async isTold(words) {
    await this.page.locator('#error', { hasText: words }).waitFor();
  }
}
