// The part of the Stripe.js stand-in that shows the card form: elements(options) and the payment
// element. Served together with stripe.js, which holds what both use.

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
      // Wider than its place by the room that the frame keeps for focus rings, as Stripe's own is.
      width: 'calc(100% + 8px)', height: '260px', border: '0', margin: '-4px', padding: '0', display: 'block',
      // A frame whose scheme is not its page's is painted opaque; the form's colours come with `appearance`.
      overflow: 'hidden', colorScheme: 'light', background: 'transparent',
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

  // An unusable key or client secret shows before the shopper types anything: either `ready` or
  // `loaderror` is emitted, never both.
  async _checkSession() {
    const frameReady = this._ready;
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
    } else {
      await frameReady;
      this._emit('ready', {});
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
