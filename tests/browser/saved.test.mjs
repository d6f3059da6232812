// A card that the shopper lets the shop keep, and one that it does not.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { cards } from './cast/shopper.mjs';
import { stories } from './lib/stories.mjs';
import { until } from './lib/until.mjs';

const amount = 1650;

/** A shopper whom the shop asks whether it may keep the card. */
async function asked(scene) {
  const shopper = await scene.shopperAtCheckout();
  await shopper.page.goto(`${shopper.page.url()}?offer_to_save=true`);
  await shopper.canPay();
  return { shopper, box: shopper.page.getByRole('checkbox', { name: /Keep this card/ }) };
}

stories('Keeping a card', (story) => {
  story('Only after a tick', async (scene) => {
    const { shopper, box } = await asked(scene);
    assert.equal(await box.isChecked(), false, 'nobody is asked to untick');
    await box.check();
    await shopper.payButton.click();
    await shopper.page.getByText('Enter your e-mail address: it tells the shop whose card it keeps.').waitFor();
    await scene.keeps(shopper.page, 'save-asked');
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount });
    const [card] = await until('the card', async () => {
      const saved = await scene.backend.savedOf(shopper.email);
      return saved.length === 1 && saved;
    });
    assert.deepEqual([card.brand, card.last4, card.expires], ['visa', '4242', '2034-12']);
  });

  story('What cannot be kept is paid all the same', async (scene) => {
    const { shopper, box } = await asked(scene);
    await scene.sandbox.fails({ path_prefix: '/v1/customers', method: 'POST', kind: '403' });
    await box.check();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount });
    assert.deepEqual(await scene.backend.savedOf(shopper.email), []);
  });

  story('A tick that is taken back', async (scene) => {
    const { shopper, box } = await asked(scene);
    await box.check();
    await box.uncheck();
    await shopper.pays(cards.works);
    const number = await shopper.seesPaid();
    await assertPaidOnce(scene, shopper, { number, amount });
    assert.deepEqual(await scene.backend.savedOf(shopper.email), []);
  });
});
