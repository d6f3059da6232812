// Asking the sandbox: its own routes for looking, Stripe's API (with the account's key) for what a merchant does.

/** The parsed answer of `/_sandbox`; an exception says what went wrong. */
export function get(path, params = {}) {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== undefined && value !== "" && value !== null));
  return ask("GET", `/_sandbox${path}${query.size ? `?${query}` : ""}`);
}

export const post = (path, body) => ask("POST", `/_sandbox${path}`, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) });

export const remove = (path) => ask("DELETE", `/_sandbox${path}`);

/** A call of Stripe's API, in the request log like anybody's, and meeting faults like anybody's. */
export function stripe(account, method, path, params = {}) {
  const body = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== "" && value !== undefined));
  return ask(method, `/v1${path}`, { headers: { Authorization: `Bearer ${account.secret_key}` }, body });
}

async function ask(method, path, options = {}) {
  let response;
  try {
    response = await fetch(path, { method, ...options });
  } catch {
    throw new Error("The sandbox does not answer.");
  }
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? `The sandbox answered ${response.status}.`);
  return answer;
}
