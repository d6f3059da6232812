// The webhook and the shopper's return are two ways to the same end: either alone is enough, in any order.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';
import { until } from './lib/until.mjs';

const amount = 1650;

stories(
  'Webhook and return',
  (story) => {
    story('The return alone marks the order paid, and a late webhook changes nothing', async (scene) => {
      const shopper = await scene.shopperAtCheckout();
      await shopper.pays(cards.works);
      const number = await shopper.seesPaid();
      const order = await assertPaidOnce(scene, shopper, { number, amount });

      const readsBefore = await scene.sandbox.reads(order.payment_intent_id);
      const answers = await scene.sandbox.deliver(order.payment_intent_id);
      assert.ok(answers.length > 0 && answers.every((status) => status === 200), `webhooks are taken: ${answers}`);
      await until('the payment is looked at again', async () => (await scene.sandbox.reads(order.payment_intent_id)) > readsBefore);
      const after = await assertPaidOnce(scene, shopper, { number, amount });
      assert.equal(after.paid_at, order.paid_at, 'paid is paid, once');
    });

    story('The webhook alone marks the order paid when the shopper never returns', async (scene) => {
      const shopper = await scene.shopperAtCheckout();
      await shopper.fillsIn(cards.works);
      const returning = neverArrives(shopper.page, '**/payment/success?*');
      await shopper.payButton.click();
      await returning;
      await shopper.page.close();

      const [order] = await scene.backend.ordersOf(shopper.email);
      assert.deepEqual([order.status, order.payment_status], ['pending', 'unpaid'], 'nobody has told us yet');
      await scene.sandbox.deliver(order.payment_intent_id);
      await until('the order turns paid', async () => (await scene.backend.ordersOf(shopper.email))[0].payment_status === 'paid');
      await assertPaidOnce(scene, shopper, { number: order.number, amount });
    });

    story('The shop page that is left open learns it too', async (scene) => {
      const shopper = await scene.shopperAtCheckout();
      const checkout = shopper.page.url();
      await shopper.page.goBack();
      await shopper.order.getByText('Payment not finished').waitFor();
      await scene.keeps(shopper.page, 'shop-payment-not-finished');
      const payer = await shopper.opensAnotherTab();
      await payer.page.goto(checkout);
      await payer.canPay();
      await payer.pays(cards.works);
      const number = await payer.seesPaid();
      await shopper.order.getByText(`Order ${number} — paid`).waitFor();
      await shopper.cart.getByText('Your cart is empty.').waitFor();
    });
  },
  { setUp: ({ sandbox }) => sandbox.holdWebhooks() },
);

/** Keeps a page from being loaded; settles when the browser asks for it. */
function neverArrives(page, url) {
  return new Promise((asked) => {
    page.route(url, () => asked());
  });
}
