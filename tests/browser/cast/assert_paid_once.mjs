// The end that every story of paying must have, by the merchant's API and by Stripe's books.

import assert from 'node:assert/strict';

/**
 * One order, confirmed and paid; one PaymentIntent; one charge that took the money. Returns the order.
 * @param {{backend: import('./backend.mjs').Backend, sandbox: import('./sandbox.mjs').Sandbox}} scene
 * @param {{email: string}} shopper who paid
 * @param {{number?: string, amount: number}} expected what the shopper was shown
 */
export async function assertPaidOnce({ backend, sandbox }, { email }, { number, amount }) {
  const orders = await backend.ordersOf(email);
  assert.equal(orders.length, 1, 'one order');
  const [order] = orders;
  if (number !== undefined) assert.equal(order.number, number);
  assert.deepEqual(
    {
      status: order.status,
      payment_status: order.payment_status,
      amount: order.amount,
      currency: order.currency,
      attention: order.attention,
    },
    { status: 'confirmed', payment_status: 'paid', amount, currency: 'eur', attention: [] },
  );
  assert.equal((await sandbox.paymentIntentsBeside(order.payment_intent_id)).length, 1, 'one PaymentIntent');
  const charges = await sandbox.charges(order.payment_intent_id);
  assert.deepEqual(
    charges.filter((charge) => charge.paid).map((charge) => charge.amount),
    [amount],
    'one charge',
  );
  return order;
}
