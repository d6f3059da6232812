// Stripe fails for a while: the shopper is told, tries again, and pays once.

import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { storyAlone } from './lib/stories.mjs';

/** The first attempt and both retries. */
const attempts = 3;

storyAlone('Stripe fails for a while', async (scene) => {
  const shopper = await scene.shopperAtCheckout();

  await scene.sandbox.fails({ path_prefix: '/v1/payment_intents', method: 'POST', times: attempts, kind: '500' });
  await shopper.pays(cards.works);
  await shopper.seesRefusal('Payments are not reachable right now. You have not been charged.');
  await scene.keeps(shopper.page, 'stripe-down');
  scene.expects(/^response: 50[23] POST .*\/payment-intents$/);

  await shopper.payButton.click();
  const number = await shopper.seesPaid();
  await assertPaidOnce(scene, shopper, { number, amount: 1650 });
});
