// The card form, in a frame of the sandbox's origin. Card data goes from here to the sandbox and
// nowhere else; the merchant's page learns whether the form is complete, and what came of it.
// This file talks with the merchant's page; the other files of this folder are the form.

const ORIGIN = window.location.origin;
const PARENT = new URLSearchParams(window.location.search).get('parent') || '';
const MESSAGE = 'stripe-sandbox:';
// The only requests that carry card data.
const CARD_PATHS = /^\/v1\/(payment_methods|(payment|setup)_intents\/[A-Za-z0-9_]+\/confirm)$/;

let ready = false;

function send(type, detail = {}) {
  window.parent.postMessage({ type: MESSAGE + type, ...detail }, PARENT);
}

window.addEventListener('message', (event) => {
  if (event.source !== window.parent || event.origin !== PARENT) return;
  const { type, ...detail } = event.data || {};
  switch (type) {
    case `${MESSAGE}configure`: configure(detail); break;
    case `${MESSAGE}focus`: (form.hidden ? tab : fields.number).focus(); break;
    case `${MESSAGE}blur`: document.activeElement?.blur(); break;
    case `${MESSAGE}clear`: clear(); break;
    case `${MESSAGE}collapse`: setCollapsed(true); break;
    case `${MESSAGE}call`: reply(detail); break;
    default:
  }
});

function configure(detail) {
  look(detail);
  arrange(detail);
  if (ready) return;
  ready = true;
  send('ready');
}

async function reply({ call, method, detail }) {
  const answer = await { submit, post }[method](detail);
  send('reply', { call, answer });
}

function submit() {
  const error = validate();
  return error ? { error } : { selectedPaymentMethod: 'card' };
}

// Sends a request with the card in it, at `card` (the whole body if that is empty).
async function post({ path, params, card }) {
  if (!CARD_PATHS.test(path)) return { error: { ...API_ERROR } };
  const error = validate();
  if (error) return { error };
  const given = card ? params[card] ?? {} : params;
  const filled = { ...given, type: 'card', card: cardDetails(), billing_details: billingDetails(given.billing_details) };
  const answer = await api(setup.client, 'POST', path, card ? { ...params, [card]: filled } : filled);
  if (answer.error) markRefused(answer.error);
  return answer;
}

function cardDetails() {
  const { month, year } = expiryParts(fields.expiry.value);
  return { number: digits(fields.number.value), exp_month: month, exp_year: year, cvc: digits(fields.cvc.value) };
}

// What the merchant says at the end wins over the form, and the form over the merchant's defaults.
function billingDetails(given = {}) {
  const defaults = setup.options.defaultValues?.billingDetails ?? {};
  const typed = {};
  if (!byId('country-field').hidden) typed.country = country.value;
  if (!byId('zip-field').hidden) typed.postal_code = fields.zip.value.trim();
  return { ...defaults, ...given, address: { ...defaults.address, ...typed, ...given.address } };
}

// A refusal that is about one field stands beside that field.
function markRefused({ message, param = '' }) {
  const part = /\[?([a-z_]+)\]?$/.exec(param)?.[1];
  const name = { number: 'number', exp_month: 'expiry', exp_year: 'expiry', cvc: 'cvc' }[part];
  if (name) say(name, message);
}

new ResizeObserver(() => {
  send('height', { height: document.body.getBoundingClientRect().height });
}).observe(document.body);

listen();
send('hello');
