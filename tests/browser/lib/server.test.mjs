// Holds startServer to its word with a stand-in for the binary: what it reads, and what it refuses.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startServer } from './server.mjs';

const ready = `setInterval(() => {}, 1000); console.error('starting'); console.log(JSON.stringify({ public_url: process.env.BIND_ADDR }));`;
let folder;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillgate-stand-in-'));
});
after(() => rm(folder, { recursive: true }));

async function startStandIn(name, script) {
  const path = join(folder, name);
  await writeFile(path, `#!/usr/bin/env node\n${script}\n`);
  await chmod(path, 0o755);
  process.env.TILLGATE_BIN = path;
  return startServer({ name });
}

test('a server that gets ready and stops cleanly leaves only its logs', async () => {
  const server = await startStandIn('clean', `process.on('SIGTERM', () => process.exit(0)); ${ready}`);
  assert.equal(server.public_url, '127.0.0.1:0');
  assert.ok(existsSync(server.folder));
  await server.stop();
  assert.ok(!existsSync(server.folder));
  assert.match(await server.logs(), /starting/);
});

test('a server that stops with an error fails the test', async () => {
  const server = await startStandIn('dirty', `process.on('SIGTERM', () => process.exit(3)); ${ready}`);
  await assert.rejects(server.stop(), /ended with 3/);
});

test('a server that ends by itself fails the test, even with success', async () => {
  const server = await startStandIn('leaves', `${ready} setTimeout(() => process.exit(0), 10);`);
  await server.ended;
  await assert.rejects(server.stop(), /before it was asked, .* ended with 0/);
});

test('a binary that is not there is named', async () => {
  process.env.TILLGATE_BIN = join(folder, 'nowhere');
  await assert.rejects(startServer({ name: 'nowhere' }), /nowhere ENOENT/);
});

test('a server that never gets ready is reported with what it said', async () => {
  await assert.rejects(startStandIn('refuses', `console.error('no such database'); process.exit(1);`), /no such database/);
});
