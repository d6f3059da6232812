// The card element and the methods around it, set-ups, what is left to do, and wrong use.

import assert from 'node:assert/strict';
import { sandboxStories } from './lib/sandbox_stories.mjs';
import { until } from './lib/until.mjs';

const cardForm = (customer) => customer.page.locator('iframe[title="Secure card payment input frame"]').contentFrame();

async function fillsCard(customer, number) {
  const form = cardForm(customer);
  await form.getByLabel('Card number').fill(number);
  await form.getByLabel('Expiration date').fill('12 / 34');
  await form.getByLabel('Security code').fill('123');
  await form.getByLabel('ZIP').fill('94107');
}

sandboxStories('Cards', (story) => {
  story('confirmCardPayment takes the card element', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer({ size: 'phone' });
    await customer.gets({}, { style: { base: { color: '#0a2540', fontSize: '18px' } } }, 'card');
    await fillsCard(customer, '4242424242424242');
    await until('complete', async () => (await customer.events('change')).at(-1)?.complete);
    assert.equal((await customer.events('change')).at(-1).brand, 'visa');
    await scene.keeps(customer.page, 'sandbox-js-card');
    const { paymentIntent } = await customer.does(([secret]) => window.stripe.confirmCardPayment(secret, {
      payment_method: { card: window.element, billing_details: { name: 'Ada' } },
    }), [intent.client_secret]);
    assert.equal(paymentIntent.status, 'succeeded');
    const found = await scene.sandbox.call('GET', `/v1/payment_intents/${intent.id}`, { expand: ['payment_method'] });
    const { name, address } = found.payment_method.billing_details;
    assert.deepEqual([name, address.postal_code], ['Ada', '94107']);
  });

  story('confirmCardPayment takes an id, and leaves the bank to handleCardAction', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    const confirmed = await customer.does(([secret]) => window.stripe.confirmCardPayment(
      secret, { payment_method: 'pm_card_authenticationRequired' }, { handleActions: false }), [intent.client_secret]);
    assert.equal(confirmed.paymentIntent.status, 'requires_action');
    const handled = customer.does(([secret]) => window.stripe.handleCardAction(secret), [intent.client_secret]);
    await customer.bank.getByRole('button', { name: 'Complete authentication' }).click();
    assert.equal((await handled).paymentIntent.status, 'succeeded');
    await customer.isTold('handleCardAction: The PaymentIntent supplied is not in the requires_action state.',
      ([secret]) => window.stripe.handleCardAction(secret), [intent.client_secret]);
  });

  story('handleNextAction leads to where the merchant’s server was sent', async (scene) => {
    const customer = await scene.customer();
    const intent = await scene.intends({
      payment_method: 'pm_card_authenticationRequired', confirm: true, return_url: `${scene.shop.url}/done?order=8`,
    });
    assert.equal(intent.next_action.type, 'redirect_to_url');
    customer.does(([secret]) => { window.stripe.handleNextAction({ clientSecret: secret }); }, [intent.client_secret]);
    await customer.page.getByRole('button', { name: 'Complete authentication' }).click();
    await customer.page.waitForURL('**/done?*');
    const query = new URL(customer.page.url()).searchParams;
    assert.deepEqual([query.get('order'), query.get('payment_intent'), query.get('redirect_status')], ['8', intent.id, 'succeeded']);
  });

  story('createPaymentMethod makes one from either element', async (scene) => {
    const customer = await scene.customer();
    await customer.gets({ mode: 'payment', amount: 2000, currency: 'eur', paymentMethodCreation: 'manual' });
    await customer.types('4242424242424242');
    const fromElements = () => window.stripe.createPaymentMethod({ elements: window.elements, params: { billing_details: { name: 'Ada' } } });
    await customer.isTold('elements.submit() must be called before stripe.createPaymentMethod().', fromElements);
    await customer.does(() => window.elements.submit());
    const { paymentMethod } = await customer.does(fromElements);
    assert.deepEqual([paymentMethod.card.last4, paymentMethod.billing_details.name], ['4242', 'Ada']);
    await customer.gets({}, {}, 'card');
    await fillsCard(customer, '5555555555554444');
    for (const work of [
      () => window.stripe.createPaymentMethod({ type: 'card', card: window.element, billing_details: { name: 'Ada' } }),
      () => window.stripe.createPaymentMethod('card', window.element, { billing_details: { name: 'Ada' } }),
    ]) {
      const made = await customer.does(work);
      assert.deepEqual([made.paymentMethod.card.brand, made.paymentMethod.billing_details.name], ['mastercard', 'Ada']);
    }
    await customer.isTold('Invalid value for createPaymentMethod: card should be an object or element. You specified: null.',
      () => window.stripe.createPaymentMethod({ type: 'card', card: null }));
  });

  story('retrieves by the client secret, and nothing by another', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    const { paymentIntent } = await customer.does(([secret]) => window.stripe.retrievePaymentIntent(secret), [intent.client_secret]);
    assert.deepEqual([paymentIntent.id, paymentIntent.amount], [intent.id, 2000]);
    const { error } = await customer.does(([secret]) => window.stripe.retrievePaymentIntent(secret), [`${intent.id}_secret_wrong`]);
    assert.equal(error.type, 'invalid_request_error');
    const setUp = await scene.sandbox.call('POST', '/v1/setup_intents');
    const found = await customer.does(([secret]) => window.stripe.retrieveSetupIntent(secret), [setUp.client_secret]);
    assert.equal(found.setupIntent.id, setUp.id);
    await customer.isTold('Invalid value for stripe.retrievePaymentIntent intent secret: value should be a PaymentIntent client secret. You specified: a SetupIntent client secret.',
      ([secret]) => window.stripe.retrievePaymentIntent(secret), [setUp.client_secret]);
    scene.expects(/^response: 400 GET .*\/payment_intents\//);
  });

  story('wrong use is told so in Stripe’s words', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    for (const [words, work] of [
      ['You should not use your secret key with Stripe.js.', () => window.Stripe('sk_test_FAKE_wrong')],
      ['Please call Stripe() with your publishable key. You used an empty string.', () => window.Stripe('')],
      ['In order to create a payment element, you must pass a clientSecret or mode when creating the Elements group.', () => window.stripe.elements().create('payment')],
      ['Invalid value for elements(): mode should be one of the following strings: payment, setup, subscription. You specified: gift.', () => window.stripe.elements({ mode: 'gift' })],
      ['Invalid value for elements(): amount must be greater than 0.', () => window.stripe.elements({ mode: 'payment', amount: 0, currency: 'eur' })],
      ['Invalid value for elements(): currency should be one of the following strings: ', () => window.stripe.elements({ mode: 'payment', amount: 1, currency: 'EUR' })],
      ['Invalid value for elements() intent secret: value should be a client secret of the form ${id}_secret_${secret}. You specified: nonsense.', () => window.stripe.elements({ clientSecret: 'nonsense' })],
      ['stripe.confirmPayment(): expected either `elements` or `clientSecret`, but got neither.', () => window.stripe.confirmPayment({})],
      ['Invalid value for stripe.confirmPayment(): elements should have a mounted Payment Element or Express Checkout Element.', () => window.stripe.confirmPayment({ elements: window.stripe.elements() })],
      ['Missing value for stripe.confirmCardPayment intent secret: value should be a client secret', () => window.stripe.confirmCardPayment()],
      ['The selector you specified (#nowhere) applies to no DOM elements that are currently on the page.', () => window.stripe.elements().create('card').mount('#nowhere')],
      ['Can only create one Element of type card.', () => { const group = window.stripe.elements(); group.create('card'); group.create('card'); }],
    ]) {
      await customer.isTold(words, work);
    }
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.isTold('Invalid value for elements.update(): `amount` is only applicable when a `mode` is set.', () => window.elements.update({ amount: 1 }));
    await customer.isTold('Missing value for stripe.confirmPayment(): confirmParams.return_url should be a URL string.', () => window.stripe.confirmPayment({ elements: window.elements }));
    assert.deepEqual(await customer.does(() => window.elements.fetchUpdates()), {});
    await customer.isTold('Do not pass an Element to stripe.confirmCardPayment() directly.', ([secret]) => window.stripe.confirmCardPayment(secret, window.element), [intent.client_secret]);
  });
});
