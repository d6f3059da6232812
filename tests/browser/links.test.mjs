// Payment links: opened from a message, on any device, paid once.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';
import { until } from './lib/until.mjs';

const amount = 1650;

/** A shopper with an open payment link of 16.50. */
async function withLink(scene) {
  const shopper = await scene.shopper();
  const cart = await scene.backend.cartOf('Stoneware mug');
  const link = await scene.backend.linkOf(cart, shopper.email);
  await shopper.opensLink(link.payment_url);
  return { shopper, cart, link };
}

stories('Payment links', (story) => {
  story('With a card that works', async (scene) => {
    const { shopper, link } = await withLink(scene);
    const source = await shopper.page.content();
    for (const secret of ['Hidden Street', 'Lovelace', '_secret_']) assert.ok(!source.includes(secret), secret);
    assert.equal(await shopper.page.getByLabel('E-mail').count(), 0);
    await scene.keeps(shopper.page, 'link-1-open');
    await shopper.fillsInCard(cards.works);
    await shopper.payButton.click();
    const number = await shopper.seesThanks();
    await scene.keeps(shopper.page, 'link-2-paid');
    const order = await assertPaidOnce(scene, shopper, { number, amount });
    assert.equal(order.shipping_address.city, 'Berlin');

    await shopper.page.reload();
    assert.equal(await shopper.seesThanks(), number);
    await shopper.page.goto(link.payment_url);
    assert.equal(await shopper.seesThanks(), number, 'the link leads to what became of it');
  });

  story('A double click, then back', async (scene) => {
    const { shopper, link } = await withLink(scene);
    await shopper.fillsInCard(cards.works);
    await shopper.payButton.dblclick();
    const number = await shopper.seesThanks();
    assert.equal(await scene.sandbox.confirmations(link.payment_intent_id), 1);
    await shopper.page.goBack();
    assert.equal(await shopper.seesThanks(), number);
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('A card that is declined, then 3-D Secure', async (scene) => {
    const { shopper } = await withLink(scene);
    scene.expects(/^response: 402 POST .*\/confirm$/);
    await shopper.fillsInCard(cards.declined);
    await shopper.payButton.click();
    await shopper.seesRefusal('Your bank declined this card. Try another card, or contact your bank.');
    await scene.keeps(shopper.page, 'link-declined');
    await shopper.fillsInCard(cards.threeDSecure);
    await shopper.payButton.click();
    await shopper.tellsBank('Complete authentication');
    const number = await shopper.seesThanks();
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('Two tabs that pay at the same moment', async (scene) => {
    const { shopper, link } = await withLink(scene);
    const again = await shopper.opensAnotherTab();
    await again.opensLink(link.payment_url);
    await Promise.all([shopper.fillsInCard(cards.works), again.fillsInCard(cards.works)]);
    // The slower tab may be told that it came too late, by Stripe or by us.
    scene.tolerates(/^response: 400 POST .*\/confirm$/);
    scene.tolerates(/^response: (409|410) GET .*\/payment-links\/pl_/);
    await Promise.all([shopper.payButton.click(), again.payButton.click()]);
    const [number, same] = await Promise.all([shopper.seesThanks(), again.seesThanks()]);
    assert.equal(number, same);
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('A second tab that comes too late', async (scene) => {
    const { shopper, link } = await withLink(scene);
    const again = await shopper.opensAnotherTab();
    await again.opensLink(link.payment_url);
    await Promise.all([shopper.fillsInCard(cards.works), again.fillsInCard(cards.works)]);
    await shopper.payButton.click();
    const number = await shopper.seesThanks();
    scene.expects(/^response: 410 GET .*\/payment-links\/pl_/);
    await again.payButton.click();
    assert.equal(await again.seesThanks(), number);
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('A slow network, and a page that is closed after paying', async (scene) => {
    const { shopper, link } = await withLink(scene);
    await shopper.fillsInCard(cards.works);
    let arrives;
    const arrival = new Promise((resolve) => { arrives = resolve; });
    await shopper.page.route('**/payment-links/*', async (route) => {
      await arrival;
      await route.continue();
    });
    const confirmed = (response) => response.url().endsWith(`${link.payment_intent_id}/confirm`);
    const paid = shopper.page.waitForResponse(confirmed, { timeout: 60_000 });
    await shopper.payButton.click();
    await shopper.page.getByText('Still working… please keep this page open.').waitFor();
    await scene.keeps(shopper.page, 'link-slow');
    // The way back is cut: the order is made all the same.
    await shopper.page.route('**/pay/*back=1*', (route) => route.abort());
    scene.tolerates(/back=1/);
    arrives();
    assert.equal((await paid).status(), 200);
    await shopper.page.unrouteAll({ behavior: 'ignoreErrors' });
    await until('the order', async () => (await scene.backend.ordersOf(shopper.email)).length === 1);
    await shopper.page.goto(link.payment_url);
    const number = await shopper.seesThanks();
    await assertPaidOnce(scene, shopper, { number, amount });
  });

  story('Links that cannot be paid', async (scene) => {
    const { shopper, cart } = await withLink(scene);
    const { page } = shopper;
    await scene.backend.linkOf(cart, shopper.email);
    scene.expects(/^response: 410 GET .*\/payment-links\/pl_/);
    await shopper.fillsInCard(cards.works);
    await shopper.payButton.click();
    await page.getByRole('heading', { name: 'This payment link is no longer valid' }).waitFor();
    await scene.keeps(page, 'link-replaced-while-open');
    scene.expects(/^response: 410 GET .*\/pay\/pl_/);
    await page.reload();
    await page.getByRole('heading', { name: 'This payment link is no longer valid' }).waitFor();
    await scene.keeps(page, 'link-replaced');
    scene.expects(/^response: 404 GET .*\/pay\/garbage$/);
    await page.goto(`${scene.server.public_url}/pay/garbage`);
    await page.getByRole('heading', { name: 'This payment link does not exist' }).waitFor();
    await scene.keeps(page, 'link-garbage');
  });
});
