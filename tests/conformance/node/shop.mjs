// A merchant with stripe-node, whose every answer is held against stripe-node's types.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

import Stripe from 'stripe';

import { problems } from './shapes.mjs';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const BINARY = process.env.TILLGATE_BIN ?? path.join(ROOT, 'target/debug/tillgate');

/** `tillgate sandbox` in a process of its own; `stop` ends it. */
export async function startSandbox() {
  const child = spawn(BINARY, ['sandbox', '--json', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  const { url } = JSON.parse(line);
  return {
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
    },
  };
}

let numbers = 0;

export class Shop {
  /** An account of its own, a client, and a webhook endpoint for every event. */
  static async open(sandbox) {
    numbers += 1;
    const word = `Node${numbers}`;
    const shop = new Shop();
    shop.url = sandbox.url;
    shop.account = {
      account_id: `acct_1FAKE${word}`, publishable_key: `pk_test_FAKE_${word}`, secret_key: `sk_test_FAKE_${word}`,
      country: 'DE', default_currency: 'eur', business_name: word,
    };
    await shop.control('POST', '/accounts', shop.account);
    shop.client = shop.clientWith(shop.account.secret_key);
    shop.wrong = [];
    shop.stripe = shop.watched(shop.client);
    shop.received = [];
    shop.server = http.createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      shop.received.push({ body: Buffer.concat(parts), signature: request.headers['stripe-signature'] });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(shop.server, 'listening');
    shop.endpoint = await shop.stripe.webhookEndpoints.create({
      url: `http://127.0.0.1:${shop.server.address().port}/hook`, enabled_events: ['*'],
    });
    return shop;
  }

  clientWith(key, options = {}) {
    const { hostname, port } = new URL(this.url);
    return new Stripe(key, { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...options });
  }

  /** The same SDK; what it answers is noted down if it is not as typed. */
  watched(service) {
    return new Proxy(service, {
      get: (target, name) => {
        const member = target[name];
        if (typeof member === 'function') {
          return (...args) => {
            const answer = member.apply(target, args);
            answer?.then?.((value) => this.wrong.push(...problems(value)), () => {});
            return answer;
          };
        }
        return typeof member === 'object' && member !== null ? this.watched(member) : member;
      },
    });
  }

  async control(method, where, body) {
    const answer = await fetch(`${this.url}/_sandbox${where}`, {
      method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${where}: ${answer.status}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  paid(more = {}) {
    return this.stripe.paymentIntents.create({
      amount: 2000, currency: 'eur', confirm: true, payment_method: 'pm_card_visa',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' }, ...more,
    });
  }

  /** Every answer was as typed, and each event came once, signed, as typed. */
  async check() {
    await this.control('POST', '/deliveries/settle');
    const listed = [];
    for await (const event of this.client.events.list({ limit: 100 })) listed.push(event.id);
    const came = this.received.map(({ body, signature }) => {
      const event = this.client.webhooks.constructEvent(body, signature, this.endpoint.secret);
      this.wrong.push(...problems(event.data.object, event.type));
      return event.id;
    });
    assert.deepEqual(came.sort(), listed.sort());
    assert.deepEqual([...new Set(this.wrong)], []);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
