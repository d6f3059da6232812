// A stand-in for Stripe.js, for development and tests. Served by the sandbox at /v3/.
//
// Card data is typed into a frame of the sandbox's origin and goes from there to the sandbox only;
// this script, which runs in the merchant's page, never sees it. Styles are set through the CSSOM,
// so that a strict style-src of the merchant's page allows them.
//
// Its files are served inside one function; see pages/stripe_js.rs.

const ORIGIN = new URL(ownScript().src).origin;

function ownScript() {
  return document.currentScript
    || [...document.scripts].find((script) => /\/v3\/?(\?|$)/.test(script.src));
}

// ---------------------------------------------------------------- Stripe(publishableKey, options)

function Stripe(publishableKey, options = {}) {
  checkKey(publishableKey);
  checkObject(options, 'Stripe()');
  const client = { key: publishableKey, account: options.stripeAccount, locale: options.locale };
  return {
    elements: (elementsOptions = {}) => new Elements(client, elementsOptions),
    confirmPayment: (request) => confirmWithElements(client, 'stripe.confirmPayment()', 'pi', request),
    confirmSetup: (request) => confirmWithElements(client, 'stripe.confirmSetup()', 'seti', request),
    confirmCardPayment: (secret, data, how) => confirmCard(client, 'confirmCardPayment', 'pi', secret, data, how),
    confirmCardSetup: (secret, data, how) => confirmCard(client, 'confirmCardSetup', 'seti', secret, data, how),
    handleNextAction: (request) => handleNextAction(client, request),
    handleCardAction: (secret) => handleCardAction(client, secret),
    retrievePaymentIntent: async (secret) => retrieve(client, intentOf(secret, 'stripe.retrievePaymentIntent', 'pi')),
    retrieveSetupIntent: async (secret) => retrieve(client, intentOf(secret, 'stripe.retrieveSetupIntent', 'seti')),
    createPaymentMethod: (...given) => createPaymentMethod(client, ...given),
    // React's bindings look whether it is there before they believe that this is Stripe.
    createToken: async () => {
      throw new IntegrationError('The sandbox has no tokens: use stripe.createPaymentMethod().');
    },
    registerAppInfo() {},
    _registerWrapper() {},
  };
}
Stripe.version = 3;

function checkKey(key) {
  if (typeof key === 'string' && /^[sr]k_/.test(key)) {
    throw new IntegrationError('You should not use your secret key with Stripe.js.\nPlease pass a publishable key instead.');
  }
  if (typeof key !== 'string' || !/^pk_(test|live)_./.test(key)) {
    const used = key === '' ? 'an empty string' : typeof key === 'string' ? `"${key}"` : String(key);
    throw new IntegrationError(`Please call Stripe() with your publishable key. You used ${used}.`);
  }
}

function style(node, rules) {
  Object.assign(node.style, rules);
}

window.Stripe = Stripe;
