// P5: impatient fingers. Whatever a shopper does with buttons, tabs and the browser's own controls, it is
// one order and one charge.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';

const amount = 1650;

stories('One order and one charge', (story) => {
  story('After a double click on Pay', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.fillsIn(cards.works);
    await shopper.payButton.dblclick();
    const number = await shopper.seesPaid();
    const order = await assertPaidOnce(scene, shopper, { number, amount });
    assert.equal(await scene.sandbox.confirmations(order.payment_intent_id), 1);
  });

  story('After pressing Enter in a field again and again', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.fillsIn(cards.works);
    await shopper.page.getByLabel('E-mail').focus();
    for (let press = 0; press < 5; press += 1) await shopper.page.keyboard.press('Enter');
    const number = await shopper.seesPaid();
    const order = await assertPaidOnce(scene, shopper, { number, amount });
    assert.equal(await scene.sandbox.confirmations(order.payment_intent_id), 1);
  });

  story('With the back button after paying', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await shopper.page.goBack();
    assert.equal(await shopper.seesPaid(), number, 'back leads to the same result, not to a second payment');
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('With a reload of the page after paying, and of the shop', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await shopper.page.reload();
    assert.equal(await shopper.seesPaid(), number);
    await shopper.goesBackToShop();
    await shopper.order.getByText(`Order ${number} — paid`).waitFor();
    await shopper.page.reload();
    await shopper.order.getByText(`Order ${number} — paid`).waitFor();
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('With a reload in the middle of paying', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.fillsIn(cards.works);
    const leaves = holdBack(shopper.page, '**/v1/payment_intents/*/confirm');
    await shopper.payButton.click();
    await leaves;
    await shopper.page.reload();
    await shopper.canPay();
    await shopper.page.unrouteAll();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('With a second tab that pays after the first', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const again = await shopper.opensAnotherTab();
    await again.page.goto(shopper.page.url());
    await again.canPay();
    await again.fillsIn(cards.works);
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await again.payButton.click();
    assert.equal(await again.seesPaid(), number);
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('With two tabs that pay at the same moment', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const again = await shopper.opensAnotherTab();
    await again.page.goto(shopper.page.url());
    await again.canPay();
    await Promise.all([shopper.fillsIn(cards.works), again.fillsIn(cards.works)]);
    // The slower tab may be told by Stripe that it came too late.
    scene.tolerates(/^response: 400 POST .*\/confirm$/);
    await Promise.all([shopper.payButton.click(), again.payButton.click()]);
    const [number, sameNumber] = await Promise.all([shopper.seesPaid(), again.seesPaid()]);
    assert.equal(number, sameNumber);
    await assertPaidOnce(scene, shopper, { number, amount });
  });
});

/** Keeps requests from leaving the browser; settles when the first one tries. */
function holdBack(page, url) {
  return new Promise((held) => {
    page.route(url, () => held());
  });
}
