// Starts `tillgate dev` for one test file: its own folder, ports and logs, and an end that is checked.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const logFolder = join(root, 'target', 'browser-logs');

/** A debug build migrates, generates keys and connects a store within this time, or it hangs. */
const startLimitMs = 60_000;
/** Longer than the gateway's own limit on finishing its work. */
const stopLimitMs = 30_000;

/**
 * @typedef {object} Ready what `tillgate dev --json` prints once it serves
 * @property {string} public_url
 * @property {string} sandbox_url
 * @property {string} demo_url
 * @property {string} internal_secret
 * @property {{id: string, name: string, connected: boolean, connect_url: string}[]} stores
 */

/**
 * Starts `tillgate dev --json` (the binary that TILLGATE_BIN names, or the debug build) and waits until it serves.
 * @param {{env?: Record<string, string>, name?: string}} options `env` adds settings; `name` names the
 *   log files in `target/browser-logs/`, by default after the test file
 * @returns {Promise<Ready & {folder: string, logs: () => Promise<string>, ended: Promise, stop: () => Promise<void>}>}
 *   `folder` holds all that the server stored; `logs` reads all that it printed so far; `ended` settles
 *   when it ends; `stop` ends it, and fails unless it was still there and ends cleanly
 */
export async function startServer({ env = {}, name = basename(process.argv[1], '.test.mjs') } = {}) {
  await mkdir(logFolder, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-browser-'));
  const logPaths = ['stdout', 'stderr'].map((stream) => join(logFolder, `${name}.${stream}.log`));
  const child = spawn(process.env.TILLGATE_BIN ?? join(root, 'target', 'debug', 'tillgate'), ['dev', '--json'], {
    cwd: folder,
    env: { ...inherited(), BIND_ADDR: '127.0.0.1:0', LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // If the test file dies, its server must not live on.
  const killChild = () => child.kill('SIGKILL');
  process.once('exit', killChild);

  const lines = createInterface({ input: child.stdout });
  const logsWritten = [child.stdout, child.stderr].map((stream, index) =>
    finished(stream.pipe(createWriteStream(logPaths[index]))),
  );
  const logs = async () => (await Promise.all(logPaths.map((path) => readFile(path, 'utf8')))).join('');
  // [code, signal]; what cannot be started at all (no such file) ends with the reason in place of a code.
  const exited = once(child, 'exit').catch((error) => [error.message, null]);

  const end = async () => {
    await Promise.all(logsWritten);
    process.removeListener('exit', killChild);
    await rm(folder, { recursive: true, force: true });
  };

  const stop = async () => {
    const stopped = child.kill('SIGTERM');
    const outcome = await within(stopLimitMs, exited);
    if (outcome === undefined) killChild();
    await end();
    assert.ok(outcome, `tillgate dev did not stop within ${stopLimitMs} ms`);
    const [code, signal] = outcome;
    const report = `tillgate dev ended with ${code ?? signal}:\n${lastLines(await logs())}`;
    assert.ok(stopped, `before it was asked, ${report}`);
    assert.equal(code, 0, report);
  };

  const ready = once(lines, 'line').then(([line]) => ({ line }));
  const first = await within(startLimitMs, Promise.race([ready, exited.then(([code, signal]) => ({ end: code ?? signal }))]));
  if (first?.line === undefined) {
    killChild();
    await end();
    throw new Error(`tillgate dev did not get ready (${first?.end ?? 'too slow'}):\n${lastLines(await logs())}`);
  }
  return { ...JSON.parse(first.line), folder, logs, ended: exited, stop };
}

/** The caller's own settings (a DATABASE_URL, say) must not reach the server under test. */
function inherited() {
  const names = ['PATH', 'HOME', 'TMPDIR', 'RUST_LOG', 'RUST_BACKTRACE'];
  return Object.fromEntries(names.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
}

/** The promise's value, or undefined when it takes longer. */
async function within(limitMs, promise) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function lastLines(text) {
  return text.trimEnd().split('\n').slice(-30).join('\n');
}
