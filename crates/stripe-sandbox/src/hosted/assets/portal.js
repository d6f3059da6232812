// The hosted billing portal: sends what the customer presses, and shows the page anew.
// Card data is typed into the card frame and never passes through here.
'use strict';

const portal = document.getElementById('portal');
const error = document.getElementById('error');
const details = document.getElementById('card-form');
let elements = null;

portal.addEventListener('click', (event) => {
  const button = event.target.closest('[data-action]');
  if (!button) return;
  const { action, subscription } = button.dataset;
  const price = action === 'change' ? document.getElementById(`price-${subscription}`).value : undefined;
  act(button, () => send({ action, subscription, price }));
});

// The card form comes when it is asked for.
details?.addEventListener('toggle', () => {
  if (!details.open || elements) return;
  const stripe = window.Stripe(portal.dataset.key);
  elements = stripe.elements({
    mode: 'setup',
    paymentMethodCreation: 'manual',
    appearance: { theme: window.matchMedia('(prefers-color-scheme: dark)').matches ? 'night' : 'stripe' },
  });
  const card = elements.create('payment');
  card.on('ready', () => details.setAttribute('data-ready', ''));
  card.on('loaderror', (event) => show(event.error.message));
  card.mount('#card');
  const form = document.getElementById('form');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act(document.getElementById('save'), async () => {
      const submitted = await elements.submit();
      if (submitted.error) return submitted;
      const made = await stripe.createPaymentMethod({ elements });
      if (made.error) return made;
      return send({ action: 'card', payment_method: made.paymentMethod.id });
    });
  });
});

// One at a time: a second press changes nothing.
async function act(button, work) {
  if (portal.hasAttribute('data-busy')) return;
  portal.setAttribute('data-busy', '');
  button.classList.add('busy');
  show('');
  const done = await work().catch(() => ({ error: { message: 'The sandbox cannot be reached. Try again.' } }));
  if (done.error) {
    portal.removeAttribute('data-busy');
    button.classList.remove('busy');
    show(done.error.message);
  } else {
    location.reload();
  }
}

async function send(body) {
  const answer = await fetch(location.pathname, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}

function show(message) {
  error.textContent = message;
  if (message) error.scrollIntoView({ block: 'nearest' });
}
