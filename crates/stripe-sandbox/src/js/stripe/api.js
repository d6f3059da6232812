// The API, called with the publishable key from the merchant's page. Card data never comes through
// here: the frame sends it.

const API_VERSION = '2026-10-28.endive';
// A network that neither works nor fails must not hold the shopper for ever.
const API_LIMIT_MS = 30_000;

const CONNECTION_ERROR = {
  type: 'api_connection_error',
  message: 'We are experiencing issues connecting to our payments provider. You have not been charged. Please check your internet connection and try again.',
};
const API_ERROR = { type: 'api_error', message: 'An unexpected error has occurred. Please try again.' };

// The parsed answer; what went wrong stands in `error`, in Stripe's shape.
async function api(client, method, path, params = {}) {
  const form = new URLSearchParams();
  encode(form, '', params);
  const query = method === 'GET' && form.size ? `?${form}` : '';
  const headers = { Authorization: `Bearer ${client.key}`, 'Stripe-Version': API_VERSION };
  if (client.account) headers['Stripe-Account'] = client.account;
  let response;
  try {
    response = await fetch(ORIGIN + path + query, {
      method,
      headers,
      body: method === 'POST' ? form : undefined,
      signal: AbortSignal.timeout(API_LIMIT_MS),
    });
  } catch {
    return { error: { ...CONNECTION_ERROR } };
  }
  try {
    return await response.json();
  } catch {
    return { error: { ...API_ERROR } };
  }
}

// Stripe's nested form encoding.
function encode(form, prefix, value) {
  if (value === undefined || value === null || value === '') return;
  if (typeof value !== 'object') {
    form.append(prefix, String(value));
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    encode(form, prefix ? `${prefix}[${name}]` : name, inner);
  }
}

async function retrieve(client, intent) {
  const body = await api(client, 'GET', `${intent.path}/${intent.id}`, { client_secret: intent.clientSecret });
  return body.error ? { error: body.error } : { [intent.result]: body };
}
