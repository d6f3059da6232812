// A short tour with stripe-node, unmodified; the long one is told with stripe-python.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Stripe from 'stripe';

import { Shop, startSandbox } from './shop.mjs';

let sandbox;
before(async () => { sandbox = await startSandbox(); });
after(() => sandbox.stop());

/** A test with a shop of its own. */
function story(name, play) {
  test(name, async () => {
    const shop = await Shop.open(sandbox);
    try {
      await play(shop.stripe, shop);
      await shop.check();
    } finally {
      shop.close();
    }
  });
}

const CARD = { currency: 'eur', automatic_payment_methods: { enabled: true, allow_redirects: 'never' } };

story('the account and its balance', async (stripe, shop) => {
  const own = await stripe.accounts.retrieveCurrent();
  assert.equal(own.id, shop.account.account_id);
  assert.equal((await stripe.balance.retrieve()).pending[0].currency, 'eur');
});

story('a payment, held, captured and refunded', async (stripe) => {
  const made = await stripe.paymentIntents.create({ amount: 3000, capture_method: 'manual', metadata: { note: 'ü & =' }, ...CARD });
  assert.equal(made.metadata.note, 'ü & =');
  const held = await stripe.paymentIntents.confirm(made.id, { payment_method: 'pm_card_visa' });
  assert.equal(held.status, 'requires_capture');
  const taken = await stripe.paymentIntents.capture(made.id);
  assert.deepEqual([taken.status, taken.amount_received], ['succeeded', 3000]);
  const refund = await stripe.refunds.create({ payment_intent: made.id, amount: 500 });
  assert.equal(refund.status, 'succeeded');
  const read = await stripe.paymentIntents.retrieve(made.id, { expand: ['latest_charge.balance_transaction', 'payment_method'] });
  assert.equal(read.latest_charge.amount_refunded, 500);
  assert.equal(read.latest_charge.balance_transaction.amount, 3000);
  assert.equal(read.payment_method.card.last4, '4242');
});

story('declines and refusals are errors of the right class', async (stripe, shop) => {
  await assert.rejects(shop.paid({ payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }), (error) =>
    error instanceof Stripe.errors.StripeCardError && error.code === 'card_declined'
    && error.decline_code === 'insufficient_funds' && error.payment_intent.status === 'requires_payment_method');
  await assert.rejects(stripe.paymentIntents.create({ amount: 1, currency: 'eur' }), (error) =>
    error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'amount_too_small'
    && error.param === 'amount' && error.requestId.startsWith('req_'));
  await assert.rejects(stripe.paymentIntents.create({ amount: 2000, currency: 'eur', colour: 'red' }), { code: 'parameter_unknown', param: 'colour' });
  await assert.rejects(stripe.customers.retrieve('cus_nobody'), { statusCode: 404, code: 'resource_missing' });
  await assert.rejects(shop.clientWith('sk_test_FAKE_nobody').balance.retrieve(), Stripe.errors.StripeAuthenticationError);
});

story('an idempotency key replays, a fault is tried again with the same key', async (stripe, shop) => {
  const options = { idempotencyKey: 'once' };
  const first = await stripe.customers.create({ name: 'Jenny' }, options);
  const second = await stripe.customers.create({ name: 'Jenny' }, options);
  assert.equal(first.id, second.id);
  assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
  await assert.rejects(stripe.customers.create({ name: 'Max' }, options), Stripe.errors.StripeIdempotencyError);
  for (const kind of ['500', 'reset', 'after_effect_reset']) {
    await shop.control('POST', '/faults', { account: shop.account.account_id, path_prefix: '/v1/payment_intents', times: 1, kind });
    const patient = shop.clientWith(shop.account.secret_key, { maxNetworkRetries: 2 });
    const intent = await patient.paymentIntents.create({ amount: 2000, ...CARD });
    const made = await stripe.paymentIntents.list();
    assert.equal(made.data.filter((one) => one.id === intent.id).length, 1);
  }
  assert.equal((await stripe.paymentIntents.list()).data.length, 3);
});

story('lists are walked to their end', async (stripe) => {
  const made = new Set();
  for (let number = 0; number < 25; number += 1) made.add((await stripe.customers.create({ name: `${number}` })).id);
  const seen = [];
  for await (const customer of stripe.customers.list({ limit: 10 })) seen.push(customer.id);
  assert.equal(seen.length, 25);
  assert.deepEqual(new Set(seen), made);
});

story('cards are saved, charged off session and removed', async (stripe, shop) => {
  const customer = await stripe.customers.create({ email: 'jenny@example.com' });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const paid = await shop.paid({ customer: customer.id, payment_method: method.id, off_session: true });
  assert.equal(paid.status, 'succeeded');
  const saved = await stripe.customers.listPaymentMethods(customer.id);
  assert.deepEqual(saved.data.map((one) => one.id), [method.id]);
  assert.equal((await stripe.paymentMethods.detach(method.id)).customer, null);
  assert.equal((await stripe.customers.del(customer.id)).deleted, true);
});

story('a dispute is answered and won', async (stripe, shop) => {
  const paid = await shop.paid({ payment_method: 'pm_card_createDispute' });
  const { data: [dispute] } = await stripe.disputes.list({ payment_intent: paid.id });
  await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' }, submit: true });
  assert.equal((await stripe.disputes.retrieve(dispute.id)).status, 'won');
});

story('products and prices', async (stripe) => {
  const product = await stripe.products.create({ name: 'Coffee', default_price_data: { currency: 'eur', unit_amount: 999 } });
  const price = await stripe.prices.create({
    product: product.id, currency: 'eur', billing_scheme: 'tiered', tiers_mode: 'volume', recurring: { interval: 'month' },
    tiers: [{ up_to: 10, unit_amount: 500 }, { up_to: 'inf', unit_amount: 300 }], expand: ['tiers'],
  });
  assert.equal(price.tiers.length, 2);
  assert.equal((await stripe.prices.list({ product: product.id })).data.length, 2);
});

story('an event is signed, and a forged one refused', async (stripe, shop) => {
  await stripe.customers.create({ name: 'Jenny' });
  await shop.control('POST', '/deliveries/settle');
  const [{ body, signature }] = shop.received;
  const event = stripe.webhooks.constructEvent(body, signature, shop.endpoint.secret);
  assert.equal(event.type, 'customer.created');
  assert.equal((await stripe.events.retrieve(event.id)).data.object.name, 'Jenny');
  assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, shop.endpoint.secret), Stripe.errors.StripeSignatureVerificationError);
});

story('raw requests', async (stripe) => {
  const customer = await stripe.rawRequest('POST', '/v1/customers', { name: 'Jenny' });
  assert.equal(customer.object, 'customer');
  await assert.rejects(stripe.rawRequest('GET', '/v1/nothing'), { statusCode: 404 });
});
