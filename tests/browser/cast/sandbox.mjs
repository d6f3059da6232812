// What happened at Stripe, as the sandbox remembers it, and when Stripe tells us.

import { callJson } from './call_json.mjs';

export class Sandbox {
  #url;
  #secretKey;

  /** @param {{sandbox_url: string, stores: {secret_key: string}[]}} server its first store's account is looked at */
  constructor(server) {
    this.#url = server.sandbox_url;
    this.#secretKey = server.stores[0].secret_key;
  }

  /** Every PaymentIntent that was made for the cart of this one. */
  async paymentIntentsBeside(intentId) {
    const { data } = await this.#read('/v1/payment_intents?limit=100');
    const cart = data.find((intent) => intent.id === intentId).metadata.tillgate_cart_id;
    return data.filter((intent) => intent.metadata.tillgate_cart_id === cart);
  }

  /** The charges of a PaymentIntent, declined ones included. */
  async charges(intentId) {
    return (await this.#read(`/v1/charges?payment_intent=${intentId}&limit=100`)).data;
  }

  /** How often a browser asked to confirm a PaymentIntent. */
  confirmations(intentId) {
    return this.#count('POST', `/v1/payment_intents/${intentId}/confirm`);
  }

  /** How often anybody read a PaymentIntent. */
  reads(intentId) {
    return this.#count('GET', `/v1/payment_intents/${intentId}`);
  }

  /** From now on Stripe tells nobody anything until `deliver`. */
  async holdWebhooks() {
    await this.#post('/_sandbox/deliveries/mode', { mode: 'hold' });
  }

  /** Delivers what Stripe has to tell about a PaymentIntent, again if it was told before: the HTTP status of each. */
  async deliver(intentId) {
    const { data } = await this.#read('/v1/events?limit=100');
    const about = data.filter(({ data: { object } }) => object.id === intentId || object.payment_intent === intentId);
    const answers = await Promise.all(about.map((event) => this.#post('/_sandbox/deliveries/flush', { event_id: event.id })));
    return answers.flatMap((answer) => answer.deliveries.map((delivery) => delivery.status));
  }

  /** Stripe fails as the control API's `/faults` describes. */
  async fails(fault) {
    await this.#post('/_sandbox/faults', fault);
  }

  /** Lets waiting webhooks of a type of an account go. */
  async letsGo(account, event_type) {
    const { deliveries } = await this.#post('/_sandbox/deliveries/flush', { account, event_type });
    return deliveries.map((delivery) => delivery.status);
  }

  /** The merchant makes a webhook endpoint in the dashboard, and copies its signing secret. */
  async makesEndpoint(bearer, url) {
    const form = new URLSearchParams([['url', url], ['enabled_events[]', 'setup_intent.canceled']]);
    return (await callJson('POST', `${this.#url}/v1/webhook_endpoints`, { bearer, form })).secret;
  }

  /** The merchant makes a restricted key in the dashboard. */
  async makesKey({ account_id, key, permissions }) {
    await this.#post('/_sandbox/keys', { account_id, key, permissions });
    return key;
  }

  async #count(method, path) {
    const { requests } = await this.#read('/_sandbox/requests');
    return requests.filter((request) => request.method === method && request.path === path).length;
  }

  #read(path) {
    return callJson('GET', this.#url + path, { bearer: this.#secretKey });
  }

  #post(path, body) {
    return callJson('POST', this.#url + path, { body });
  }
}
