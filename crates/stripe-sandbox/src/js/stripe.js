// A stand-in for Stripe.js, for development and tests. Served by the sandbox at /v3/.
//
// Card data is typed into a frame of the sandbox's origin and goes from there to the sandbox only;
// this script, which runs in the merchant's page, never sees it. Styles are set through the CSSOM,
// so that a strict style-src of the merchant's page allows them.
(() => {
  'use strict';

  const ORIGIN = new URL(ownScript().src).origin;
  const API_VERSION = '2026-10-28.endive';

  function ownScript() {
    return document.currentScript
      || [...document.scripts].find((script) => /\/v3\/?(\?|$)/.test(script.src));
  }

  class IntegrationError extends Error {
    constructor(message) {
      super(message);
      this.name = 'IntegrationError';
    }
  }

  // ---------------------------------------------------------------- Stripe(publishableKey, options)

  function Stripe(publishableKey, options = {}) {
    if (typeof publishableKey !== 'string' || !/^pk_(test|live)_./.test(publishableKey)) {
      const secret = typeof publishableKey === 'string' && /^[sr]k_/.test(publishableKey);
      throw new IntegrationError(secret
        ? 'You should not use your secret key with Stripe.js.'
        : 'Please call Stripe() with your publishable key. You used an empty or malformed string.');
    }
    const stripe = {
      elements: (elementsOptions = {}) =>
        new Elements(publishableKey, { locale: options.locale, ...elementsOptions }),
      confirmPayment: (request) => confirmPayment(publishableKey, request),
      retrievePaymentIntent: (clientSecret) => retrievePaymentIntent(publishableKey, clientSecret),
      handleNextAction: ({ clientSecret }) => handleNextAction(publishableKey, clientSecret),
      createPaymentMethod: ({ elements, params = {} }) =>
        elements._element().call('createPaymentMethod', { params }),
      registerAppInfo() {},
    };
    return stripe;
  }
  Stripe.version = 3;

  // ---------------------------------------------------------------- the API, with the publishable key

  async function api(publishableKey, path) {
    let response;
    try {
      response = await fetch(ORIGIN + path, {
        headers: { Authorization: `Bearer ${publishableKey}`, 'Stripe-Version': API_VERSION },
      });
    } catch {
      return {
        error: {
          type: 'api_connection_error',
          message: "We are experiencing issues connecting to our payments provider. You have not been charged. Please check your internet connection and try again.",
        },
      };
    }
    return response.json();
  }

  function intentId(clientSecret) {
    const found = /^(pi_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/.exec(clientSecret || '');
    if (!found) {
      throw new IntegrationError(
        'Invalid value for clientSecret: it should be a client secret of the form ${id}_secret_${secret}.');
    }
    return found[1];
  }

  async function retrievePaymentIntent(publishableKey, clientSecret) {
    const query = new URLSearchParams({ client_secret: clientSecret });
    const body = await api(publishableKey, `/v1/payment_intents/${intentId(clientSecret)}?${query}`);
    return body.error ? { error: body.error } : { paymentIntent: body };
  }

  // ---------------------------------------------------------------- confirming

  async function confirmPayment(publishableKey, request) {
    const { elements, confirmParams = {}, redirect = 'always' } = request;
    if (!elements) {
      throw new IntegrationError('stripe.confirmPayment(): elements is missing.');
    }
    const clientSecret = request.clientSecret || elements._options.clientSecret;
    const id = intentId(clientSecret);
    if (redirect === 'always' && !confirmParams.return_url) {
      throw new IntegrationError(
        'You must provide `confirmParams.return_url` when `redirect` is "always".');
    }
    if (elements._options.mode) {
      if (!elements._submitted) {
        throw new IntegrationError(
          'elements.submit() must be called before stripe.confirmPayment() is called with a deferred intent.');
      }
      const mismatch = await deferredMismatch(publishableKey, elements._options, clientSecret);
      if (mismatch) return { error: mismatch };
    }
    elements._submitted = false;

    const answer = await elements._element().call('confirm', { id, clientSecret, confirmParams });
    if (answer.error) return { error: answer.error };
    const settled = await settle(publishableKey, answer.paymentIntent, clientSecret);
    if (settled.error) return settled;
    return finish(settled.paymentIntent, clientSecret, confirmParams.return_url, redirect);
  }

  // Elements that were shown for one amount must not confirm another.
  async function deferredMismatch(publishableKey, options, clientSecret) {
    const { paymentIntent, error } = await retrievePaymentIntent(publishableKey, clientSecret);
    if (error) return error;
    const invalid = (message) => ({ type: 'invalid_request_error', message, payment_intent: paymentIntent });
    if (paymentIntent.amount !== options.amount) {
      return invalid(`The amount of the PaymentIntent (${paymentIntent.amount}) does not match the amount passed to Elements (${options.amount}).`);
    }
    if (paymentIntent.currency !== options.currency.toLowerCase()) {
      return invalid(`The currency of the PaymentIntent (${paymentIntent.currency}) does not match the currency passed to Elements (${options.currency}).`);
    }
    const manual = options.captureMethod === 'manual';
    if (manual !== (paymentIntent.capture_method === 'manual')) {
      return invalid(`The capture method of the PaymentIntent (${paymentIntent.capture_method}) does not match the capture method passed to Elements (${options.captureMethod || 'automatic'}).`);
    }
    return null;
  }

  async function handleNextAction(publishableKey, clientSecret) {
    const { paymentIntent, error } = await retrievePaymentIntent(publishableKey, clientSecret);
    if (error) return { error };
    return settle(publishableKey, paymentIntent, clientSecret);
  }

  // Shows the challenge if there is one, and says how the payment stands afterwards.
  async function settle(publishableKey, paymentIntent, clientSecret) {
    if (paymentIntent.status !== 'requires_action') return { paymentIntent };
    const action = paymentIntent.next_action;
    await challenge(action.type === 'use_stripe_sdk'
      ? action.use_stripe_sdk.stripe_js
      : action.redirect_to_url.url);
    const after = await retrievePaymentIntent(publishableKey, clientSecret);
    if (after.error) return { error: after.error };
    if (after.paymentIntent.status === 'requires_payment_method') {
      return { error: { ...after.paymentIntent.last_payment_error, payment_intent: after.paymentIntent } };
    }
    return after;
  }

  function finish(paymentIntent, clientSecret, returnUrl, redirect) {
    if (redirect === 'if_required') return { paymentIntent };
    const url = new URL(returnUrl);
    url.searchParams.set('payment_intent', paymentIntent.id);
    url.searchParams.set('payment_intent_client_secret', clientSecret);
    url.searchParams.set('redirect_status', paymentIntent.status === 'processing' ? 'pending' : 'succeeded');
    window.location.assign(url.href);
    return new Promise(() => {}); // The page goes away; nobody waits for more.
  }

  // ---------------------------------------------------------------- the 3-D Secure challenge

  function challenge(address) {
    return new Promise((done) => {
      const url = new URL(address);
      if (url.origin !== ORIGIN) throw new IntegrationError('The challenge is not a page of the sandbox.');
      url.searchParams.set('parent', window.location.origin);
      const before = document.activeElement;
      const overlay = document.createElement('div');
      overlay.setAttribute('role', 'dialog');
      overlay.setAttribute('aria-modal', 'true');
      overlay.setAttribute('aria-label', '3D Secure authentication');
      style(overlay, {
        position: 'fixed', inset: '0', zIndex: '2147483647', display: 'flex', alignItems: 'center',
        justifyContent: 'center', padding: '16px', boxSizing: 'border-box', background: 'rgba(10, 20, 40, 0.6)',
      });
      const frame = document.createElement('iframe');
      frame.title = '3D Secure challenge';
      frame.name = 'stripe-challenge-frame';
      style(frame, {
        width: '100%', maxWidth: '400px', height: '420px', maxHeight: '100%', border: '0',
        borderRadius: '12px', background: '#fff', colorScheme: 'light',
      });
      const listen = (event) => {
        if (event.origin !== ORIGIN || event.source !== frame.contentWindow) return;
        if (event.data?.type !== 'stripe-sandbox:challenge-done') return;
        window.removeEventListener('message', listen);
        overlay.remove();
        before?.focus?.();
        done();
      };
      window.addEventListener('message', listen);
      frame.addEventListener('load', () => frame.focus(), { once: true });
      frame.src = url.href;
      overlay.append(frame);
      document.body.append(overlay);
    });
  }

  function style(node, rules) {
    Object.assign(node.style, rules);
  }

  // ---------------------------------------------------------------- elements(options)

  class Elements {
    constructor(publishableKey, options) {
      this._publishableKey = publishableKey;
      this._options = options;
      this._submitted = false;
      if (options.clientSecret) {
        intentId(options.clientSecret);
      } else if (options.mode) {
        checkDeferred(options);
      }
    }

    create(type, options = {}) {
      if (type !== 'payment') {
        throw new IntegrationError(`The sandbox has only the payment element, not "${type}".`);
      }
      if (this._payment) {
        throw new IntegrationError("Can't create two Elements of type payment in the same group.");
      }
      if (!this._options.clientSecret && !this._options.mode) {
        throw new IntegrationError(
          'In order to create a payment element, you must pass a valid clientSecret or mode when creating the Elements instance.');
      }
      this._payment = new PaymentElement(this, options);
      return this._payment;
    }

    getElement(type) {
      return type === 'payment' ? this._payment || null : null;
    }

    update(options) {
      if (options.clientSecret) throw new IntegrationError('elements.update(): clientSecret cannot be changed.');
      const changed = { ...this._options, ...options };
      if (changed.mode) checkDeferred(changed);
      this._options = changed;
      this._payment?.send('configure', this._look());
    }

    async fetchUpdates() {
      if (!this._options.clientSecret) return {};
      const { error } = await retrievePaymentIntent(this._publishableKey, this._options.clientSecret);
      return error ? { error } : {};
    }

    async submit() {
      const answer = await this._element().call('submit', {});
      this._submitted = !answer.error;
      return answer;
    }

    _element() {
      if (!this._payment?._frame) {
        throw new IntegrationError('We could not retrieve data from the payment element. Please make sure it is mounted.');
      }
      return this._payment;
    }

    _look() {
      const { appearance = {}, locale = 'auto' } = this._options;
      return {
        publishableKey: this._publishableKey,
        appearance: { theme: appearance.theme || 'stripe', variables: { ...appearance.variables } },
        locale: locale === 'auto' || !locale ? navigator.language : locale,
      };
    }
  }

  function checkDeferred(options) {
    if (!['payment', 'setup', 'subscription'].includes(options.mode)) {
      throw new IntegrationError(`Invalid value for elements(): mode should be one of payment, setup, subscription. You specified: ${options.mode}.`);
    }
    if (options.mode === 'payment' && (!Number.isInteger(options.amount) || options.amount < 1)) {
      throw new IntegrationError('Invalid value for elements(): amount should be a positive integer.');
    }
    if (!/^[a-zA-Z]{3}$/.test(options.currency || '')) {
      throw new IntegrationError('Invalid value for elements(): currency should be a three-letter ISO currency code.');
    }
  }

  // ---------------------------------------------------------------- the payment element

  let frames = 0;

  class PaymentElement {
    constructor(elements, options) {
      this._elements = elements;
      this._options = options;
      this._listeners = new Map();
      this._calls = new Map();
      this._lastCall = 0;
      this._onMessage = (event) => this._receive(event);
    }

    on(event, handler) {
      if (!this._listeners.has(event)) this._listeners.set(event, new Set());
      this._listeners.get(event).add(handler);
      return this;
    }

    once(event, handler) {
      const first = (payload) => {
        this.off(event, first);
        handler(payload);
      };
      return this.on(event, first);
    }

    off(event, handler) {
      if (handler) this._listeners.get(event)?.delete(handler);
      else this._listeners.delete(event);
      return this;
    }

    mount(target) {
      const node = typeof target === 'string' ? document.querySelector(target) : target;
      if (!(node instanceof Element)) {
        throw new IntegrationError(`The selector you specified (${target}) applies to no DOM elements that are currently on the page.`);
      }
      if (this._destroyed) throw new IntegrationError('This Element has already been destroyed.');
      this.unmount();
      frames += 1;
      this._id = `stripe-sandbox-${frames}`;
      this._ready = new Promise((resolve) => { this._isReady = resolve; });
      this._frame = document.createElement('iframe');
      this._frame.title = 'Secure payment input frame';
      this._frame.name = this._id;
      style(this._frame, {
        width: '100%', height: '260px', border: '0', margin: '0', padding: '0', display: 'block',
        overflow: 'hidden', colorScheme: 'normal', background: 'transparent',
      });
      window.addEventListener('message', this._onMessage);
      this._frame.src = `${ORIGIN}/v3/card_frame?${new URLSearchParams({ parent: window.location.origin })}`;
      node.classList.add('StripeElement');
      node.replaceChildren(this._frame);
      this._node = node;
      this._checkSession();
      return this;
    }

    unmount() {
      if (!this._frame) return;
      window.removeEventListener('message', this._onMessage);
      this._frame.remove();
      this._node.classList.remove('StripeElement');
      this._frame = null;
    }

    destroy() {
      this.unmount();
      this._destroyed = true;
      if (this._elements._payment === this) this._elements._payment = null;
    }

    focus() {
      this._frame?.focus();
      this.send('focus');
    }

    blur() { this.send('blur'); }
    clear() { this.send('clear'); }
    collapse() {}

    update(options) {
      this._options = { ...this._options, ...options };
    }

    send(type, detail = {}) {
      this._frame?.contentWindow?.postMessage({ type: `stripe-sandbox:${type}`, ...detail }, ORIGIN);
    }

    // Asks the frame, and waits for its answer.
    async call(method, detail) {
      await this._ready;
      this._lastCall += 1;
      const call = this._lastCall;
      const defaults = this._options.defaultValues?.billingDetails;
      return new Promise((resolve) => {
        this._calls.set(call, resolve);
        this.send('call', { call, method, detail: { ...detail, defaultBillingDetails: toParams(defaults) } });
      });
    }

    // An unusable key or client secret shows before the shopper types anything.
    async _checkSession() {
      const { clientSecret } = this._elements._options;
      const query = new URLSearchParams(clientSecret ? { client_secret: clientSecret } : {});
      const body = await api(this._elements._publishableKey, `/v1/elements/sessions?${query}`);
      const status = body.payment_intent?.status;
      const over = ['succeeded', 'canceled', 'requires_capture', 'processing'].includes(status);
      if (body.error) {
        this._emit('loaderror', { error: body.error });
      } else if (over) {
        this._emit('loaderror', { error: {
          type: 'invalid_request_error',
          code: 'payment_intent_unexpected_state',
          message: `This PaymentIntent is in a terminal state (${status}) and cannot be used to initialize Elements.`,
          payment_intent: body.payment_intent,
        } });
      }
    }

    _receive(event) {
      if (!this._frame || event.origin !== ORIGIN || event.source !== this._frame.contentWindow) return;
      const { type, ...detail } = event.data || {};
      switch (type) {
        case 'stripe-sandbox:hello':
          this.send('configure', this._elements._look());
          break;
        case 'stripe-sandbox:ready':
          this._isReady();
          this._emit('ready', {});
          break;
        case 'stripe-sandbox:height':
          this._frame.style.height = `${Math.ceil(detail.height)}px`;
          break;
        case 'stripe-sandbox:reply':
          this._calls.get(detail.call)?.(detail.answer);
          this._calls.delete(detail.call);
          break;
        case 'stripe-sandbox:event':
          this._emit(detail.event, detail.payload);
          break;
        default:
      }
    }

    _emit(event, payload) {
      for (const handler of [...(this._listeners.get(event) || [])]) {
        handler({ elementType: 'payment', ...payload });
      }
    }
  }

  // defaultValues are camelCase in Stripe.js and snake_case in the API.
  function toParams(details) {
    if (!details) return undefined;
    const { name, email, phone, address } = details;
    return { name, email, phone, address };
  }

  window.Stripe = Stripe;
})();
