// The sandbox's hosted billing portal, and checkout sessions that subscribe or only keep a card.

import assert from 'node:assert/strict';
import { Payer } from './cast/payer.mjs';
import { sandboxStories } from './lib/sandbox_stories.mjs';

const monthly = (unit_amount, name) => ({ currency: 'eur', unit_amount, recurring: { interval: 'month' }, product_data: { name } });
const opens = (scene, more) => scene.sandbox.call('POST', '/v1/checkout/sessions', {
  success_url: `${scene.shop.url}/done?session={CHECKOUT_SESSION_ID}`, ...more,
});
const stands = (scene, { id }) => scene.sandbox.call('GET', `/v1/checkout/sessions/${id}`);

sandboxStories('hosted checkout of plans and cards', (story) => {
  story('subscribes after a challenge', async (scene) => {
    const session = await opens(scene, { mode: 'subscription', line_items: [{ quantity: 1, price_data: monthly(900, 'Club') }] });
    const ann = new Payer(await scene.page('phone'));
    await ann.comes(session);
    assert.match(await ann.page.locator('.summary').innerText(), /€9\.00 per month/);
    await ann.types('4000 0025 0000 3155');
    await scene.keeps(ann.page, 'checkout-subscription');
    await ann.pays();
    await ann.bank.getByRole('button', { name: /complete/i }).click();
    await ann.page.waitForURL('**/done?*');
    const done = await stands(scene, session);
    const subscription = await scene.sandbox.call('GET', `/v1/subscriptions/${done.subscription}`);
    assert.deepEqual([done.payment_status, subscription.status], ['paid', 'active']);
  });

  story('keeps a card without charging it', async (scene) => {
    const { id: customer } = await scene.sandbox.call('POST', '/v1/customers', { email: 'ann@shop.example' });
    const session = await opens(scene, { mode: 'setup', currency: 'eur', customer });
    const ann = new Payer(await scene.page('desktop'));
    await ann.comes(session);
    await ann.types('4242 4242 4242 4242', { email: null });
    await ann.pays();
    await ann.page.waitForURL('**/done?*');
    const cards = await scene.sandbox.call('GET', `/v1/customers/${customer}/payment_methods`);
    assert.equal(cards.data.length, 1);
  });
});

sandboxStories('billing portal', (story) => {
  for (const size of ['phone', 'desktop']) {
    story(`lets a customer cancel, keep and change a plan and use another card on the ${size}`, async (scene) => {
      const { call } = scene.sandbox;
      const small = await call('POST', '/v1/prices', monthly(900, 'Small plan'));
      const large = await call('POST', '/v1/prices', monthly(1900, 'Large plan'));
      const { id: customer } = await call('POST', '/v1/customers', {
        email: 'ann@shop.example', payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' },
      });
      const { id } = await call('POST', '/v1/subscriptions', { customer, items: [{ price: small.id }] });
      const { id: configuration } = await call('POST', '/v1/billing_portal/configurations', { features: {
        invoice_history: { enabled: true },
        payment_method_update: { enabled: true },
        subscription_cancel: { enabled: true },
        subscription_update: {
          enabled: true, default_allowed_updates: ['price'], products: [{ product: large.product, prices: [large.id] }],
        },
      } });
      const { url } = await call('POST', '/v1/billing_portal/sessions', { customer, configuration, return_url: `${scene.shop.url}/` });
      const page = await scene.page(size);
      await page.goto(url);
      await scene.keeps(page, `portal-${size}`);

      await page.getByText('Cancel plan', { exact: true }).click();
      await page.getByRole('button', { name: 'Cancel plan now' }).click();
      await page.getByText(/^Cancels on /).waitFor();
      await page.getByRole('button', { name: 'Keep plan' }).click();
      await page.getByText(/^Renews on /).waitFor();

      await page.getByText('Change plan', { exact: true }).first().click();
      await page.getByRole('button', { name: 'Change plan' }).click();
      await page.locator('.plan .name', { hasText: 'Large plan' }).waitFor();

      await page.getByText('Use another card').click();
      await page.locator('#card-form[data-ready]').waitFor();
      const card = page.locator('iframe[title="Secure payment input frame"]').contentFrame();
      await card.getByLabel('Card number').fill('5555 5555 5555 4444');
      await card.getByLabel('Expiration date').fill('12 / 34');
      await card.getByLabel('Security code').fill('123');
      const zip = card.getByLabel('ZIP');
      if (await zip.isVisible()) await zip.fill('94107');
      await scene.keeps(page, `portal-card-${size}`);
      await page.getByRole('button', { name: 'Save card' }).click();
      await page.locator('#current-card', { hasText: 'ending in 4444' }).waitFor();
      const now = await call('GET', `/v1/subscriptions/${id}`);
      assert.equal(now.items.data[0].price.id, large.id);
      assert.equal(now.cancel_at_period_end, false);
      await page.getByRole('link', { name: /Return to/ }).click();
      await page.waitForURL(`${scene.shop.url}/`);
    });
  }

  story('says when a link is not valid', async (scene) => {
    const page = await scene.page('phone');
    scene.expects(/404/);
    await page.goto(`${scene.sandbox.url}/p/session/test_nothing`);
    await page.getByRole('heading', { name: 'This link has expired' }).waitFor();
  });
});
