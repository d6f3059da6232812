// The 3-D Secure challenge: the bank's page in a dialog over the merchant's page.

// The bank's page that has not come by then does not come.
const CHALLENGE_LIMIT_MS = 15_000;

// True when the shopper has answered, false when the bank's page could not be shown.
function challenge(address) {
  return new Promise((done) => {
    // On this script's own origin, whichever of its names (localhost, 127.0.0.1) the page uses.
    const { pathname, search } = new URL(address);
    const url = new URL(pathname + search, ORIGIN);
    url.searchParams.set('parent', window.location.origin);
    const before = document.activeElement;
    const frame = challengeFrame();
    const dialog = challengeDialog(frame);
    const finish = (shown) => {
      clearTimeout(late);
      window.removeEventListener('message', listen);
      dialog.remove();
      before?.focus?.();
      done(shown);
    };
    const late = setTimeout(() => finish(false), CHALLENGE_LIMIT_MS);
    const listen = (event) => {
      if (event.origin !== ORIGIN || event.source !== frame.contentWindow) return;
      if (event.data?.type === 'stripe-sandbox:challenge-there') clearTimeout(late);
      if (event.data?.type === 'stripe-sandbox:challenge-done') finish(true);
    };
    window.addEventListener('message', listen);
    frame.addEventListener('load', () => frame.focus(), { once: true });
    frame.src = url.href;
    document.body.append(dialog);
    dialog.showModal();
  });
}

function challengeFrame() {
  const frame = document.createElement('iframe');
  frame.title = '3D Secure challenge';
  frame.name = 'stripe-challenge-frame';
  style(frame, {
    width: '100%', maxWidth: '400px', height: '420px', maxHeight: '100%', border: '0',
    borderRadius: '12px', background: '#fff', colorScheme: 'light',
  });
  return frame;
}

// A modal dialog: nothing behind it can be reached until the bank has its answer.
function challengeDialog(frame) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', '3D Secure authentication');
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  style(dialog, {
    position: 'fixed', inset: '0', width: '100%', height: '100%', maxWidth: '100%', maxHeight: '100%',
    margin: '0', border: '0', display: 'flex', alignItems: 'center', justifyContent: 'center',
    padding: '16px', boxSizing: 'border-box', background: 'rgba(10, 20, 40, 0.6)',
  });
  dialog.append(frame);
  return dialog;
}
