// What wrong use of Stripe.js gets. The sentences are Stripe's; those that could not be looked up
// follow the pattern of the others ("Missing value for …", "Invalid value for …").

class IntegrationError extends Error {
  constructor(message) {
    super(message);
    this.name = 'IntegrationError';
  }
}

function missing(label, what) {
  return new IntegrationError(`Missing value for ${label}: ${what}.`);
}

function invalid(label, what, given) {
  const specified = given === undefined ? '' : ` You specified: ${given}.`;
  return new IntegrationError(`Invalid value for ${label}: ${what}.${specified}`);
}

function checkObject(value, label) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalid(label, 'value should be an object', String(value));
  }
}

function checkOneOf(name, value, choices, label) {
  if (value !== undefined && !choices.includes(value)) {
    throw invalid(label, `${name} should be one of the following strings: ${choices.join(', ')}`, String(value));
  }
}

// What belongs to the two kinds of intents.
const INTENTS = {
  pi: { name: 'PaymentIntent', path: '/v1/payment_intents', result: 'paymentIntent', param: 'payment_intent', lastError: 'last_payment_error' },
  seti: { name: 'SetupIntent', path: '/v1/setup_intents', result: 'setupIntent', param: 'setup_intent', lastError: 'last_setup_error' },
};

// The intent that a client secret opens; `kind` is the one that `method` is for, if it is for one only.
function intentOf(clientSecret, method, kind) {
  const label = `${method} intent secret`;
  const form = 'value should be a client secret of the form ${id}_secret_${secret}';
  if (clientSecret === undefined || clientSecret === null) throw missing(label, form);
  const found = /^((pi|seti)_[A-Za-z0-9]+)_secret_[A-Za-z0-9]+$/.exec(clientSecret);
  if (!found) throw invalid(label, form, String(clientSecret));
  const intent = INTENTS[found[2]];
  if (kind && intent !== INTENTS[kind]) {
    throw invalid(label, `value should be a ${INTENTS[kind].name} client secret`, `a ${intent.name} client secret`);
  }
  return { ...intent, id: found[1], clientSecret };
}

// Calls that have to come one after the other: a second click must not pay twice.
const inFlight = new Set();

async function onlyOnce(method, key, work) {
  if (inFlight.has(key)) {
    throw new IntegrationError(`You have an in-flight ${method}! Please be sure to disable your form submit button when ${method} is called.`);
  }
  inFlight.add(key);
  try {
    return await work();
  } finally {
    inFlight.delete(key);
  }
}
