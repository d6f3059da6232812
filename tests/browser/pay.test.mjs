// A shopper buys in the demo shop with Stripe's test cards, and the merchant's back end sees the order.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';

stories('Paying', (story) => {
  story('With a card that works', async (scene) => {
    const shopper = await scene.shopper();
    await shopper.visitsShop();
    await scene.keeps(shopper.page, 'pay-1-shop');
    await shopper.adds('House blend, 250 g');
    await shopper.adds('Stoneware mug');
    await scene.keeps(shopper.page, 'pay-2-cart');
    await shopper.checksOut();
    await scene.keeps(shopper.page, 'pay-3-checkout');
    await shopper.fillsIn(cards.works);
    await scene.keeps(shopper.page, 'pay-4-filled-in');
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    await scene.keeps(shopper.page, 'pay-5-paid');

    await shopper.goesBackToShop();
    await shopper.order.getByText(`Order ${number} — paid`).waitFor();
    await shopper.cart.getByText('Your cart is empty.').waitFor();
    await scene.keeps(shopper.page, 'pay-6-shop-knows');

    await assertPaidOnce(scene, shopper, { number, amount: 2540 });
  });

  story('With a card that is declined, then with one that works', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    scene.expects(/^response: 402 POST .*\/confirm$/);
    await shopper.pays(cards.declined);
    await shopper.seesRefusal('Your bank declined this card. Try another card, or contact your bank.');
    await scene.keeps(shopper.page, 'declined');

    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
  });

  story('With 3-D Secure passed', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.pays(cards.threeDSecure);
    await shopper.bankAsks();
    await scene.keeps(shopper.page, '3ds-challenge');
    await shopper.tellsBank('Complete authentication');
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
  });

  story('With 3-D Secure failed, then passed', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.pays(cards.threeDSecure);
    await shopper.tellsBank('Fail authentication');
    await shopper.seesRefusal("We couldn't confirm with your bank that it's you. Try again, or use another card.");
    await scene.keeps(shopper.page, '3ds-failed');

    const [order] = await scene.backend.ordersOf(shopper.email);
    assert.equal(order.status, 'pending', 'a failed payment never rolls an order back');
    await shopper.payButton.click();
    await shopper.tellsBank('Complete authentication');
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
  });
});
