// The card form, in a frame of the sandbox's origin. Card data goes from here to the sandbox and
// nowhere else; the merchant's page learns whether the form is complete, and what came of it.
'use strict';

const PARENT = new URLSearchParams(window.location.search).get('parent') || '';
const MESSAGE = 'stripe-sandbox:';

const COUNTRIES = ('AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW '
  + 'BY BZ CA CD CF CG CH CI CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FO FR GA GB '
  + 'GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG '
  + 'KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MO MQ MR MS MT MU MV '
  + 'MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PY QA RE RO RS RU RW '
  + 'SA SB SC SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG '
  + 'US UY UZ VA VC VE VG VN VU WF WS XK YE YT ZA ZM ZW').split(' ');

const TEXTS = {
  en: {
    hint: 'Sandbox — test card form', number: 'Card number', expiry: 'Expiration date',
    cvc: 'Security code', country: 'Country',
    incomplete_number: 'Your card number is incomplete.',
    invalid_number: 'Your card number is invalid.',
    incomplete_expiry: "Your card's expiration date is incomplete.",
    invalid_expiry: "Your card's expiration date is invalid.",
    invalid_expiry_year_past: "Your card's expiration date is in the past.",
    incomplete_cvc: "Your card's security code is incomplete.",
  },
  de: {
    hint: 'Sandbox – Testformular für Karten', number: 'Kartennummer', expiry: 'Ablaufdatum',
    cvc: 'Prüfziffer', country: 'Land',
    incomplete_number: 'Die Kartennummer ist unvollständig.',
    invalid_number: 'Die Kartennummer ist ungültig.',
    incomplete_expiry: 'Das Ablaufdatum der Karte ist unvollständig.',
    invalid_expiry: 'Das Ablaufdatum der Karte ist ungültig.',
    invalid_expiry_year_past: 'Das Ablaufdatum der Karte liegt in der Vergangenheit.',
    incomplete_cvc: 'Die Prüfziffer der Karte ist unvollständig.',
  },
  fr: {
    hint: 'Sandbox — formulaire de carte de test', number: 'Numéro de carte', expiry: "Date d'expiration",
    cvc: 'Code de sécurité', country: 'Pays',
    incomplete_number: 'Le numéro de votre carte est incomplet.',
    invalid_number: 'Le numéro de votre carte est invalide.',
    incomplete_expiry: "La date d'expiration de votre carte est incomplète.",
    invalid_expiry: "La date d'expiration de votre carte est invalide.",
    invalid_expiry_year_past: "La date d'expiration de votre carte est passée.",
    incomplete_cvc: 'Le code de sécurité de votre carte est incomplet.',
  },
};

const fields = {
  number: document.getElementById('number'),
  expiry: document.getElementById('expiry'),
  cvc: document.getElementById('cvc'),
};
const country = document.getElementById('country');
let publishableKey = '';
let texts = TEXTS.en;
let lastChange = '';
let ready = false;

// -------------------------------------------------------------------- talking with the parent

function send(type, detail = {}) {
  window.parent.postMessage({ type: MESSAGE + type, ...detail }, PARENT);
}

window.addEventListener('message', (event) => {
  if (event.source !== window.parent || event.origin !== PARENT) return;
  const { type, ...detail } = event.data || {};
  switch (type) {
    case `${MESSAGE}configure`: configure(detail); break;
    case `${MESSAGE}focus`: fields.number.focus(); break;
    case `${MESSAGE}blur`: document.activeElement?.blur(); break;
    case `${MESSAGE}clear`: clear(); break;
    case `${MESSAGE}call`: reply(detail); break;
    default:
  }
});

async function reply({ call, method, detail }) {
  const methods = { submit, confirm, createPaymentMethod };
  const answer = await methods[method](detail);
  send('reply', { call, answer });
}

// -------------------------------------------------------------------- look and language

function configure({ publishableKey: key, appearance, locale }) {
  publishableKey = key;
  document.documentElement.dataset.theme = appearance.theme;
  for (const [name, value] of Object.entries(appearance.variables)) {
    document.documentElement.style.setProperty(`--${name}`, value);
  }
  const language = String(locale).split('-')[0];
  texts = TEXTS[language] || TEXTS.en;
  document.documentElement.lang = TEXTS[language] ? language : 'en';
  for (const node of document.querySelectorAll('[data-text]')) {
    node.textContent = texts[node.dataset.text];
  }
  fillCountries(locale);
  if (!ready) {
    ready = true;
    send('ready');
  }
}

function fillCountries(locale) {
  let language = document.documentElement.lang;
  const chosen = country.value || /-([A-Z]{2})$/.exec(locale)?.[1] || 'US';
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const options = COUNTRIES.map((code) => [names.of(code), code])
    .sort(([a], [b]) => a.localeCompare(b, language))
    .map(([name, code]) => new Option(name, code, code === chosen, code === chosen));
  country.replaceChildren(...options);
}

new ResizeObserver(() => {
  send('height', { height: document.body.getBoundingClientRect().height });
}).observe(document.body);

// -------------------------------------------------------------------- typing

const digits = (text) => text.replace(/\D/g, '');
const isAmex = () => /^3[47]/.test(digits(fields.number.value));

function formatNumber(text) {
  const number = digits(text).slice(0, isAmex() ? 15 : 19);
  const groups = isAmex()
    ? [number.slice(0, 4), number.slice(4, 10), number.slice(10)]
    : number.match(/.{1,4}/g) || [];
  return groups.filter(Boolean).join(' ');
}

function formatExpiry(text, typing) {
  // A browser fills in "12/2034"; people type "1234" or "12 / 34".
  const written = /^\s*(\d{1,2})\s*\/\s*(?:20)?(\d{2})\s*$/.exec(text);
  let plain = written ? written[1].padStart(2, '0') + written[2] : digits(text);
  if (/^[2-9]/.test(plain)) plain = `0${plain}`;
  plain = plain.slice(0, 4);
  if (plain.length > 2) return `${plain.slice(0, 2)} / ${plain.slice(2)}`;
  return plain.length === 2 && typing ? `${plain} / ` : plain;
}

// Rewrites what was typed, and leaves the caret behind the same digit.
function rewrite(input, formatted) {
  if (input.value === formatted) return;
  const before = digits(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  input.value = formatted;
  let caret = formatted.length;
  if (!atEnd) {
    for (let seen = caret = 0; caret < formatted.length && seen < before; caret += 1) {
      if (/\d/.test(formatted[caret])) seen += 1;
    }
  }
  if (document.activeElement === input) input.setSelectionRange(caret, caret);
}

fields.number.addEventListener('input', () => {
  rewrite(fields.number, formatNumber(fields.number.value));
  fields.cvc.maxLength = isAmex() ? 4 : 3;
});
fields.expiry.addEventListener('input', (event) => {
  const deleting = event.inputType?.startsWith('delete');
  if (deleting && /\d\d \/$/.test(fields.expiry.value)) fields.expiry.value = fields.expiry.value.slice(0, 2);
  rewrite(fields.expiry, deleting && fields.expiry.value.length <= 2
    ? digits(fields.expiry.value)
    : formatExpiry(fields.expiry.value, !deleting));
});
fields.cvc.addEventListener('input', () => {
  rewrite(fields.cvc, digits(fields.cvc.value).slice(0, isAmex() ? 4 : 3));
});
for (const [name, input] of Object.entries(fields)) {
  input.addEventListener('input', () => {
    const code = problem(name);
    show(name, code?.startsWith('invalid') ? code : null);
    changed();
  });
  input.addEventListener('blur', () => {
    if (input.value) show(name, problem(name));
  });
}
document.addEventListener('focusin', () => send('event', { event: 'focus', payload: {} }));
document.addEventListener('focusout', () => send('event', { event: 'blur', payload: {} }));
document.getElementById('card').addEventListener('submit', (event) => event.preventDefault());

function clear() {
  for (const [name, input] of Object.entries(fields)) {
    input.value = '';
    show(name, null);
  }
  changed();
}

function changed() {
  const inputs = Object.values(fields);
  const payload = {
    collapsed: false,
    complete: Object.keys(fields).every((name) => !problem(name)),
    empty: inputs.every((input) => !input.value),
    value: { type: 'card' },
  };
  const now = JSON.stringify(payload);
  if (now === lastChange) return;
  lastChange = now;
  send('event', { event: 'change', payload });
}

// -------------------------------------------------------------------- validation

function problem(name) {
  return { number: numberProblem, expiry: expiryProblem, cvc: cvcProblem }[name]();
}

function numberProblem() {
  const number = digits(fields.number.value);
  const length = isAmex() ? 15 : /^(36|38|39|30[0-5])/.test(number) ? 14 : 16;
  if (number.length < length) return 'incomplete_number';
  return luhn(number) ? null : 'invalid_number';
}

function luhn(number) {
  let sum = 0;
  [...number].reverse().forEach((character, place) => {
    const digit = Number(character) * (place % 2 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  });
  return sum % 10 === 0;
}

function expiryProblem() {
  const plain = digits(fields.expiry.value);
  if (plain.length >= 2 && !(plain.slice(0, 2) >= '01' && plain.slice(0, 2) <= '12')) return 'invalid_expiry';
  if (plain.length < 4) return 'incomplete_expiry';
  const { month, year } = expiry();
  const today = new Date();
  const past = year * 12 + month < today.getFullYear() * 12 + today.getMonth() + 1;
  if (past) return 'invalid_expiry_year_past';
  return year > today.getFullYear() + 50 ? 'invalid_expiry' : null;
}

function expiry() {
  const plain = digits(fields.expiry.value);
  return { month: Number(plain.slice(0, 2)), year: 2000 + Number(plain.slice(2, 4)) };
}

function cvcProblem() {
  return digits(fields.cvc.value).length < (isAmex() ? 4 : 3) ? 'incomplete_cvc' : null;
}

function show(name, code) {
  document.getElementById(`${name}-error`).textContent = code ? texts[code] : '';
  if (code) fields[name].setAttribute('aria-invalid', 'true');
  else fields[name].removeAttribute('aria-invalid');
}

// Shows every problem, and answers with the first.
function validate() {
  let first = null;
  for (const name of Object.keys(fields)) {
    const code = problem(name);
    show(name, code);
    if (code && !first) {
      first = { type: 'validation_error', code, message: texts[code] };
      fields[name].focus();
    }
  }
  return first;
}

// -------------------------------------------------------------------- what the parent asks for

function submit() {
  const error = validate();
  return error ? { error } : { selectedPaymentMethod: 'card' };
}

async function confirm({ id, clientSecret, confirmParams, defaultBillingDetails }) {
  const error = validate();
  if (error) return { error };
  const { return_url, receipt_email, shipping, payment_method_data: given } = confirmParams;
  const answer = await post(`/v1/payment_intents/${id}/confirm`, {
    client_secret: clientSecret,
    payment_method_data: card(given?.billing_details, defaultBillingDetails),
    use_stripe_sdk: true,
    return_url,
    receipt_email,
    shipping,
  });
  if (!answer.error) return { paymentIntent: answer };
  markRefused(answer.error);
  return { error: answer.error };
}

async function createPaymentMethod({ params, defaultBillingDetails }) {
  const error = validate();
  if (error) return { error };
  const answer = await post('/v1/payment_methods', card(params.billing_details, defaultBillingDetails));
  return answer.error ? { error: answer.error } : { paymentMethod: answer };
}

function card(billingDetails = {}, defaults = {}) {
  const { month, year } = expiry();
  const address = { country: country.value, ...defaults.address, ...billingDetails.address };
  return {
    type: 'card',
    card: { number: digits(fields.number.value), exp_month: month, exp_year: year, cvc: digits(fields.cvc.value) },
    billing_details: { ...defaults, ...billingDetails, address },
  };
}

// A refusal that is about one field stands beside that field.
function markRefused({ message, param = '' }) {
  const name = { number: 'number', exp_month: 'expiry', exp_year: 'expiry', cvc: 'cvc' }[param];
  if (!name) return;
  document.getElementById(`${name}-error`).textContent = message;
  fields[name].setAttribute('aria-invalid', 'true');
}

async function post(path, params) {
  const body = new URLSearchParams();
  encode(body, '', params);
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${publishableKey}` },
      body,
    });
    return await response.json();
  } catch {
    return {
      error: {
        type: 'api_connection_error',
        message: 'We are experiencing issues connecting to our payments provider. You have not been charged. Please check your internet connection and try again.',
      },
    };
  }
}

// Stripe's nested form encoding.
function encode(body, prefix, value) {
  if (value === undefined || value === null || value === '') return;
  if (typeof value !== 'object') {
    body.append(prefix, String(value));
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    encode(body, prefix ? `${prefix}[${name}]` : name, inner);
  }
}

send('hello');
