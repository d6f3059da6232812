// A shop that ships, and that can be paid by hand: the payment page asks, and the total follows.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';

const ship = async ({ backend }) => {
  await backend.ships({ name: 'Parcel', amount: 490, currency: 'eur', countries: ['DE', 'AT'] });
  await backend.ships({ name: 'Courier', amount: 990, currency: 'eur', countries: ['DE'] });
  await backend.takes({ name: 'Bank transfer', description: 'To IBAN DE00 EXAMPLE.\nWe send it when your money is here.' });
};

async function fillsInAddress(page, country) {
  await page.locator('#ship-name').fill('Ada Example');
  await page.locator('#ship-line1').fill('1 Example Street');
  await page.locator('#ship-city').fill('Exampletown');
  await page.locator('#ship-country').selectOption({ label: country });
}

stories('Delivery', (story) => {
  story('The total follows the way of delivery, and is what is paid', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const { page } = shopper;
    await page.getByRole('button', { name: 'Pay €21.40' }).waitFor();
    await shopper.pays(cards.works);
    await page.locator('#delivery-error').filter({ hasText: 'Name is missing.' }).waitFor();
    await fillsInAddress(page, 'Germany');
    await page.getByLabel('Courier').check();
    await page.getByRole('button', { name: 'Pay €26.40' }).waitFor();
    // The courier does not go there.
    await page.locator('#ship-country').selectOption({ label: 'Austria' });
    await page.getByRole('button', { name: 'Pay €21.40' }).waitFor();
    assert.equal(await page.getByLabel('Courier').isVisible(), false);
    await scene.keeps(page, 'delivery');
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 2140 });
    const [order] = await scene.backend.ordersOf(shopper.email);
    assert.equal(order.shipping.name, 'Parcel');
    assert.equal(order.shipping_address.country, 'AT');
  });

  story('By bank transfer, without a card', async (scene) => {
    const shopper = await scene.shopperAtCheckout();
    const { page } = shopper;
    await page.getByLabel('E-mail').fill(shopper.email);
    await fillsInAddress(page, 'Germany');
    await page.getByLabel('Bank transfer').check();
    await scene.keeps(page, 'by-hand');
    await page.getByRole('button', { name: 'Place the order · €21.40' }).click();
    await page.getByRole('heading', { name: 'Thank you, your order is placed' }).waitFor();
    await page.getByText('To IBAN DE00 EXAMPLE.').waitFor();
    await scene.keeps(page, 'by-hand-placed');
    const [order] = await scene.backend.ordersOf(shopper.email);
    assert.deepEqual([order.status, order.payment_status, order.payment_intent_id], ['pending', 'unpaid', null]);
  });

  story('A changed price is shown before it is paid', async (scene) => {
    const name = `Pot ${scene.size}`;
    const product = await scene.backend.sell({ name, unit_amount: 2000, currency: 'eur' });
    const shopper = await scene.shopper();
    await shopper.visitsShop();
    await shopper.adds(name);
    await shopper.checksOut();
    await fillsInAddress(shopper.page, 'Germany');
    await scene.backend.reprices(product.id, 2500);
    scene.expects(/^response: 409 POST .*\/orders$/);
    await shopper.pays(cards.works);
    await shopper.seesRefusal('A price in your cart has changed. Nothing was charged. The new total is €29.90.');
    await shopper.page.locator('#line-list').getByText('1 × €25.00').waitFor();
    await scene.keeps(shopper.page, 'price-changed');
    await shopper.payButton.click();
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount: 2990 });
  });
}, { setUp: ship });
