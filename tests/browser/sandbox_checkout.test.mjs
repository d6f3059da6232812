// The sandbox's hosted checkout page, as a customer uses it, on the phone and at the desk.

import assert from 'node:assert/strict';
import { Payer } from './cast/payer.mjs';
import { sandboxStories } from './lib/sandbox_stories.mjs';

const tea = (shop, more = {}) => ({
  mode: 'payment',
  success_url: `${shop.url}/done?session={CHECKOUT_SESSION_ID}`,
  cancel_url: `${shop.url}/`,
  line_items: [{
    quantity: 2,
    price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Tea <b>& more</b>' } },
  }],
  ...more,
});

const opens = (scene, more) => scene.sandbox.call('POST', '/v1/checkout/sessions', tea(scene.shop, more));
const stands = (scene, { id }) => scene.sandbox.call('GET', `/v1/checkout/sessions/${id}`);
const payer = async (scene, size) => new Payer(await scene.page(size));

sandboxStories('hosted checkout', (story) => {
  for (const size of ['phone', 'desktop']) {
    story(`is paid on the ${size} and leads back to the shop`, async (scene) => {
      const session = await opens(scene);
      const ann = await payer(scene, size);
      await ann.comes(session);
      assert.match(await ann.page.locator('.lines').innerText(), /Tea <b>& more<\/b>/);
      assert.equal(await ann.page.locator('#due').innerText(), '€25.00');
      await ann.types('4242 4242 4242 4242');
      await scene.keeps(ann.page, `checkout-${size}`);
      await ann.pays();
      await ann.page.waitForURL('**/done?*');
      assert.equal(new URL(ann.page.url()).searchParams.get('session'), session.id);
      const paid = await stands(scene, session);
      assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid']);
      assert.equal(paid.customer_details.email, 'ann@shop.example');
    });
  }

  story('shows a decline beside the form and takes another card', async (scene) => {
    const session = await opens(scene);
    const ann = await payer(scene, 'phone');
    await ann.comes(session);
    await ann.types('4000 0000 0000 9995');
    scene.expects(/402/);
    await ann.pays();
    await ann.isTold('Your card has insufficient funds.');
    await scene.keeps(ann.page, 'checkout-declined');
    await ann.types('4242 4242 4242 4242');
    await ann.pays();
    await ann.page.waitForURL('**/done?*');
  });

  story('asks the bank where the card wants that, and goes on after a failed challenge', async (scene) => {
    const session = await opens(scene);
    const ann = await payer(scene, 'desktop');
    await ann.comes(session);
    await ann.types('4000 0025 0000 3155');
    await ann.pays();
    await ann.bank.getByRole('button', { name: /fail/i }).click();
    await ann.isTold('We are unable to authenticate');
    await ann.pays();
    await ann.bank.getByRole('button', { name: /complete/i }).click();
    await ann.page.waitForURL('**/done?*');
    assert.equal((await stands(scene, session)).payment_status, 'paid');
  });

  story('is paid once, however often the button is pressed', async (scene) => {
    const session = await opens(scene, { payment_intent_data: { metadata: { order: 'twice' } } });
    const ann = await payer(scene, 'desktop');
    await ann.comes(session);
    await ann.types('4242 4242 4242 4242');
    await ann.button.dblclick();
    await ann.page.waitForURL('**/done?*');
    const { payment_intent } = await stands(scene, session);
    const charges = await scene.sandbox.call('GET', '/v1/charges', { payment_intent });
    assert.equal(charges.data.length, 1);
  });

  story('says what is missing and what the card form finds wrong', async (scene) => {
    const ann = await payer(scene, 'phone');
    await ann.comes(await opens(scene));
    await ann.pays();
    await ann.isTold('This field is incomplete.');
    assert.equal(await ann.page.getByLabel('Email').getAttribute('aria-invalid'), 'true');
    await ann.page.getByLabel('Email').fill('ann@shop.example');
    await ann.pays();
    await ann.isTold(/card number is incomplete/);
  });

  story('says that a session is over, and where the shop is', async (scene) => {
    const session = await opens(scene);
    await scene.sandbox.call('POST', `/v1/checkout/sessions/${session.id}/expire`);
    const page = await scene.page('phone');
    await page.goto(session.url);
    await page.getByRole('heading', { name: 'This page has expired' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Back to the shop' }).getAttribute('href'), `${scene.shop.url}/`);
    await scene.keeps(page, 'checkout-expired');
    const other = await opens(scene);
    await scene.sandbox.control('POST', `/checkout/sessions/${other.id}/pay`, {});
    await page.goto(other.url);
    await page.getByRole('heading', { name: "You're all done here" }).waitFor();
  });

  story('asks what the shop asks, and counts quantities and shipping', async (scene) => {
    const session = await opens(scene, {
      line_items: [{
        quantity: 2,
        adjustable_quantity: { enabled: true, maximum: 5 },
        price_data: { currency: 'eur', unit_amount: 1250, product_data: { name: 'Tea' } },
      }],
      shipping_address_collection: { allowed_countries: ['DE', 'AT'] },
      shipping_options: [490, 990].map((amount) => ({
        shipping_rate_data: { display_name: amount > 500 ? 'Express' : 'Post', fixed_amount: { amount, currency: 'eur' } },
      })),
      consent_collection: { terms_of_service: 'required' },
      phone_number_collection: { enabled: true },
    });
    const ann = await payer(scene, 'desktop');
    const { page } = await ann.comes(session);
    // The first choice is slow on its way, the second is made meanwhile: the second holds.
    let secondIsMade;
    const secondMade = new Promise((resolve) => { secondIsMade = resolve; });
    await page.route('**/choices', async (route) => {
      await secondMade;
      await route.continue();
    });
    await page.getByLabel('Quantity').fill('3');
    await page.getByLabel('Express').check();
    secondIsMade();
    await page.locator('#due', { hasText: '€47.40' }).waitFor();
    await ann.types('4242 4242 4242 4242');
    await page.getByLabel('Phone number').fill('+49 1');
    await page.getByLabel('Full name').fill('Ann');
    await page.getByLabel('Address', { exact: true }).fill('Am Markt 1');
    await page.getByLabel('Postal code').fill('89073');
    await page.getByLabel('City').fill('Ulm');
    scene.expects(/400/);
    await ann.pays();
    await ann.isTold('Accept the terms of service');
    await page.getByLabel('I agree').check();
    await scene.keeps(page, 'checkout-fields');
    await ann.pays();
    await page.waitForURL('**/done?*');
    assert.equal((await stands(scene, session)).amount_total, 4740);
  });

  story('is used by keyboard alone', async (scene) => {
    const session = await opens(scene);
    const ann = await payer(scene, 'desktop');
    await ann.comes(session);
    await ann.types('4242 4242 4242 4242');
    await ann.page.getByLabel('Email').focus();
    await ann.page.keyboard.press('Enter');
    await ann.page.waitForURL('**/done?*');
  });
});
