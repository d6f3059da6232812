// One call to our own API: JSON in, JSON out, a deadline, and two kinds of failure that callers tell apart.

/** An answer that is not 2xx. */
export class ApiError extends Error {
  constructor(status, body, retryAfterSeconds) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer: offline, cut, or later than the deadline. */
export class ConnectionError extends Error {}

// The server gives Stripe 30 s; a little more, so that its answer arrives and not our impatience.
const DEADLINE_MS = 35_000;

export async function call(method, path, token, body) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new ConnectionError("no answer", { cause });
  }
  const parsed = parse(text);
  if (!response.ok) throw new ApiError(response.status, parsed, retryAfter(response));
  if (parsed === null) throw new ConnectionError("the answer is not JSON");
  return parsed;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function retryAfter(response) {
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return Number.isFinite(seconds) ? seconds : null;
}
