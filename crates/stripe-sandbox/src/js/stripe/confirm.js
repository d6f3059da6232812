// Confirming what elements have collected: confirmPayment and confirmSetup, and what comes after.

async function confirmWithElements(client, method, kind, request) {
  checkObject(request, method);
  const { elements, confirmParams = {}, redirect = 'always' } = request;
  if (!elements && !request.clientSecret) {
    throw new IntegrationError(`${method}: expected either \`elements\` or \`clientSecret\`, but got neither.`);
  }
  checkOneOf('redirect', redirect, ['always', 'if_required'], method);
  const element = elements ? elements._paymentFor(method) : null;
  const clientSecret = request.clientSecret || elements._options.clientSecret;
  if (!clientSecret) throw new IntegrationError(`You must pass in a clientSecret when calling ${method}.`);
  const intent = intentOf(clientSecret, method, kind);
  checkReturnUrl(confirmParams.return_url, redirect, method);
  element?.checkGivenUp(confirmParams.payment_method_data?.billing_details, method, 'confirmParams.payment_method_data.billing_details');
  const deferred = elements?._options.mode;
  if (deferred) elements._checkSubmitted(method);

  return onlyOnce(method.replace(/^stripe\.|\(\)$/g, ''), intent.id, async () => {
    if (deferred) {
      const mismatch = await deferredMismatch(client, elements._options, intent);
      if (mismatch) return { error: mismatch };
    }
    const params = { ...confirmParams, client_secret: clientSecret, use_stripe_sdk: true };
    const path = `${intent.path}/${intent.id}/confirm`;
    const answer = element
      ? await element.call('post', { path, params, card: 'payment_method_data' })
      : await api(client, 'POST', path, params);
    if (elements) elements._submitted = false;
    if (answer.error) return { error: answer.error };
    const settled = await settle(client, intent, answer);
    if (settled.error || redirect === 'if_required') return settled;
    return leaveFor(confirmParams.return_url, intent, settled[intent.result]);
  });
}

function checkReturnUrl(url, redirect, method) {
  const label = 'confirmParams.return_url should be a URL string';
  if (url === undefined) {
    if (redirect === 'always') throw missing(method, label);
    return;
  }
  if (typeof url !== 'string' || !URL.canParse(url)) throw invalid(method, label, String(url));
}

// Elements that were shown for one payment must not confirm another.
async function deferredMismatch(client, options, intent) {
  const { error, ...found } = await retrieve(client, intent);
  if (error) return error;
  const made = found[intent.result];
  const wrong = (what, is, expected) => ({
    type: 'invalid_request_error',
    message: `The ${what} of the ${intent.name} (${is ?? 'none'}) does not match the ${what} passed to Elements (${expected ?? 'none'}).`,
    [intent.param]: made,
  });
  if (intent === INTENTS.seti || made.object === 'setup_intent') {
    return options.mode === 'payment' ? wrong('type', 'setup', 'payment') : null;
  }
  if (options.mode === 'setup') return wrong('type', 'payment', 'setup');
  if (made.amount !== options.amount) return wrong('amount', made.amount, options.amount);
  if (made.currency !== options.currency) return wrong('currency', made.currency, options.currency);
  const capture = options.captureMethod ?? options.capture_method ?? 'automatic';
  if ((capture === 'manual') !== (made.capture_method === 'manual')) {
    return wrong('capture method', made.capture_method, capture);
  }
  const usage = options.setupFutureUsage ?? options.setup_future_usage ?? null;
  if (options.mode === 'payment' && usage !== (made.setup_future_usage ?? null)) {
    return wrong('setup_future_usage', made.setup_future_usage, usage);
  }
  return null;
}

// ---------------------------------------------------------------- what is left to do

async function handleNextAction(client, request) {
  checkObject(request, 'stripe.handleNextAction()');
  const intent = intentOf(request.clientSecret, 'stripe.handleNextAction');
  return onlyOnce('handleNextAction', intent.id, async () => {
    const { error, ...found } = await retrieve(client, intent);
    if (error) return { error };
    const made = found[intent.result];
    if (made.status !== 'requires_action') return found;
    if (made.next_action.type === 'redirect_to_url') return go(made.next_action.redirect_to_url.url);
    return settle(client, intent, made);
  });
}

async function handleCardAction(client, clientSecret) {
  const intent = intentOf(clientSecret, 'stripe.handleCardAction', 'pi');
  return onlyOnce('handleCardAction', intent.id, async () => {
    const { error, paymentIntent } = await retrieve(client, intent);
    if (error) return { error };
    if (paymentIntent.status !== 'requires_action') {
      throw new IntegrationError('handleCardAction: The PaymentIntent supplied is not in the requires_action state.');
    }
    return settle(client, intent, paymentIntent);
  });
}

// Shows the challenge if there is one, and says how the intent stands afterwards.
async function settle(client, intent, made) {
  if (made.status !== 'requires_action') return { [intent.result]: made };
  const action = made.next_action;
  if (action.type === 'redirect_to_url') return go(action.redirect_to_url.url);
  const shown = await challenge(action.use_stripe_sdk.stripe_js);
  if (!shown) return { error: { ...CONNECTION_ERROR } };
  const after = await retrieve(client, intent);
  if (after.error) return { error: after.error };
  const stands = after[intent.result];
  if (stands.status !== 'requires_payment_method') return after;
  const error = { ...stands[intent.lastError], [intent.param]: stands };
  if (/_intent_authentication_failure$/.test(error.code)) {
    error.message = 'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
  }
  return { error };
}

function leaveFor(returnUrl, intent, made) {
  const url = new URL(returnUrl);
  url.searchParams.set(intent.param, intent.id);
  url.searchParams.set(`${intent.param}_client_secret`, intent.clientSecret);
  url.searchParams.set('redirect_status', made.status === 'processing' ? 'pending' : 'succeeded');
  return go(url.href);
}

function go(url) {
  window.location.assign(url);
  return new Promise(() => {}); // The page goes away; nobody waits for more.
}
