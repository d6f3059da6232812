// The sandbox's own page: what happens at the sandbox appears by itself, and the buttons do what they say.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { tabTo } from './lib/keyboard.mjs';
import { sandboxStories } from './lib/sandbox_stories.mjs';
import { until } from './lib/until.mjs';

const hostile = '<script>document.title="owned"</script><img src=x onerror=alert(1)>';

/** An account of its own, so that stories side by side do not see each other's payments. */
let accounts = 0;
async function newAccount(scene, name = 'Story shop') {
  accounts += 1;
  const account = {
    account_id: `acct_1FAKEStory${accounts}`, publishable_key: `pk_test_FAKE_story_${accounts}`,
    secret_key: `sk_test_FAKE_story_${accounts}`, business_name: name,
  };
  await scene.sandbox.control('POST', '/accounts', account);
  return {
    ...account,
    call: (method, path, params) => scene.sandbox.call(method, path, params, account),
    pays: (params = {}) => scene.sandbox.call('POST', '/v1/payment_intents', {
      amount: 2000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/', ...params,
    }, account),
    opens: async (view, size = 'desktop', options = {}) => {
      const page = await scene.page(size, options);
      await page.goto(`${scene.sandbox.url}/#/${account.account_id}/test/${view}`);
      return page;
    },
  };
}

/** A merchant's endpoint whose answers the story decides. */
async function endpoint(account, answer = { status: 200 }) {
  const got = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      got.push(request.headers['stripe-signature']);
      response.writeHead(answer.status).end('thank you <b>very</b> much');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await account.call('POST', '/v1/webhook_endpoints', { url: `http://127.0.0.1:${server.address().port}/hooks`, enabled_events: { 0: '*' } });
  return { got, close: () => { server.close(); server.closeAllConnections(); } };
}

const row = (page, text) => page.locator('.rows > li').filter({ hasText: text });

sandboxStories('The sandbox’s page', (story) => {
  for (const size of ['phone', 'desktop']) {
    story(`shows payments as they come, and no other account's (${size})`, async (scene) => {
      const [account, other] = [await newAccount(scene), await newAccount(scene, 'Other shop')];
      await other.pays({ description: 'Not yours' });
      const page = await account.opens('payments', size);
      await page.getByText('No payments yet').waitFor();
      await scene.keeps(page, 'sandbox-page-empty');
      await account.pays({ description: 'Two mugs' });
      await row(page, 'Two mugs').getByText('EUR 20.00').waitFor();
      await account.pays({ amount: 500, currency: 'jpy', description: hostile });
      await row(page, 'JPY 500').getByText(hostile).waitFor();
      await account.pays({ amount: 1230, currency: 'kwd', description: 'Three decimals' });
      await row(page, 'Three decimals').getByText('KWD 1.230').waitFor();
      assert.equal(await page.getByText('Not yours').count(), 0);
      assert.equal(await page.title(), 'Payments · Stripe sandbox');
      await scene.keeps(page, 'sandbox-page-payments');
      await page.getByRole('searchbox').fill('two MUGS');
      await until('one row', async () => (await page.locator('.rows > li').count()) === 1);
      await page.getByRole('searchbox').fill('nothing like it');
      await page.getByText('Nothing has "nothing like it" in it.').waitFor();
      await page.getByLabel('Account').selectOption({ label: `Other shop (${other.account_id})` });
      await row(page, 'Not yours').waitFor();
      assert.equal(await page.getByText('Two mugs').count(), 0);
    });
  }

  story('turns pages of many payments', async (scene) => {
    const account = await newAccount(scene);
    for (let n = 1; n <= 27; n += 1) await account.call('POST', '/v1/payment_intents', { amount: 1000 + n, currency: 'eur' });
    const page = await account.opens('payments');
    await row(page, 'EUR 10.27').waitFor();
    assert.equal(await page.locator('.rows > li').count(), 25);
    await page.getByRole('button', { name: 'Older' }).click();
    await row(page, 'EUR 10.01').waitFor();
    assert.equal(await page.locator('.rows > li').count(), 2);
    await page.getByRole('button', { name: 'Newest' }).click();
    await row(page, 'EUR 10.27').waitFor();
  });

  story('plays the customer, the bank and the merchant of a payment', async (scene) => {
    const account = await newAccount(scene);
    const intent = await account.call('POST', '/v1/payment_intents', { amount: 2000, currency: 'eur', capture_method: 'manual' });
    const page = await account.opens(`payment/${intent.id}`);
    const uses = async (card) => {
      await page.getByLabel('Pay as the customer with a card').selectOption(card);
      await page.getByRole('button', { name: 'Pay', exact: true }).click();
    };
    await uses('that is declined');
    await page.getByText('generic_decline: Your card was declined.').waitFor();
    await uses('that asks the bank');
    await page.getByRole('button', { name: 'Pass authentication' }).click();
    const amount = page.getByLabel('Amount to capture (EUR)');
    await amount.fill('twelve');
    await page.getByRole('button', { name: 'Capture' }).click();
    await page.getByText('"twelve" is not an amount in EUR.').waitFor();
    await amount.fill('15.50');
    await page.getByRole('button', { name: 'Capture' }).click();
    await page.getByRole('heading', { name: /succeeded|refunded/ }).waitFor();
    await scene.keeps(page, 'sandbox-page-payment');
    const paid = await account.call('GET', `/v1/payment_intents/${intent.id}`);
    assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 1550]);
  });

  story('refunds in parts, opens a dispute, and lets the bank decide', async (scene) => {
    const account = await newAccount(scene);
    const paid = await account.pays({ description: 'Two mugs' });
    const page = await account.opens(`payment/${paid.id}`);
    await page.getByLabel('Amount to refund (EUR)').fill('5,00');
    await page.getByLabel('Reason').selectOption('Requested by customer');
    await page.getByRole('button', { name: 'Refund' }).click();
    await row(page, 'requested_by_customer').getByText('EUR 5.00').waitFor();
    await page.getByRole('heading', { name: /EUR 20.00 partially refunded/ }).waitFor();
    assert.equal(await page.getByLabel('Amount to refund (EUR)').inputValue(), '15.00');
    await page.getByLabel('Amount to refund (EUR)').fill('15.01');
    await page.getByRole('button', { name: 'Refund' }).click();
    await page.getByText(/greater than unrefunded amount|greater than/).waitFor();
    const refunds = await account.call('GET', '/v1/refunds', { payment_intent: paid.id });
    assert.deepEqual(refunds.data.map((refund) => [refund.amount, refund.reason]), [[500, 'requested_by_customer']]);

    const other = await account.pays({ amount: 3000 });
    await page.goto(`${scene.sandbox.url}/#/${account.account_id}/test/payment/${other.id}`);
    await page.getByRole('heading', { name: /EUR 30\.00/ }).waitFor();
    await page.getByLabel('The cardholder goes to the bank').selectOption('Product not received');
    await page.getByRole('button', { name: 'Dispute' }).click();
    await row(page, 'product_not_received').getByText('needs response').waitFor();
    await scene.keeps(page, 'sandbox-page-dispute');
    await page.getByRole('link', { name: 'Disputes' }).click();
    await row(page, 'product_not_received').getByRole('button', { name: 'Win' }).click();
    await row(page, 'product_not_received').getByText('won', { exact: true }).waitFor();
    const { data: [dispute] } = await account.call('GET', '/v1/disputes', { payment_intent: other.id });
    assert.equal(dispute.status, 'won');
    scene.expects(/^response: 409 POST .*\/refund$/);
  });

  story('shows deliveries live, with attempts and answers, and sends again', async (scene) => {
    const account = await newAccount(scene);
    const answer = { status: 500 };
    const hooks = await endpoint(account, answer);
    try {
      const page = await account.opens('events', 'phone');
      await page.getByText('No events yet').waitFor();
      await page.getByRole('button', { name: 'Hold deliveries' }).click();
      await page.getByText('Deliveries are held until you release them.').waitFor();
      const intent = await account.call('POST', '/v1/payment_intents', { amount: 2000, currency: 'eur' });
      await row(page, 'payment_intent.created').getByText('held').waitFor();
      assert.equal(hooks.got.length, 0);
      await scene.keeps(page, 'sandbox-page-events');
      await page.getByRole('link', { name: 'payment_intent.created' }).click();
      await page.getByRole('button', { name: 'Resend' }).click();
      await page.getByText('The event was sent again.').waitFor();
      await page.getByText('500', { exact: true }).waitFor();
      answer.status = 200;
      await page.getByRole('button', { name: 'Resend' }).click();
      await page.getByText('delivered', { exact: true }).waitFor();
      await page.getByText('Response').last().click();
      await page.getByText('thank you <b>very</b> much').last().waitFor();
      assert.equal(hooks.got.length, 2);
      await scene.keeps(page, 'sandbox-page-event');
      await page.getByRole('link', { name: intent.id }).first().click();
      await page.getByRole('heading', { name: 'EUR 20.00' }).waitFor();
    } finally {
      hooks.close();
    }
  });

  story('sets faults and takes them away', async (scene) => {
    const account = await newAccount(scene);
    const page = await account.opens('faults');
    await page.getByText('No faults: everything works.').waitFor();
    await page.getByLabel('What happens').first().selectOption('429, too many requests');
    await page.getByRole('button', { name: 'Add to requests' }).click();
    await row(page, '429').waitFor();
    await page.getByLabel('What happens').last().selectOption('sent twice');
    await page.getByRole('button', { name: 'Add to deliveries' }).click();
    await row(page, 'duplicate').waitFor();
    await scene.keeps(page, 'sandbox-page-faults');
    await assert.rejects(account.call('GET', '/v1/account'), /answered 429/);
    await row(page, '429').getByRole('button').click();
    await until('one fault', async () => (await page.locator('.rows > li').count()) === 1);
    await row(page, 'duplicate').getByRole('button').click();
    await page.getByText('No faults: everything works.').waitFor();
  });

  story('gives the keys, and says what a new account needs', async (scene) => {
    const account = await newAccount(scene, hostile);
    const page = await account.opens('accounts', 'phone', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByRole('button', { name: 'Copy secret key' }).click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), account.secret_key);
    await page.getByRole('heading', { name: hostile }).waitFor();
    await scene.keeps(page, 'sandbox-page-keys');
    for (const [view, words] of [['Customers', 'No customers yet'], ['Subscriptions', 'No subscriptions yet'], ['Invoices', 'No invoices yet'], ['Disputes', 'No disputes yet'], ['Test clocks', 'No test clocks yet']]) {
      await page.getByRole('link', { name: view }).click();
      await page.getByText(words).waitFor();
    }
  });

  story('lists customers and invoices as they come', async (scene) => {
    const account = await newAccount(scene);
    const page = await account.opens('customers', 'phone');
    await page.getByText('No customers yet').waitFor();
    const customer = await account.call('POST', '/v1/customers', { name: hostile, email: 'ada@example.com' });
    await row(page, hostile).getByText('ada@example.com ·').waitFor();
    await page.getByRole('link', { name: 'Invoices' }).click();
    await page.getByText('No invoices yet').waitFor();
    await account.call('POST', '/v1/invoiceitems', { customer: customer.id, amount: 1234, currency: 'eur' });
    const invoice = await account.call('POST', '/v1/invoices', { customer: customer.id, currency: 'eur', pending_invoice_items_behavior: 'include' });
    await row(page, invoice.id).getByText('EUR 12.34').first().waitFor();
    await account.call('POST', `/v1/invoices/${invoice.id}/finalize`);
    await row(page, invoice.id).getByText('open', { exact: true }).waitFor();
    await scene.keeps(page, 'sandbox-page-invoices');
  });

  story('moves a test clock, and the subscription that lives by it', async (scene) => {
    const account = await newAccount(scene);
    const page = await account.opens('clocks', 'phone');
    await page.getByText('No test clocks yet').waitFor();
    const clock = await account.call('POST', '/v1/test_helpers/test_clocks', { frozen_time: 1_800_000_000, name: 'Next year' });
    const customer = await account.call('POST', '/v1/customers', { test_clock: clock.id, payment_method: 'pm_card_visa', invoice_settings: { default_payment_method: 'pm_card_visa' } });
    const price = await account.call('POST', '/v1/prices', { currency: 'eur', unit_amount: 900, recurring: { interval: 'month' }, product_data: { name: 'Coffee' } });
    const subscription = await account.call('POST', '/v1/subscriptions', { customer: customer.id, items: { 0: { price: price.id } }, trial_period_days: 20 });
    await row(page, 'Next year').getByRole('button', { name: '31 days on' }).click();
    await page.getByText('The clock was advanced.').waitFor();
    await row(page, 'Next year').getByText('ready', { exact: true }).waitFor();
    await scene.keeps(page, 'sandbox-page-clocks');
    const moved = await account.call('GET', `/v1/test_helpers/test_clocks/${clock.id}`);
    assert.equal(moved.frozen_time, 1_800_000_000 + 31 * 86_400);
    await page.getByRole('link', { name: 'Subscriptions' }).click();
    await row(page, subscription.id).getByText('active', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Payments' }).click();
    await row(page, 'EUR 9.00').getByText('succeeded').waitFor();
  });

  story('works with the keyboard only, in the dark', async (scene) => {
    const account = await newAccount(scene);
    await account.pays({ description: 'Two mugs' });
    const page = await account.opens('payments', 'desktop', { colorScheme: 'dark' });
    await row(page, 'Two mugs').waitFor();
    await scene.keeps(page, 'sandbox-page-dark');
    await tabTo(page, /^EUR\s20\.00$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /EUR 20\.00/ }).waitFor();
    await tabTo(page, /^Refund$/);
  });
});
