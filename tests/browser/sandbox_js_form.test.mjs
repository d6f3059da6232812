// The payment element's form: what it asks for, what it says, and how it looks.

import assert from 'node:assert/strict';
import { tabTo } from './lib/keyboard.mjs';
import { cornerColour } from './lib/pixel.mjs';
import { sandboxStories } from './lib/sandbox_stories.mjs';
import { until } from './lib/until.mjs';

const later = { mode: 'payment', amount: 2000, currency: 'eur' };

sandboxStories('The payment element', (story) => {
  story('groups digits, knows brands and takes what is pasted', async (scene) => {
    const customer = await scene.customer();
    await customer.gets(later);
    const number = customer.form.getByLabel('Card number');
    const brand = customer.form.locator('#brand');
    for (const [typed, shown, name] of [
      ['4242-4242-4242-4242', '4242 4242 4242 4242', 'visa'],
      ['378282246310005', '3782 822463 10005', 'amex'],
      ['5555555555554444', '5555 5555 5555 4444', 'mastercard'],
      ['3056930009020004', '3056 9300 0902 0004', 'diners'],
      ['6205500000000000004', '6205 5000 0000 0000 004', 'unionpay'],
      ['9', '9', 'unknown'],
    ]) {
      await number.fill(typed);
      assert.deepEqual([await number.inputValue(), await brand.getAttribute('data-brand')], [shown, name]);
    }
    const expiry = customer.form.getByLabel('Expiration date');
    for (const [typed, shown] of [['12/2034', '12 / 34'], ['1234', '12 / 34'], ['3', '03 / '], ['2034-12', '12 / 34']]) {
      await expiry.fill(typed);
      assert.equal(await expiry.inputValue(), shown);
    }
    const kinds = await Promise.all(['Card number', 'Expiration date', 'Security code', 'Country', 'ZIP']
      .map((label) => customer.form.getByLabel(label).getAttribute('autocomplete')));
    assert.deepEqual(kinds, ['cc-number', 'cc-exp', 'cc-csc', 'billing country', 'billing postal-code']);
  });

  story('says what is wrong beside the field, for eyes and for ears', async (scene) => {
    const customer = await scene.customer({ size: 'phone' });
    await customer.gets(later);
    const { error } = await customer.does(() => window.elements.submit());
    assert.deepEqual(error, { type: 'validation_error', code: 'incomplete_number', message: 'Your card number is incomplete.' });
    for (const [label, words] of [
      ['Card number', 'Your card number is incomplete.'],
      ['Expiration date', "Your card's expiration date is incomplete."],
      ['Security code', "Your card's security code is incomplete."],
      ['ZIP', 'Your postal code is incomplete.'],
    ]) {
      const field = customer.form.getByLabel(label);
      assert.equal(await field.getAttribute('aria-invalid'), 'true', label);
      const beside = customer.form.locator(`#${await field.getAttribute('aria-describedby')}`);
      assert.equal(await beside.innerText(), words);
      assert.equal(await beside.getAttribute('role'), 'alert');
    }
    await scene.keeps(customer.page, 'sandbox-js-errors');
    await customer.types('4242 4242 4242 4241', { expiry: '12 / 20' });
    await customer.form.getByText('Your card number is invalid.').waitFor();
    await customer.form.getByText("Your card's expiration year is in the past.").waitFor();
    await customer.types('4242 4242 4242 4242');
    assert.deepEqual(await customer.does(() => window.elements.submit()), { selectedPaymentMethod: 'card' });
  });

  story('asks for a postal code only where issuers look at it', async (scene) => {
    const customer = await scene.customer();
    await customer.gets(later, { defaultValues: { billingDetails: { name: 'Ada', address: { country: 'DE' } } } });
    const country = customer.form.getByLabel('Country');
    assert.equal(await country.inputValue(), 'DE');
    assert.ok(await customer.form.locator('#zip-field').isHidden());
    await country.selectOption('GB');
    await customer.form.getByLabel('Postal code').fill('WS11 1DB');
    await customer.types('4242424242424242', { zip: null });
    await customer.does(() => window.elements.submit());
    const intent = await scene.intends();
    await customer.does(([clientSecret]) => window.stripe.confirmPayment({
      elements: window.elements, clientSecret, redirect: 'if_required',
      confirmParams: { payment_method_data: { billing_details: { email: 'ada@example.com' } } },
    }), [intent.client_secret]);
    const { payment_method: method } = await scene.sandbox.call('GET', `/v1/payment_intents/${intent.id}`, { expand: ['payment_method'] });
    const { address, name, email } = method.billing_details;
    assert.deepEqual([name, email, address.country, address.postal_code], ['Ada', 'ada@example.com', 'GB', 'WS11 1DB']);
  });

  story('leaves out what the merchant asks for, and then wants it from the merchant', async (scene) => {
    const intent = await scene.intends();
    const customer = await scene.customer();
    await customer.gets({ clientSecret: intent.client_secret }, { fields: { billingDetails: { email: 'never', address: { country: 'never', postalCode: 'never' } } } });
    assert.ok(await customer.form.locator('#country-field').isHidden());
    assert.ok(await customer.form.locator('#zip-field').isHidden());
    await customer.types('4242424242424242', { zip: null });
    const confirm = (details) => window.stripe.confirmPayment({
      elements: window.elements, redirect: 'if_required', confirmParams: { payment_method_data: { billing_details: details } },
    });
    await customer.isTold('You specified "never" for fields.billing_details.email when creating the payment Element, but did not pass confirmParams.payment_method_data.billing_details.email when calling stripe.confirmPayment().', confirm, {});
    await customer.isTold('You specified "never" for fields.billing_details.address.country', confirm, { email: 'a@example.com' });
    const { paymentIntent } = await customer.does(confirm, { email: 'a@example.com', address: { country: 'FR', postal_code: null } });
    assert.equal(paymentIntent.status, 'succeeded');
  });

  story('is a sandbox, says so, and fills in a test card at a click', async (scene) => {
    const customer = await scene.customer({ viewport: { width: 320, height: 640 } });
    await customer.gets(later);
    await customer.form.getByText('Sandbox — test card form').waitFor();
    await customer.form.getByText('Test cards').click();
    await scene.keeps(customer.page, 'sandbox-js-test-cards');
    await customer.form.getByRole('button', { name: '3782 822463 10005 · American Express, pays' }).click();
    assert.deepEqual(await customer.does(() => window.elements.submit()), { selectedPaymentMethod: 'card' });
    await customer.form.getByRole('button', { name: /declined$/ }).click();
    assert.equal(await customer.form.getByLabel('Card number').inputValue(), '4000 0000 0000 0002');
  });

  story('tells the page what happens in it', async (scene) => {
    const customer = await scene.customer();
    await customer.gets(later);
    await customer.does(() => window.element.focus());
    await until('focus inside', async () => (await customer.events('focus')).length > 0);
    const box = customer.page.locator('#payment');
    assert.match(await box.getAttribute('class'), /StripeElement--focus/);
    await customer.form.getByLabel('Card number').press('Escape');
    await customer.types('4242424242424242');
    const names = await customer.does(() => [...new Set(window.events.map(({ name }) => name))].sort());
    assert.deepEqual(names, ['blur', 'change', 'escape', 'focus', 'loaderstart', 'ready']);
    const last = (await customer.events('change')).at(-1);
    assert.deepEqual(last, { name: 'change', elementType: 'payment', complete: true, empty: false, collapsed: false, value: { type: 'card' } });
    assert.match(await box.getAttribute('class'), /StripeElement--complete/);
    await customer.does(() => window.element.clear());
    await until('empty again', async () => (await customer.events('change')).at(-1).empty);
    await customer.does(() => document.querySelector('label[for=payment]').click());
    await customer.does(() => window.element.blur());
    const submits = customer.does(() => new Promise((done) => document.querySelector('#form')
      .addEventListener('submit', (event) => { event.preventDefault(); done(true); })));
    await customer.form.getByLabel('Card number').press('Enter');
    assert.equal(await submits, true);
  });

  story('collapses, opens, comes and goes', async (scene) => {
    const customer = await scene.customer({ size: 'phone' });
    await customer.gets(later, { layout: { type: 'accordion', defaultCollapsed: true } });
    const tab = customer.form.getByRole('button', { name: 'Card' });
    assert.equal(await tab.getAttribute('aria-expanded'), 'false');
    const { error } = await customer.does(() => window.elements.submit());
    assert.equal(error.code, 'incomplete_payment_details');
    await tab.click();
    await customer.types('4242424242424242');
    await scene.keeps(customer.page, 'sandbox-js-accordion');
    await customer.does(() => { window.element.collapse(); });
    await customer.form.getByLabel('Card number').waitFor({ state: 'hidden' });
    assert.equal((await customer.events('change')).at(-1).collapsed, true);
    await customer.does(() => { window.element.update({ readOnly: true }); });
    await tab.click();
    await until('read-only', () => customer.form.getByLabel('Card number').evaluate((input) => input.readOnly));
    await customer.does(() => window.element.unmount());
    assert.equal(await customer.frame.count(), 0);
    await customer.isTold('Invalid value for elements.submit(): elements should have a mounted Payment Element', () => window.elements.submit());
    await customer.does(() => new Promise((ready) => {
      window.element.on('ready', ready);
      window.element.mount(document.querySelector('#payment'));
    }));
    await customer.does(() => window.element.destroy());
    await customer.isTold('This Element has already been destroyed. Please create a new one.', () => window.element.mount('#payment'));
    assert.equal(await customer.does(() => window.elements.getElement('payment')), null);
  });

  story('looks as the merchant says, in the dark too, and speaks the shopper’s language', async (scene) => {
    const customer = await scene.customer({ stripe: { locale: 'de' } });
    await customer.does(() => document.body.classList.add('dark'));
    await customer.gets({
      mode: 'setup', currency: 'eur',
      appearance: {
        theme: 'night',
        variables: { colorBackground: '#1f2937', colorPrimary: '#fde68a', borderRadius: '2px' },
        rules: { '.Label': { fontWeight: '700' }, '.Input': { background: 'url(http://elsewhere.example/x.png)' }, 'body': { display: 'none' } },
      },
    });
    await customer.form.getByText('Sandbox – Testformular für Karten').waitFor();
    const number = customer.form.getByLabel('Kartennummer');
    assert.equal(await number.evaluate((input) => getComputedStyle(input).backgroundColor), 'rgb(31, 41, 55)');
    assert.equal(await customer.form.locator('label').first().evaluate((label) => getComputedStyle(label).fontWeight), '700');
    assert.deepEqual(await cornerColour(customer.frame), [17, 24, 39]);
    await customer.form.getByText(/erlauben Sie Demo Coffee, Ihre Karte für künftige Zahlungen/).waitFor();
    await scene.keeps(customer.page, 'sandbox-js-night');
    await customer.does(() => window.elements.update({ locale: 'fr', appearance: { theme: 'flat' } }));
    await customer.form.getByLabel('Numéro de carte').waitFor();
  });

  story('works with the keyboard only', async (scene) => {
    const customer = await scene.customer({ reducedMotion: 'reduce' });
    const { page } = customer;
    await customer.gets(later);
    await tabTo(page, /^Test cards$/);
    await page.keyboard.press('Enter');
    await tabTo(page, /· declined$/);
    await page.keyboard.press('Enter');
    assert.equal(await customer.form.getByLabel('Card number').inputValue(), '4000 0000 0000 0002');
    await tabTo(page, /^ZIP$/);
    await tabTo(page, /^Pay$/);
  });

  story('does not begin with what cannot be paid', async (scene) => {
    const paid = await scene.intends({ payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/' });
    const customer = await scene.customer();
    await assert.rejects(customer.gets({ clientSecret: paid.client_secret }), /This PaymentIntent is in a terminal state and cannot be used to initialize Elements\./);
    const [event] = await customer.events('loaderror');
    assert.deepEqual([event.error.code, event.error.payment_intent.id], ['payment_intent_unexpected_state', paid.id]);
    assert.deepEqual(await customer.events('ready'), []);
  });
});
