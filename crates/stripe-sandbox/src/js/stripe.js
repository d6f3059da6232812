// A stand-in for Stripe.js, for development and tests. Served by the sandbox at /v3/.
//
// Card data is typed into a frame of the sandbox's origin and goes from there to the sandbox only;
// this script, which runs in the merchant's page, never sees it. Styles are set through the CSSOM,
// so that a strict style-src of the merchant's page allows them.
//
// Served inside one function, together with elements.js; see pages.rs.

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
    // On this script's own origin, whichever of its names (localhost, 127.0.0.1) the page uses.
    const { pathname, search } = new URL(address);
    const url = new URL(pathname + search, ORIGIN);
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

window.Stripe = Stripe;
