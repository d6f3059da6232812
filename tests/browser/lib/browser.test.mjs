// The watcher itself is watched: if it missed a problem, every other browser test would pass too easily.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { assertFitsScreen, launch, open } from './browser.mjs';

const pages = {
  '/fine': '<!doctype html><link rel="icon" href="data:,"><title>Fine</title><p>Nothing to see.',
  '/inline': '<!doctype html><link rel="icon" href="data:,"><script>document.title = 1</script>',
  '/missing': '<!doctype html><link rel="icon" href="data:,"><img src="/nowhere.png" alt="">',
  '/throws': '<!doctype html><link rel="icon" href="data:,"><script src="/throws.js"></script>',
  '/throws.js': 'console.error("said so"); throw new Error("on purpose")',
  '/outside': '<!doctype html><link rel="icon" href="data:,"><img src="http://outside.example/a.png" alt="">',
  '/wide': '<!doctype html><meta name="viewport" content="width=device-width"><div id="w">x</div><link rel="stylesheet" href="/wide.css">',
  '/wide.css': '#w { width: 2000px }',
};
const types = { js: 'text/javascript', css: 'text/css' };

let server, origin, browser;

before(async () => {
  server = createServer((request, response) => {
    const body = pages[request.url];
    const type = types[request.url.split('.')[1]] ?? 'text/html';
    response.writeHead(body ? 200 : 404, {
      'Content-Type': type,
      'Content-Security-Policy': "default-src 'self'; img-src 'self' data: http:",
    });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  server.close();
});

async function visit(path, size = 'desktop') {
  const tab = await open(browser, size);
  await tab.page.goto(origin + path, { waitUntil: 'networkidle' });
  return tab;
}

test('a page without problems passes, at both sizes', async () => {
  for (const size of ['phone', 'desktop']) {
    const tab = await visit('/fine', size);
    tab.problems.assertNone();
    await assertFitsScreen(tab.page);
    await tab.close();
  }
});

for (const [path, complaint] of [
  ['/inline', /csp: script-src-elem blocked inline/],
  ['/missing', /response: 404 GET .*\/nowhere\.png/],
  ['/throws', /exception: on purpose/],
  ['/throws', /console: said so/],
  ['/outside', /request: net::ERR_NAME_NOT_RESOLVED GET http:\/\/outside\.example/],
]) {
  test(`${path} is reported as ${complaint}`, async () => {
    const tab = await visit(path);
    await tab.problems.happened(complaint);
    assert.throws(() => tab.problems.assertNone(), complaint);
    await tab.close();
  });
}

test('an expected problem passes, an expectation that never happened does not', async () => {
  const tab = await visit('/missing');
  await tab.problems.happened(/404/);
  tab.problems.assertNone({ except: [/404/] });
  assert.throws(() => tab.problems.assertNone({ except: [/404/, /no such thing/] }), /never happened/);
  await tab.close();
});

test('a request to a stranger is named, with its origin', async () => {
  const tab = await visit('/outside');
  tab.problems.assertAskedOnly([origin, 'http://outside.example/anything']);
  assert.throws(() => tab.problems.assertAskedOnly([origin]), /http:\/\/outside\.example/);
  await tab.close();
});

test('a page that is wider than a phone is named with the element', async () => {
  const tab = await visit('/wide', 'phone');
  await assert.rejects(() => assertFitsScreen(tab.page), /id="w"/);
  await tab.close();
});
