// The Stripe.js stand-in, used as Stripe's reference says: paying with the payment element.

import assert from 'node:assert/strict';
import { sandboxStories } from './lib/sandbox_stories.mjs';

const confirm = ([clientSecret, redirect, url]) =>
  window.stripe.confirmPayment({
    elements: window.elements, clientSecret, redirect, confirmParams: { return_url: url },
  });

sandboxStories('confirmPayment', (story) => {
  story('leads to the return URL with what Stripe adds to it', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4242 4242 4242 4242');
    await scene.keeps(customer.page, 'sandbox-js-filled');
    const query = await customer.leavesFor('/done', confirm, [undefined, 'always', `${scene.shop.url}/done?order=7`]);
    assert.deepEqual(Object.fromEntries(query), {
      order: '7',
      payment_intent: intent.id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: 'succeeded',
    });
    assert.equal((await scene.finds(intent.id)).status, 'succeeded');
  });

  story('stays on the page where no redirect is required', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4242424242424242');
    const { paymentIntent } = await customer.does(confirm, [undefined, 'if_required']);
    assert.deepEqual([paymentIntent.id, paymentIntent.status], [intent.id, 'succeeded']);
    assert.equal('latest_charge' in paymentIntent, false, 'what is the merchant’s business stays away');
    assert.match(customer.page.url(), /\/$/);
  });

  story('collects first and confirms what was made afterwards', async (scene) => {
    const customer = await scene.customer();
    await customer.gets({ mode: 'payment', amount: 2000, currency: 'eur' });
    await customer.types('4242424242424242');
    const intent = await scene.intends();
    await customer.isTold('elements.submit() must be called before stripe.confirmPayment(). Call elements.submit() as soon as', confirm, [intent.client_secret, 'if_required']);
    assert.deepEqual(await customer.does(() => window.elements.submit()), { selectedPaymentMethod: 'card' });
    await customer.isTold('You must pass in a clientSecret when calling stripe.confirmPayment().', confirm, [undefined, 'if_required']);
    const { paymentIntent } = await customer.does(confirm, [intent.client_secret, 'if_required']);
    assert.equal(paymentIntent.status, 'succeeded');
  });

  story('refuses an intent that was made for something else', async (scene) => {
    const customer = await scene.customer();
    await customer.gets({ mode: 'payment', amount: 2000, currency: 'eur' });
    await customer.types('4242424242424242');
    for (const [params, words] of [
      [{ amount: 2100 }, 'The amount of the PaymentIntent (2100) does not match the amount passed to Elements (2000).'],
      [{ currency: 'usd' }, 'The currency of the PaymentIntent (usd) does not match the currency passed to Elements (eur).'],
      [{ capture_method: 'manual' }, 'The capture method of the PaymentIntent (manual) does not match the capture method passed to Elements (automatic).'],
    ]) {
      const other = await scene.intends(params);
      await customer.does(() => window.elements.submit());
      const { error } = await customer.does(confirm, [other.client_secret, 'if_required']);
      assert.deepEqual([error.type, error.message, error.payment_intent.id], ['invalid_request_error', words, other.id]);
      assert.equal((await scene.finds(other.id)).status, 'requires_payment_method');
    }
    await customer.does(() => window.elements.update({ amount: 2100 }));
    await customer.does(() => window.elements.submit());
    const { paymentIntent } = await customer.does(confirm, [(await scene.intends({ amount: 2100 })).client_secret, 'if_required']);
    assert.equal(paymentIntent.status, 'succeeded');
  });

  story('gives a decline in Stripe’s shape, and the form can be used again', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4000000000009995');
    const { error } = await customer.does(confirm, [undefined, 'if_required']);
    assert.deepEqual(
      [error.type, error.code, error.decline_code, error.message, error.payment_intent.status, error.payment_method.card.last4],
      ['card_error', 'card_declined', 'insufficient_funds', 'Your card has insufficient funds.', 'requires_payment_method', '9995'],
    );
    await customer.types('4000000000000127');
    const { error: cvc } = await customer.does(confirm, [undefined, 'if_required']);
    assert.equal(cvc.code, 'incorrect_cvc');
    await customer.form.getByText("Your card's security code is incorrect.").waitFor();
    assert.equal(await customer.form.getByLabel('Security code').getAttribute('aria-invalid'), 'true');
    await customer.types('4242424242424242');
    const { paymentIntent } = await customer.does(confirm, [undefined, 'if_required']);
    assert.equal(paymentIntent.status, 'succeeded');
    scene.expects(/^response: 402 POST .*\/confirm$/);
  });

  story('lets the bank ask, and takes no for an answer', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer({ size: 'phone' });
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4000 0025 0000 3155');
    const refused = customer.does(confirm, [undefined, 'if_required']);
    await customer.bank.getByRole('heading').waitFor();
    await customer.page.keyboard.press('Escape');
    await scene.keeps(customer.page, 'sandbox-js-challenge');
    await customer.bank.getByRole('button', { name: 'Fail authentication' }).click();
    const { error } = await refused;
    assert.deepEqual(
      [error.code, error.message, error.payment_intent.status],
      ['payment_intent_authentication_failure', 'We are unable to authenticate your payment method. Please choose a different payment method and try again.', 'requires_payment_method'],
    );
    const passed = customer.does(confirm, [undefined, 'if_required']);
    await customer.bank.getByRole('button', { name: 'Complete authentication' }).click();
    assert.equal((await passed).paymentIntent.status, 'succeeded');
    assert.equal(await customer.page.locator('dialog').count(), 0);
  });

  story('confirms once when the button is pressed twice', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4242424242424242');
    const [first, second] = await customer.does(() => {
      const pay = () => window.stripe.confirmPayment({ elements: window.elements, redirect: 'if_required' });
      return Promise.all([pay(), pay().catch((error) => error.message)]);
    });
    assert.equal(first.paymentIntent.status, 'succeeded');
    assert.match(second, /^You have an in-flight confirmPayment! Please be sure to disable your form submit button/);
    const { requests } = await scene.sandbox.control('GET', '/requests');
    assert.equal(requests.filter(({ path }) => path === `/v1/payment_intents/${intent.id}/confirm`).length, 1);
  });

  story('says that the network is away, and works when it is back', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4242424242424242');
    await customer.page.route('**/confirm', (route) => route.abort('connectionreset'));
    const { error } = await customer.does(confirm, [undefined, 'if_required']);
    assert.equal(error.type, 'api_connection_error');
    assert.match(error.message, /^We are experiencing issues connecting to our payments provider\./);
    await customer.page.unroute('**/confirm');
    await customer.page.route('**/confirm', (route) => route.fulfill({ status: 502, body: '<html>Bad Gateway</html>' }));
    assert.equal((await customer.does(confirm, [undefined, 'if_required'])).error.type, 'api_error');
    await customer.page.unroute('**/confirm');
    assert.equal((await customer.does(confirm, [undefined, 'if_required'])).paymentIntent.status, 'succeeded');
    scene.expects(/^request: net::ERR_CONNECTION_RESET POST .*\/confirm$/);
    scene.expects(/^response: 502 POST .*\/confirm$/);
  });

  story('confirms with a saved payment method where there are no elements', async (scene) => {
    const intent = await scene.intends({ payment_method: 'pm_card_visa' });
    const customer = await scene.customer();
    const { paymentIntent } = await customer.does(([clientSecret]) =>
      window.stripe.confirmPayment({ clientSecret, redirect: 'if_required' }), [intent.client_secret]);
    assert.equal(paymentIntent.status, 'succeeded');
  });

  story('goes on when the bank’s page cannot be shown', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.page.clock.install();
    await customer.gets({ clientSecret: intent.client_secret });
    await customer.types('4000002500003155');
    await customer.page.route('**/3ds/**', (route) => route.abort('connectionreset'));
    const lost = customer.does(confirm, [undefined, 'if_required']);
    await customer.page.locator('dialog').waitFor();
    await customer.page.clock.fastForward(16_000);
    assert.equal((await lost).error.type, 'api_connection_error');
    assert.equal(await customer.page.locator('dialog').count(), 0);
    await customer.page.unroute('**/3ds/**');
    const passed = customer.does(confirm, [undefined, 'if_required']);
    await customer.bank.getByRole('button', { name: 'Complete authentication' }).click();
    assert.equal((await passed).paymentIntent.status, 'succeeded');
    scene.expects(/^request: net::ERR_CONNECTION_RESET GET .*\/3ds\//);
  });
});
