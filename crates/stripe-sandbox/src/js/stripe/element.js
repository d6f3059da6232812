// One element: the payment element or the card element, a form in a frame of the sandbox's origin.

const ENDED = ['succeeded', 'canceled', 'requires_capture', 'processing'];
const NOT_THERE = 'We could not retrieve data from the specified Element. Please make sure the Element you are attempting to use is mounted and the ready event has been emitted.';
let frames = 0;

class FrameElement {
  constructor(elements, type, options) {
    checkObject(options, `elements.create('${type}')`);
    this._elements = elements;
    this._type = type;
    this._options = options;
    this._listeners = new Map();
    this._calls = new Map();
    this._onMessage = (event) => this._receive(event);
  }

  // ---------------------------------------------------------------- what merchants call

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
    this._checkAlive();
    const node = typeof target === 'string' ? document.querySelector(target) : target;
    if (!(node instanceof Element)) {
      throw new IntegrationError(typeof target === 'string'
        ? `The selector you specified (${target}) applies to no DOM elements that are currently on the page.\nMake sure the element exists on the page before calling mount().`
        : 'Invalid DOM element. Make sure to call mount() with a valid DOM element or selector.');
    }
    if (this._frame && this._node === node) return;
    if (this._frame) throw new IntegrationError('This Element is already mounted. Use `unmount()` to unmount the Element before re-mounting.');
    this._node = node;
    this._isReady = false;
    this._frame = this._newFrame();
    window.addEventListener('message', this._onMessage);
    node.replaceChildren(this._frame);
    this._mark({ base: true, empty: true });
    this._followLabels();
    queueMicrotask(() => this._emit('loaderstart', {}));
    this._start(this._frame);
  }

  unmount() {
    this._checkAlive();
    this._leave();
  }

  destroy() {
    this._checkAlive();
    this._leave();
    this._destroyed = true;
    this._elements._made.delete(this._type);
  }

  focus() {
    this._frame?.focus();
    this._send('focus');
  }

  blur() { this._send('blur'); }
  clear() { this._send('clear'); }

  collapse() {
    this._checkAlive();
    this._send('collapse');
    return this;
  }

  update(options) {
    checkObject(options, `${this._type}Element.update()`);
    this._options = { ...this._options, ...options };
    this.configure();
    return this;
  }

  // ---------------------------------------------------------------- what the rest of this script calls

  get isMounted() {
    return Boolean(this._frame?.isConnected);
  }

  // Tells the frame how to look and what to ask for.
  configure() {
    this._send('configure', this._look());
  }

  // Asks the frame, and waits for its answer. A frame that is taken away answers nothing more.
  async call(method, detail) {
    if (!this.isMounted || !this._isReady) throw new IntegrationError(NOT_THERE);
    const call = crypto.getRandomValues(new Uint32Array(1))[0];
    return new Promise((resolve, reject) => {
      this._calls.set(call, { resolve, reject });
      this._send('call', { call, method, detail });
    });
  }

  // What the element was told not to ask for has to come from the merchant.
  checkGivenUp(given = {}, method, place) {
    const asked = this._options.fields?.billingDetails;
    for (const path of givenUp(asked)) {
      if (path.split('.').reduce((at, name) => at?.[name], given) !== undefined) continue;
      throw new IntegrationError(`You specified "never" for fields.billing_details${asked === 'never' ? '' : `.${path}`} when creating the payment Element, but did not pass ${place}.${path} when calling ${method}. If you opt out of collecting data via the payment Element using the fields option, the data must be passed in when calling ${method}.`);
    }
  }

  // ---------------------------------------------------------------- the frame

  _newFrame() {
    frames += 1;
    const frame = document.createElement('iframe');
    frame.title = this._type === 'card' ? 'Secure card payment input frame' : 'Secure payment input frame';
    frame.name = `stripe-sandbox-${frames}`;
    style(frame, {
      // Wider than its place by the room that the frame keeps for focus rings, as Stripe's own is.
      width: 'calc(100% + 8px)', height: this._type === 'card' ? '64px' : '290px', border: '0', margin: '-4px',
      padding: '0', display: 'block',
      // A frame whose scheme is not its page's is painted opaque; the form's colours come with `appearance`.
      overflow: 'hidden', colorScheme: 'light', background: 'transparent',
    });
    frame.src = `${ORIGIN}/v3/card_frame?${new URLSearchParams({ parent: window.location.origin })}`;
    return frame;
  }

  // An unusable key or client secret shows before the shopper types anything: either `ready` or
  // `loaderror` is emitted, never both.
  async _start(frame) {
    const configured = new Promise((resolve) => { this._configured = resolve; });
    const session = await this._session();
    if (this._frame !== frame) return;
    if (session.error) {
      this._emit('loaderror', { error: session.error });
      return;
    }
    this._business = session.business_name;
    await configured;
    if (this._frame !== frame) return;
    this.configure();
    this._isReady = true;
    this._emit('ready', {});
  }

  async _session() {
    const { clientSecret, mode, amount, currency } = this._elements._options;
    const body = await api(this._elements._client, 'GET', '/v1/elements/sessions', {
      client_secret: clientSecret,
      type: clientSecret ? undefined : 'deferred_intent',
      deferred_intent: mode && { mode, amount, currency },
    });
    if (body.error) return body;
    const intent = body.payment_intent || body.setup_intent;
    if (this._type === 'card' || !intent || !ENDED.includes(intent.status)) return body;
    const name = body.payment_intent ? 'PaymentIntent' : 'SetupIntent';
    const param = body.payment_intent ? 'payment_intent' : 'setup_intent';
    return { error: {
      type: 'invalid_request_error',
      code: `${param}_unexpected_state`,
      message: `This ${name} is in a terminal state and cannot be used to initialize Elements. Avoid rendering Elements in this state, or create a new ${name} if intending to collect new payment details.`,
      [param]: intent,
    } };
  }

  _look() {
    const { appearance = {}, locale, mode, setupFutureUsage, clientSecret } = this._elements._options;
    const { key, account } = this._elements._client;
    const saves = mode === 'setup' || mode === 'subscription' || Boolean(setupFutureUsage) || /^seti_/.test(clientSecret ?? '');
    return {
      client: { key, account },
      element: this._type,
      appearance,
      locale: !locale || locale === 'auto' ? navigator.language : locale,
      options: this._options,
      business: this._options.business?.name ?? this._business,
      saves,
    };
  }

  _send(type, detail = {}) {
    this._frame?.contentWindow?.postMessage(structuredCloneable({ type: `stripe-sandbox:${type}`, ...detail }), ORIGIN);
  }

  _receive(event) {
    if (!this._frame || event.origin !== ORIGIN || event.source !== this._frame.contentWindow) return;
    const { type, ...detail } = event.data || {};
    switch (type) {
      case 'stripe-sandbox:hello': this.configure(); break;
      case 'stripe-sandbox:ready': this._configured(); break;
      case 'stripe-sandbox:height': this._frame.style.height = `${Math.ceil(detail.height)}px`; break;
      case 'stripe-sandbox:enter': this._node.closest('form')?.requestSubmit(); break;
      case 'stripe-sandbox:reply':
        this._calls.get(detail.call)?.resolve(detail.answer);
        this._calls.delete(detail.call);
        break;
      case 'stripe-sandbox:event': this._emit(detail.event, detail.payload); break;
      default:
    }
  }

  _emit(event, payload) {
    if (event === 'focus') this._mark({ focus: true });
    if (event === 'blur') this._mark({ focus: false });
    if (event === 'change') this._mark({ complete: payload.complete, empty: payload.empty, invalid: Boolean(payload.error) });
    for (const handler of [...(this._listeners.get(event) || [])]) {
      handler({ elementType: this._type, ...payload });
    }
  }

  _leave() {
    if (!this._frame) return;
    window.removeEventListener('message', this._onMessage);
    this._frame.remove();
    this._frame = null;
    this._mark({ base: false, focus: false, complete: false, empty: false, invalid: false });
    for (const { reject } of this._calls.values()) reject(new IntegrationError(NOT_THERE));
    this._calls.clear();
  }

  // Merchants style the box around the frame by these classes.
  _mark(states) {
    for (const [state, on] of Object.entries(states)) {
      const usual = state === 'base' ? 'StripeElement' : `StripeElement--${state}`;
      this._node.classList.toggle(this._options.classes?.[state] ?? usual, on);
    }
  }

  // A label of the box leads into the frame.
  _followLabels() {
    const label = this._node.id && document.querySelector(`label[for="${CSS.escape(this._node.id)}"]`);
    label?.addEventListener('click', () => this.focus());
  }

  _checkAlive() {
    if (this._destroyed) throw new IntegrationError('This Element has already been destroyed. Please create a new one.');
  }
}

// The fields that `fields.billingDetails` switches off, as paths of the API.
function givenUp(asked) {
  const address = ['country', 'postal_code', 'state', 'city', 'line1', 'line2'].map((name) => `address.${name}`);
  if (asked === 'never') return ['name', 'email', 'phone', ...address];
  if (!asked || typeof asked !== 'object') return [];
  const off = ['name', 'email', 'phone'].filter((name) => asked[name] === 'never');
  if (asked.address === 'never') return [...off, ...address];
  const parts = { country: 'country', postalCode: 'postal_code', state: 'state', city: 'city', line1: 'line1', line2: 'line2' };
  const given = typeof asked.address === 'object' ? asked.address : {};
  return [...off, ...Object.keys(parts).filter((name) => given[name] === 'never').map((name) => `address.${parts[name]}`)];
}

// Functions and elements cannot travel to the frame, and it needs none.
function structuredCloneable(value) {
  return JSON.parse(JSON.stringify(value));
}
