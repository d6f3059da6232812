// Opens pages in Debian's Chromium the way shoppers and merchants hold them, and writes down whatever a
// person with open developer tools would frown at, so that a test can assert that there was nothing.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** Where screenshots are kept for people to look at. */
export const screenshotFolder = fileURLToPath(new URL('../../../target/screenshots/', import.meta.url));

/** The two shapes in which every page must work. */
export const sizes = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
  desktop: { viewport: { width: 1280, height: 900 } },
};

/** How long an action or an expected element may take before the test fails, in milliseconds. */
const patienceMs = 15_000;

/** Starts the browser. Close it when the test file ends. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    // Chromium's own sandbox refuses to run as root.
    chromiumSandbox: process.getuid() !== 0,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Pages may talk to this machine only; a forgotten outside address fails instead of hanging.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });
}

/**
 * Opens an empty page in a fresh profile.
 * @param {import('playwright-core').Browser} browser
 * @param {keyof typeof sizes} size
 * @param {import('playwright-core').BrowserContextOptions} options such as `{colorScheme: 'dark'}`
 * @returns the page, its problems so far, `screenshot(name)` and `close()`
 */
export async function open(browser, size, options = {}) {
  const context = await browser.newContext({ ...sizes[size], locale: 'en-US', timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(patienceMs);
  const problems = new Problems();
  await problems.watch(context);
  const page = await context.newPage();
  return {
    page,
    problems,
    screenshot: (name) => screenshot(page, name),
    close: () => context.close(),
  };
}

/**
 * Keeps a picture of the whole page as `target/screenshots/NAME-WIDTH.png`.
 * @param {import('playwright-core').Page} page
 * @param {string} name lower-case words joined by hyphens
 * @returns the file's path
 */
export async function screenshot(page, name) {
  assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/, 'a screenshot needs a plain name');
  await mkdir(screenshotFolder, { recursive: true });
  const path = `${screenshotFolder}${name}-${page.viewportSize().width}.png`;
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  return path;
}

/**
 * Fails if the page is wider than the screen: on a phone that is a page that slides under the thumb.
 * @param {import('playwright-core').Page} page
 */
export async function assertFitsScreen(page) {
  const overhang = await page.evaluate(() => {
    const screen = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')]
      .filter((element) => document.documentElement.scrollWidth > screen && element.getBoundingClientRect().right > screen + 1)
      .map((element) => element.outerHTML.slice(0, 120));
  });
  assert.deepEqual(overhang, [], 'elements reach beyond the right edge of the screen');
}

/** What went wrong in a browser profile, pop-ups and frames included, as lines for people. */
export class Problems {
  /** @type {string[]} */
  #lines = [];
  #origins = new Set();

  /** Those of several profiles, together. */
  static of(several) {
    const all = new Problems();
    all.#lines = several.flatMap((problems) => problems.#lines);
    return all;
  }

  /** @param {import('playwright-core').BrowserContext} context */
  async watch(context) {
    context.on('console', (message) => this.#readConsole(message));
    context.on('weberror', (error) => this.#lines.push(`exception: ${error.error().message}`));
    context.on('request', (request) => this.#origins.add(new URL(request.url()).origin));
    context.on('requestfailed', (request) => this.#readFailure(request));
    context.on('response', (response) => {
      if (response.status() >= 400) {
        this.#lines.push(`response: ${response.status()} ${response.request().method()} ${response.url()}`);
      }
    });
    context.on('page', (page) => page.on('crash', () => this.#lines.push(`crash: ${page.url()}`)));
    await context.exposeBinding('reportCspViolation', (_source, line) => this.#lines.push(`csp: ${line}`));
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.reportCspViolation(`${event.effectiveDirective} blocked ${event.blockedURI} on ${event.documentURI}`);
      });
    });
  }

  /**
   * Waits until a problem is known: the browser tells of it when it has time to, even after the page is quiet.
   * @param {RegExp} pattern
   */
  async happened(pattern) {
    const deadline = Date.now() + patienceMs;
    while (!this.#lines.some((line) => pattern.test(line))) {
      assert.ok(Date.now() < deadline, `this never happened: ${pattern}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * Fails and lists the problems, if there were any.
   * @param {{except?: RegExp[], tolerate?: RegExp[]}} options `except`: lines that the story brings about on
   *   purpose, such as a declined card's `response: 402`; each must have happened, so that an exception cannot
   *   outlive its reason. `tolerate`: lines that may come or not, where the story is a race
   */
  assertNone({ except = [], tolerate = [] } = {}) {
    const unexpected = this.#lines.filter((line) => ![...except, ...tolerate].some((pattern) => pattern.test(line)));
    assert.deepEqual(unexpected, [], 'the browser complained');
    const unused = except.filter((pattern) => !this.#lines.some((line) => pattern.test(line)));
    assert.deepEqual(unused, [], 'these exceptions never happened');
  }

  /**
   * Fails if anything was asked of anyone else.
   * @param {string[]} urls whose origins may be asked
   */
  assertAskedOnly(urls) {
    // What needs no network, such as data: and about:, has the origin "null".
    const allowed = new Set(['null', ...urls.map((url) => new URL(url).origin)]);
    assert.deepEqual([...this.#origins].filter((origin) => !allowed.has(origin)), [], 'a page asked strangers');
  }

  /** @param {import('playwright-core').ConsoleMessage} message */
  #readConsole(message) {
    const text = message.text();
    if (message.type() !== 'error') return;
    // Said better, with the address, by `response` and `requestfailed`.
    if (text.startsWith('Failed to load resource')) return;
    const kind = text.includes('Content Security Policy') ? 'csp' : 'console';
    this.#lines.push(`${kind}: ${text}`);
  }

  /** @param {import('playwright-core').Request} request */
  #readFailure(request) {
    const reason = request.failure()?.errorText;
    // A page that is left drops what it was still asking for; that is no fault.
    if (reason === 'net::ERR_ABORTED') return;
    this.#lines.push(`request: ${reason} ${request.method()} ${request.url()}`);
  }
}
