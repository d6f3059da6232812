// What can go wrong on the way to a payment: the shopper is told in plain words what to do next, and nothing
// is lost or charged twice.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';

stories('Trouble', (story) => {
  story('A link that is not a checkout', async (scene) => {
    const { page } = await scene.openTab();
    await page.goto(`${scene.server.public_url}/checkout/garbage`);
    await page.getByRole('heading', { name: 'This checkout does not exist' }).waitFor();
    await scene.keeps(page, 'checkout-garbage');
    scene.expects(/^response: 404 GET .*\/checkout\/garbage$/);
  });

  story('A result page without its token, and with a claim of its own', async (scene) => {
    const { page } = await scene.openTab();
    for (const query of ['', '?redirect_status=succeeded', '?checkout=garbage&redirect_status=succeeded']) {
      await page.goto(`${scene.server.public_url}/payment/success${query}`);
      await page.getByRole('heading', { name: 'We cannot show this payment' }).waitFor();
    }
    await scene.keeps(page, 'result-unknown');
    await page.goto(`${scene.server.public_url}/payment/cancel`);
    await page.getByRole('heading', { name: 'Payment cancelled' }).waitFor();
    await scene.keeps(page, 'payment-cancelled');
  });

  story('A result page that is opened before anything was paid', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const token = new URL(shopper.page.url()).pathname.split('/').at(-1);
    await shopper.page.goto(`${scene.server.public_url}/payment/success?checkout=${token}&redirect_status=succeeded`);
    await shopper.page.getByRole('heading', { name: 'We cannot show this payment' }).waitFor();
  });

  story('A checkout that has expired', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.page.goto(await scene.backend.withLife(shopper.page.url(), -1));
    await shopper.page.getByRole('heading', { name: 'This checkout has expired' }).waitFor();
    await scene.keeps(shopper.page, 'checkout-expired');
    await shopper.goesBackToShop();
    await shopper.cart.getByText('Stoneware mug').waitFor();
    await shopper.checksOut();
    scene.expects(/^response: 410 GET/);
  });

  story('A checkout that is opened again long after it was paid', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const link = shopper.page.url();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await shopper.page.goto(await scene.backend.withLife(link, -3600));
    assert.equal(await shopper.seesPaid(), number);
  });

  story('A checkout that expires while the shopper looks for the card', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const expired = (await scene.backend.withLife(shopper.page.url(), -1)).split('/').at(-1);
    await shopper.page.route('**/orders', (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${expired}` } }),
    );
    await shopper.pays(cards.works);
    await shopper.page.getByRole('heading', { name: 'This checkout has expired' }).waitFor();
    assert.equal(await shopper.payButton.count(), 0, 'what cannot be paid has no Pay button');
    await scene.keeps(shopper.page, 'checkout-expires-while-open');
    scene.expects(/^response: 410 POST .*\/orders$/);
  });

  story('A cart that was changed in another tab', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const other = await shopper.opensAnotherTab();
    await other.visitsShop();
    await other.adds('House blend, 250 g');
    await other.checksOut();

    await shopper.pays(cards.works);
    await shopper.page.getByRole('heading', { name: 'Your cart has changed' }).waitFor();
    await shopper.page.getByText('Nothing was charged.').waitFor();
    await scene.keeps(shopper.page, 'cart-changed-while-open');
    await shopper.page.reload();
    await shopper.page.getByRole('heading', { name: 'Your cart has changed' }).waitFor();
    await scene.keeps(shopper.page, 'cart-changed');
    scene.expects(/^response: 409 POST .*\/orders$/);
    scene.expects(/^response: 409 GET .*\/checkout\//);

    await other.pays(cards.works);
    const number = await other.seesPaid();
    await assertPaidOnce(scene, other, { number, amount: 2540 });
  });

  story('A product of which somebody else takes the last one', async (scene) => {
    const name = `Last teapot (${scene.size})`;
    const product = await scene.backend.sell({ name, unit_amount: 4200, currency: 'eur', stock: 1 });
    const [quick, slow] = [await scene.shopper(), await scene.shopper()];
    for (const shopper of [quick, slow]) {
      await shopper.visitsShop();
      await shopper.adds(name);
      await shopper.checksOut();
    }
    await quick.pays(cards.works);
    const number = await quick.seesPaid();

    await slow.pays(cards.works);
    await slow.page.getByRole('heading', { name: 'Sold out' }).waitFor();
    await slow.page.getByText('Nothing was charged.').waitFor();
    await scene.keeps(slow.page, 'sold-out-at-payment');
    scene.expects(/^response: 422 POST .*\/orders$/);

    await slow.visitsShop();
    await slow.page.getByRole('button', { name: `Sold out: ${name}` }).waitFor();
    await scene.keeps(slow.page, 'sold-out-in-shop');
    await assertPaidOnce(scene, quick, { number, amount: 4200 });
    assert.deepEqual(await scene.backend.ordersOf(slow.email), []);
    await scene.backend.withdraw(product.id);
  });

  story('No more than there are', async (scene) => {
    const shopper = await scene.shopper();
    await shopper.visitsShop();
    for (let click = 0; click < 5; click += 1) await shopper.adds('Hand grinder');
    // The button stays in reach, because it says why nothing happens.
    await shopper.page.getByRole('button', { name: 'All 5 in cart: Hand grinder' }).click({ force: true });
    await shopper.page.getByText('No more of Hand grinder can be added').waitFor();
    assert.ok(await shopper.cart.getByRole('button', { name: 'One Hand grinder more' }).isDisabled());
  });

  story('A slow network', async (scene) => {
    const shopper = await scene.shopper();
    await shopper.page.clock.install();
    await shopper.visitsShop();
    await shopper.adds('Stoneware mug');
    await shopper.checksOut();
    let networkIsBack;
    const slow = new Promise((back) => {
      networkIsBack = back;
    });
    await shopper.page.route('**/payment-intents', (route) => slow.then(() => route.continue()));
    await shopper.pays(cards.works);
    await shopper.page.getByText('Paying…').waitFor();
    assert.equal(await shopper.payButton.getAttribute('aria-disabled'), 'true');
    await shopper.page.clock.fastForward(6_000);
    await shopper.page.getByText('Still working… please keep this page open.').waitFor();
    await scene.keeps(shopper.page, 'slow-network');
    networkIsBack();
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
  });

  story('No network, then a network', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.page.context().setOffline(true);
    await shopper.pays(cards.works);
    await shopper.seesRefusal("We couldn't reach the shop. You have not been charged. Check your connection and try again.");
    await scene.keeps(shopper.page, 'offline');
    await shopper.page.context().setOffline(false);
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
    scene.expects(/^request: net::ERR_INTERNET_DISCONNECTED POST .*\/orders$/);
  });

  story('An answer that is lost after the money moved', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.page.route('**/confirm', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await shopper.pays(cards.works);
    await shopper.seesRefusal('Try again: we first check whether the payment went through, so you will not be charged twice.');
    await scene.keeps(shopper.page, 'answer-lost');
    await shopper.page.unroute('**/confirm');
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    const order = await assertPaidOnce(scene, shopper, { number, amount: 1650 });
    assert.equal(await scene.sandbox.confirmations(order.payment_intent_id), 1);
    scene.expects(/^request: net::ERR_CONNECTION_RESET POST .*\/confirm$/);
  });

  story('A shop that cannot be reached', async (scene) => {
    const shopper = await scene.shopper();
    await shopper.page.route('**/products?*', (route) => route.abort('connectionrefused'));
    await shopper.page.goto(scene.server.demo_url);
    const products = shopper.page.locator('tillgate-products');
    await products.getByText('The shop could not be reached. Check your connection and try again.').waitFor();
    await scene.keeps(shopper.page, 'shop-unreachable');
    await shopper.page.unroute('**/products?*');
    await products.getByRole('button', { name: 'Try again' }).click();
    await shopper.adds('Stoneware mug');

    await shopper.page.context().setOffline(true);
    await shopper.cart.getByRole('button', { name: 'Checkout' }).click();
    await shopper.cart.getByText('The shop could not be reached. Check your connection and try again.').waitFor();
    await scene.keeps(shopper.page, 'shop-offline');
    await shopper.page.context().setOffline(false);
    await shopper.checksOut();
    scene.expects(/^request: net::ERR_CONNECTION_REFUSED GET .*\/products\?/);
    scene.expects(/^request: net::ERR_INTERNET_DISCONNECTED/);
  });

  story('Stripe.js blocked by the browser', async (scene) => {
    const shopper = await scene.shopper();
    await shopper.page.route('**/v3/', (route) => route.abort('blockedbyclient'));
    await shopper.visitsShop();
    await shopper.adds('Stoneware mug');
    await shopper.cart.getByRole('button', { name: 'Checkout' }).click();
    await shopper.error.filter({ hasText: 'The payment form could not be loaded. Check your connection, and switch off blockers' }).waitFor();
    assert.equal(await shopper.payButton.count(), 0, 'what cannot be paid yet has no Pay button');
    await scene.keeps(shopper.page, 'stripe-js-blocked');
    await shopper.page.unroute('**/v3/');
    await shopper.page.getByRole('button', { name: 'Load the payment form again' }).click();
    await shopper.canPay();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
    scene.expects(/^request: net::ERR_BLOCKED_BY_CLIENT\S* GET .*\/v3\/$/);
  });

  story('Fields that are empty or wrong', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    await shopper.payButton.click();
    await shopper.cardForm.getByText('Your card number is incomplete.').waitFor();
    await scene.keeps(shopper.page, 'card-incomplete');
    await shopper.page.getByLabel('E-mail').fill('ada@');
    await shopper.payButton.click();
    await shopper.page.getByText('Enter a whole e-mail address, like ada@example.com, or leave this empty.').waitFor();
    assert.equal(await shopper.page.getByText('Enter the whole card number.').count(), 0, 'one complaint at a time');
    await scene.keeps(shopper.page, 'email-incomplete');
    await shopper.fillsIn(cards.works);
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 1650 });
  });
});
