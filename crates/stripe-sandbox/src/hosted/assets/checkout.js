// The hosted checkout page: sends what the customer has typed, shows what is wrong, goes back to the shop.
// Card data is typed into the card frame and never passes through here.
'use strict';

const form = document.getElementById('form');
const submit = document.getElementById('submit');
const error = document.getElementById('error');
const { key, mode, currency } = form.dataset;
const needsCard = form.dataset.card === 'true';
let changed = false;
let changing = null;

const stripe = needsCard ? window.Stripe(key) : null;
const elements = stripe?.elements({
  mode,
  currency: currency || undefined,
  amount: mode === 'setup' ? undefined : Number(form.dataset.amount),
  paymentMethodCreation: 'manual',
  appearance: { theme: window.matchMedia('(prefers-color-scheme: dark)').matches ? 'night' : 'stripe' },
});
const card = elements?.create('payment');
card?.on('ready', () => form.setAttribute('data-ready', ''));
card?.on('loaderror', (event) => show({ message: event.error.message }));
card?.mount('#card');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  // A second press changes nothing.
  if (form.hasAttribute('data-busy')) return;
  busy(true);
  clear();
  const problem = await pay().catch(() => ({ message: 'The sandbox cannot be reached. Nothing is lost: try again.' }));
  if (problem) {
    busy(false);
    show(problem);
  }
});

document.addEventListener('change', (event) => {
  if (event.target.matches('[name=quantity], [name=shipping_rate]')) change();
});

// Nothing when the customer is on the way back to the shop; otherwise what is wrong.
async function pay() {
  await changing;
  const payer = typed();
  const empty = firstEmpty();
  if (empty) return { message: 'This field is incomplete.', field: empty };
  if (needsCard) {
    const submitted = await elements.submit();
    if (submitted.error) return submitted.error;
    const made = await stripe.createPaymentMethod({ elements, params: { billing_details: billing(payer) } });
    if (made.error) return made.error;
    payer.payment_method = made.paymentMethod.id;
  }
  const paid = await send(location.pathname, payer);
  if (paid.error) return paid.error;
  if (!paid.client_secret) return leave(paid);
  const isSetup = paid.client_secret.startsWith('seti_');
  const after = await stripe.handleNextAction({ clientSecret: paid.client_secret });
  const stands = await (await fetch(`${location.pathname}/outcome`)).json();
  if (stands.status !== 'open') return leave(stands);
  const words = `We are unable to authenticate your ${isSetup ? 'card' : 'payment method'}. Please choose a different one and try again.`;
  return after.error ?? { message: words };
}

function leave({ status, redirect }) {
  if (redirect) location.assign(redirect);
  else location.reload();
  return status === 'open' ? { message: 'The payment has not gone through.' } : null;
}

function typed() {
  const value = (name) => form.elements[name]?.value.trim() || undefined;
  const payer = {
    email: value('email'),
    name: value('name'),
    phone: value('phone'),
    accepts_terms: form.elements.accepts_terms?.checked ?? false,
    pays_later: form.elements.pays_later?.checked ?? false,
    custom_fields: Object.fromEntries(
      [...form.querySelectorAll('[data-custom]')].map((field) => [field.name.replace('custom_', ''), field.value]),
    ),
  };
  if (form.elements.shipping_line1) {
    payer.shipping = {
      name: value('shipping_name') ?? '',
      address: {
        line1: value('shipping_line1') ?? '',
        city: value('shipping_city'),
        postal_code: value('shipping_postal_code'),
        country: value('shipping_country') ?? '',
      },
    };
  }
  return payer;
}

// The email is always asked; what else is needed the server says.
function firstEmpty() {
  return form.elements.email.value.trim() ? null : 'email';
}

function billing({ email, name, phone }) {
  return Object.fromEntries(Object.entries({ email, name, phone }).filter(([, value]) => value));
}

// One change at a time, the last of them last: answers that overtake each other would show, and pay, an older choice.
function change() {
  changed = true;
  changing ??= changeUntilSettled().finally(() => { changing = null; });
}

async function changeUntilSettled() {
  submit.disabled = true;
  while (changed) {
    changed = false;
    await tellChoices();
  }
  submit.disabled = false;
}

async function tellChoices() {
  clear();
  const quantities = Object.fromEntries(
    [...document.querySelectorAll('[name=quantity]')].map((field) => [field.dataset.item, Number(field.value)]),
  );
  const shipping_rate = form.elements.shipping_rate?.value;
  const answer = await send(`${location.pathname}/choices`, { quantities, shipping_rate })
    .catch(() => ({ error: { message: 'The sandbox cannot be reached.' } }));
  if (answer.error) {
    show(answer.error);
    return;
  }
  for (const [id, amount] of Object.entries(answer.lines)) document.getElementById(`amount-${id}`).textContent = amount;
  for (const [id, text] of [['subtotal', answer.subtotal], ['shipping', answer.shipping], ['lead', answer.total], ['due', answer.due]]) {
    const node = document.getElementById(id);
    if (node) node.textContent = text;
  }
  submit.textContent = answer.button;
  if (elements && mode !== 'setup') elements.update({ amount: answer.amount });
}

async function send(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}

function show({ message, field, param }) {
  error.textContent = message || 'Something went wrong.';
  const input = document.getElementById(field || param || '');
  if (input) {
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', 'error');
    input.focus();
  } else {
    error.scrollIntoView({ block: 'nearest' });
  }
}

function clear() {
  error.textContent = '';
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    input.removeAttribute('aria-describedby');
  }
}

// The button keeps its place and its name for screen readers while it works.
function busy(on) {
  form.toggleAttribute('data-busy', on);
  submit.setAttribute('aria-disabled', String(on));
  submit.classList.toggle('busy', on);
}
