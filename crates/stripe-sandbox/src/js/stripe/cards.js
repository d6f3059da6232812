// The methods that know that it is a card: confirmCardPayment, confirmCardSetup, createPaymentMethod.

async function confirmCard(client, name, kind, clientSecret, data = {}, how = {}) {
  const method = `stripe.${name}`;
  const intent = intentOf(clientSecret, method, kind);
  if (data instanceof FrameElement) {
    throw new IntegrationError(`Do not pass an Element to ${method}() directly.\nFor more information: https://stripe.com/docs/js/payment_intents/confirm_card_payment`);
  }
  checkObject(data, method);
  checkObject(how ?? {}, method);
  const { payment_method: given, ...params } = data;
  const card = cardOf(given, method);
  return onlyOnce(name, intent.id, async () => {
    const path = `${intent.path}/${intent.id}/confirm`;
    Object.assign(params, { client_secret: clientSecret, use_stripe_sdk: true });
    let answer;
    if (card) {
      const { card: _, ...rest } = given;
      params.payment_method_data = rest;
      answer = await card.call('post', { path, params, card: 'payment_method_data' });
    } else {
      if (typeof given === 'string') params.payment_method = given;
      else if (given) params.payment_method_data = { type: 'card', ...given };
      answer = await api(client, 'POST', path, params);
    }
    if (answer.error) return { error: answer.error };
    if (how?.handleActions === false) return { [intent.result]: answer };
    return settle(client, intent, answer);
  });
}

// The card element in `payment_method: { card }`; none where an id or a token is given.
function cardOf(given, method) {
  if (given === undefined || typeof given === 'string') return null;
  if (given instanceof FrameElement) {
    throw invalid(method, 'payment_method should be a string or an object with a card', 'an Element');
  }
  checkObject(given, method);
  if (given.card instanceof FrameElement) return given.card;
  if (given.card === null || typeof given.card !== 'object') {
    throw invalid(method, 'card should be an object or element', String(given.card));
  }
  return null;
}

// `({elements, params})`, `({element, params})`, `({type, card, …})` and the old `('card', element, data)`.
async function createPaymentMethod(client, first, element, data = {}) {
  const method = 'stripe.createPaymentMethod()';
  if (typeof first === 'string') return createPaymentMethod(client, { type: first, [first]: element, ...data });
  checkObject(first, 'createPaymentMethod');
  if (first.elements || first.element) return fromElements(first, method);
  const { type, card, ...rest } = first;
  if (type === undefined) throw missing('createPaymentMethod', 'type should be a string');
  if (type === 'card') cardOf({ card }, 'createPaymentMethod');
  const answer = card instanceof FrameElement
    ? await card.call('post', { path: '/v1/payment_methods', params: rest, card: '' })
    : await api(client, 'POST', '/v1/payment_methods', { type, card, ...rest });
  return answer.error ? { error: answer.error } : { paymentMethod: answer };
}

async function fromElements({ elements, element, params = {} }, method) {
  const group = elements || element._elements;
  const payment = group._paymentFor(method);
  if (group._options.paymentMethodCreation !== 'manual') {
    throw new IntegrationError(`${method}: elements should be created with \`paymentMethodCreation: 'manual'\`.`);
  }
  group._checkSubmitted(method);
  payment.checkGivenUp(params.billing_details, method, 'params.billing_details');
  const answer = await payment.call('post', { path: '/v1/payment_methods', params, card: '' });
  return answer.error ? { error: answer.error } : { paymentMethod: answer };
}
