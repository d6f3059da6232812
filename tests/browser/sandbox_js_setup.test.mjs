// The Stripe.js stand-in, used as Stripe's reference says: agreements to charge later.

import assert from 'node:assert/strict';
import { sandboxStories } from './lib/sandbox_stories.mjs';

const confirm = ([clientSecret, redirect, url]) =>
  window.stripe.confirmSetup({
    elements: window.elements, clientSecret, redirect, confirmParams: { return_url: url },
  });

const agrees = (scene, params = {}) => scene.sandbox.call('POST', '/v1/setup_intents', params);
const finds = (scene, id) => scene.sandbox.call('GET', `/v1/setup_intents/${id}`);

sandboxStories('Set-ups', (story) => {
  story('confirmSetup leads to the return URL with what Stripe adds to it', async (scene) => {
    const setUp = await agrees(scene);
    const customer = await scene.customer();
    await customer.gets({ clientSecret: setUp.client_secret });
    await customer.form.getByText(/you allow Demo Coffee to charge your card for future payments/).waitFor();
    await customer.types('4242424242424242');
    const query = await customer.leavesFor('/done', confirm, [undefined, 'always', `${scene.shop.url}/done`]);
    assert.deepEqual(Object.fromEntries(query), {
      setup_intent: setUp.id,
      setup_intent_client_secret: setUp.client_secret,
      redirect_status: 'succeeded',
    });
    assert.equal((await finds(scene, setUp.id)).status, 'succeeded');
  });

  story('confirmSetup collects first, and lets the bank ask', async (scene) => {
    const customer = await scene.customer({ size: 'phone' });
    await customer.gets({ mode: 'setup', currency: 'eur' });
    await customer.types('4000002500003155');
    await customer.does(() => window.elements.submit());
    const setUp = await agrees(scene);
    const refused = customer.does(confirm, [setUp.client_secret, 'if_required']);
    await customer.bank.getByRole('button', { name: 'Fail authentication' }).click();
    const { error } = await refused;
    assert.deepEqual([error.code, error.setup_intent.status], ['setup_intent_authentication_failure', 'requires_payment_method']);
    await customer.does(() => window.elements.submit());
    const passed = customer.does(confirm, [setUp.client_secret, 'if_required']);
    await customer.bank.getByRole('button', { name: 'Complete authentication' }).click();
    assert.equal((await passed).setupIntent.status, 'succeeded');
  });

  story('a payment is not a set-up', async (scene) => {
    const customer = await scene.customer();
    await customer.gets({ mode: 'setup', currency: 'eur' });
    await customer.types('4242424242424242');
    await customer.does(() => window.elements.submit());
    const intent = await scene.intends();
    await customer.isTold('Invalid value for stripe.confirmSetup() intent secret: value should be a SetupIntent client secret. You specified: a PaymentIntent client secret.',
      confirm, [intent.client_secret, 'if_required']);
  });

  story('confirmCardSetup takes the card element and an id', async (scene) => {
    const [first, second] = [await agrees(scene), await agrees(scene)];
    const customer = await scene.customer();
    await customer.gets({}, { hidePostalCode: true }, 'card');
    const form = customer.page.locator('iframe[title="Secure card payment input frame"]').contentFrame();
    await form.getByLabel('Card number').fill('4242424242424242');
    await form.getByLabel('Expiration date').fill('12 / 34');
    await form.getByLabel('Security code').fill('123');
    const made = await customer.does(([secret]) => window.stripe.confirmCardSetup(secret, { payment_method: { card: window.element } }), [first.client_secret]);
    assert.equal(made.setupIntent.status, 'succeeded');
    const again = await customer.does(([secret]) => window.stripe.confirmCardSetup(secret, { payment_method: 'pm_card_visa' }), [second.client_secret]);
    assert.equal(again.setupIntent.status, 'succeeded');
  });
});
