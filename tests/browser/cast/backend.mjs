// The demo merchant's own back end: it holds the store's API key and believes nothing but the API.

import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callJson } from './call_json.mjs';

export class Backend {
  #server;

  /** @param {Awaited<ReturnType<import('../lib/server.mjs').startServer>>} server */
  constructor(server) {
    this.#server = server;
  }

  /** The orders that a shopper placed under this e-mail address, newest first. */
  async ordersOf(email) {
    const { data } = await this.#call('GET', '/orders?limit=100');
    return data.filter((order) => order.email === email);
  }

  /** Puts a product on sale. */
  sell(product) {
    return this.#call('POST', '/products', product);
  }

  /** Offers a way of delivery. */
  ships(method) {
    return this.#call('POST', '/shipping-methods', method);
  }

  /** Offers a way to pay by hand. */
  takes(method) {
    return this.#call('POST', '/payment-methods', method);
  }

  /** Puts a product of the catalogue into a new cart. */
  async cartOf(productName) {
    const { data } = await this.#call('GET', '/products?limit=100');
    const product = data.find(({ name }) => name === productName);
    return this.#call('POST', '/carts', { items: [{ product_id: product.id, quantity: 1 }] });
  }

  /** A payment link of a cart for somebody in Berlin: `{payment_url, payment_intent_id, expires_at}`. */
  linkOf(cart, email) {
    const shipping_address = { name: 'Ada Lovelace', line1: 'Hidden Street 12', city: 'Berlin', country: 'DE' };
    return this.#call('POST', '/payment-links', { cart_id: cart.id, email, shipping_address });
  }

  /** What a shopper lets the shop keep. */
  async savedOf(email) {
    return (await this.#call('GET', `/saved-payment-methods?email=${encodeURIComponent(email)}`)).data;
  }

  /** Changes a product. */
  reprices(productId, unitAmount) {
    return this.#call('PATCH', `/products/${productId}`, { unit_amount: unitAmount });
  }

  /** Takes a product off the shelves. */
  withdraw(productId) {
    return this.#call('DELETE', `/products/${productId}`);
  }

  /** The checkout link of the same checkout, which ends in `lifeSeconds` (negative: it is over). */
  async withLife(checkoutUrl, lifeSeconds) {
    const [keys, url] = [await readFile(join(this.#server.folder, 'data', 'token_keys'), 'utf8'), new URL(checkoutUrl)];
    const [header, claims] = url.pathname.split('/').at(-1).split('.');
    const nowSeconds = Math.floor(Date.now() / 1000);
    const ended = { ...JSON.parse(Buffer.from(claims, 'base64url')), iat: nowSeconds - 1800 + lifeSeconds, exp: nowSeconds + lifeSeconds };
    const signed = `${header}.${Buffer.from(JSON.stringify(ended)).toString('base64url')}`;
    const key = Buffer.from(keys.trim().split(',')[0], 'base64url');
    url.pathname = `/checkout/${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
    return url.href;
  }

  #call(method, path, body) {
    const { public_url, stores, api_key } = this.#server;
    return callJson(method, `${public_url}/api/v1/stores/${stores[0].id}${path}`, { bearer: api_key, body });
  }
}
