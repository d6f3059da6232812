// The sandbox alone (`tillgate sandbox`), and a merchant's page on another origin that uses its Stripe.js.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { callJson } from '../cast/call_json.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const startLimitMs = 30_000;

/**
 * Starts `tillgate sandbox` on a free port.
 * @param {string[]} args further arguments
 * @returns its address and accounts, `call` for the API with the first account's secret key, `control` for
 *   `/_sandbox`, and `stop`
 */
export async function startSandbox(args = []) {
  const binary = process.env.TILLGATE_BIN ?? `${root}target/debug/tillgate`;
  const child = spawn(binary, ['sandbox', '--port', '0', '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  // If the test file dies, its sandbox must not live on.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const [line] = await once(createInterface({ input: child.stdout }), 'line', { signal: AbortSignal.timeout(startLimitMs) });
  const ready = JSON.parse(line);
  const [account] = ready.accounts;
  return {
    ...ready,
    account,
    /** `params` are form-encoded, nested as Stripe nests them. */
    call: (method, path, params = {}, { secret_key } = account) => {
      const query = method === 'GET' && Object.keys(params).length ? `?${form(params)}` : '';
      return callJson(method, ready.url + path + query, {
        bearer: secret_key,
        form: method === 'GET' ? undefined : form(params),
      });
    },
    control: (method, path, body) => callJson(method, `${ready.url}/_sandbox${path}`, { body }),
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      process.removeListener('exit', kill);
    },
  };
}

/** Stripe's nested form encoding. */
function form(params, prefix = '', into = new URLSearchParams()) {
  for (const [name, value] of Object.entries(params)) {
    const path = prefix ? `${prefix}[${name}]` : name;
    if (value !== null && typeof value === 'object') form(value, path, into);
    else into.append(path, String(value));
  }
  return into;
}

/**
 * Serves a merchant's page under a policy that allows nothing inline, on an origin of its own.
 * @param {string} sandboxUrl where its Stripe.js comes from
 */
export async function startMerchantPage(sandboxUrl) {
  const pages = {
    '/': ['text/html', `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><title>Shop</title>
      <main><h1>Shop</h1><form id="form"><label for="payment">Payment</label><div id="payment"></div><div id="card"></div>
      <button id="pay">Pay</button></form></main><script src="${sandboxUrl}/v3/"></script>`],
    '/page.css': ['text/css', `body{margin:0;padding:16px;font:16px system-ui;background:#fff;color:#222}main{max-width:480px}
      body.dark{background:#111827;color:#fff}button{min-height:44px}button:focus-visible{outline:3px solid #06c}`],
    '/done': ['text/html', '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Done</title><h1>Done</h1>'],
  };
  const server = createServer((request, response) => {
    const [type, body] = pages[new URL(request.url, 'http://shop').pathname] ?? ['text/plain', undefined];
    response.writeHead(body ? 200 : 404, {
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Security-Policy': `default-src 'none'; script-src ${sandboxUrl}; frame-src ${sandboxUrl}; connect-src ${sandboxUrl}; style-src 'self'; img-src data:`,
    });
    response.end(body ?? 'nothing here');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
  };
}
