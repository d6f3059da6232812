// The bank's page of a 3-D Secure challenge: framed by Stripe.js, or visited by redirect.
'use strict';

const query = new URLSearchParams(window.location.search);
const buttons = [...document.querySelectorAll('button')];
const status = document.getElementById('status');

for (const button of buttons) {
  button.addEventListener('click', () => finish(button.dataset.outcome));
}
buttons[0].focus();
// The page around this frame moves the focus into it once it is there, and that takes it off the button.
window.addEventListener('focus', () => {
  if (document.activeElement === document.body) buttons[0].focus();
});

// The page around waits for this word only so long.
tellParent('challenge-there');

async function finish(outcome) {
  buttons.forEach((button) => { button.disabled = true; });
  status.textContent = 'One moment…';
  try {
    const response = await fetch(window.location.pathname, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ outcome, client_secret: query.get('client_secret') }),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { redirect } = await response.json();
    leave(redirect);
  } catch {
    status.textContent = 'That did not work. Please try again.';
    buttons.forEach((button) => { button.disabled = false; });
  }
}

function leave(redirect) {
  if (tellParent('challenge-done')) return;
  if (redirect) {
    window.location.assign(redirect);
  } else {
    status.textContent = 'Done. You can close this page.';
  }
}

// Whether there is a page around this one.
function tellParent(type) {
  const parent = query.get('parent');
  if (!parent || window.parent === window) return false;
  window.parent.postMessage({ type: `stripe-sandbox:${type}` }, parent);
  return true;
}
