// elements(options): a group of elements that collect for one intent, made already or only later.

// What Stripe takes; filled in by the server.
const CURRENCIES = '{{CURRENCIES}}'.split(', ');
const MODES = ['payment', 'setup', 'subscription'];
// Options that describe an intent that does not exist yet.
const DEFERRED_ONLY = ['mode', 'amount', 'setupFutureUsage', 'captureMethod', 'onBehalfOf', 'paymentMethodTypes'];
const SUBMIT_GUIDE = 'https://stripe.com/docs/payments/accept-a-payment-deferred';

class Elements {
  constructor(client, options) {
    checkObject(options, 'elements()');
    if (options.clientSecret !== undefined) {
      intentOf(options.clientSecret, 'elements()');
      if (options.mode !== undefined) {
        throw invalid('elements()', 'mode should not be specified together with clientSecret', options.mode);
      }
    } else {
      checkDeferred(options, 'elements()');
    }
    this._client = client;
    this._options = { locale: client.locale, ...options };
    this._submitted = false;
    this._made = new Map();
  }

  create(type, options = {}) {
    if (type !== 'payment' && type !== 'card') {
      throw new IntegrationError(`The sandbox has the elements "payment" and "card" only, not "${type}".`);
    }
    if (this._made.has(type)) throw new IntegrationError(`Can only create one Element of type ${type}.`);
    if (type === 'payment' && !this._options.clientSecret && !this._options.mode) {
      throw new IntegrationError(
        'In order to create a payment element, you must pass a clientSecret or mode when creating the Elements group.');
    }
    const element = new FrameElement(this, type, options);
    this._made.set(type, element);
    return element;
  }

  getElement(type) {
    return this._made.get(type) || null;
  }

  update(options) {
    checkObject(options, 'elements.update()');
    if (options.clientSecret !== undefined) {
      throw invalid('elements.update()', 'clientSecret cannot be updated');
    }
    const misplaced = DEFERRED_ONLY.find((name) => options[name] !== undefined);
    if (misplaced && !this._options.mode) {
      throw invalid('elements.update()', `\`${misplaced}\` is only applicable when a \`mode\` is set`);
    }
    const changed = { ...this._options, ...options };
    if (changed.mode) checkDeferred(changed, 'elements.update()');
    this._options = changed;
    for (const element of this._made.values()) element.configure();
  }

  // Reads the intent anew, for what the server has changed in it.
  async fetchUpdates() {
    if (!this._options.clientSecret) return {};
    const intent = intentOf(this._options.clientSecret, 'elements.fetchUpdates');
    const { error } = await retrieve(this._client, intent);
    return error ? { error } : {};
  }

  async submit() {
    const payment = this._made.get('payment');
    if (!payment?.isMounted) {
      throw invalid('elements.submit()', 'elements should have a mounted Payment Element or Express Checkout Element');
    }
    const answer = await payment.call('submit', {});
    this._submitted = !answer.error;
    return answer;
  }

  // The payment element that `method` collects from.
  _paymentFor(method) {
    const payment = this._made?.get('payment');
    if (!payment?.isMounted) {
      const others = this._made?.size ? ' It looks like you have other Elements on the page.' : '';
      throw new IntegrationError(`Invalid value for ${method}: elements should have a mounted Payment Element or Express Checkout Element.${others}`);
    }
    return payment;
  }

  _checkSubmitted(method) {
    if (this._submitted || !this._options.mode) return;
    throw new IntegrationError(`elements.submit() must be called before ${method}. Call elements.submit() as soon as your customer presses pay, prior to any asynchronous work. Integration guide: ${SUBMIT_GUIDE}`);
  }
}

function checkDeferred(options, label) {
  if (options.mode === undefined) return;
  checkOneOf('mode', options.mode, MODES, label);
  if (options.mode !== 'setup') {
    if (options.amount === undefined) throw missing(label, 'amount should be a number');
    const least = options.mode === 'payment' ? 1 : 0;
    if (!Number.isInteger(options.amount)) throw invalid(label, 'amount should be an integer', String(options.amount));
    if (options.amount < least) throw invalid(label, 'amount must be greater than 0', String(options.amount));
  }
  if (options.currency === undefined) {
    if (options.mode !== 'setup') throw missing(label, 'currency should be a string');
  } else {
    checkOneOf('currency', options.currency, CURRENCIES, label);
  }
  checkOneOf('captureMethod', options.captureMethod, ['automatic', 'automatic_async', 'manual'], label);
  checkOneOf('setupFutureUsage', options.setupFutureUsage, ['off_session', 'on_session', null], label);
  checkOneOf('paymentMethodCreation', options.paymentMethodCreation, ['manual'], label);
}
