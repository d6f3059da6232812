// A story is written once and played on a phone and on a desktop. Whatever it does, at its end no page
// may have complained, asked strangers, or slid under the thumb: a test cannot forget to look.

import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Backend } from '../cast/backend.mjs';
import { Sandbox } from '../cast/sandbox.mjs';
import { Shopper } from '../cast/shopper.mjs';
import { assertFitsScreen, launch, open, Problems, screenshot, sizes } from './browser.mjs';
import { assertReadable } from './readable.mjs';
import { startServer } from './server.mjs';

/** Stories wait more than they work, so a few fit on two cores. */
const sideBySide = 3;

/**
 * Declares stories that run side by side on one server and in one browser.
 * @param {string} title
 * @param {(story: (name: string, play: (scene: Scene) => Promise<void>) => void) => void} declare
 * @param {{setUp?: (scene: {backend: Backend, sandbox: Sandbox}) => Promise<void>}} options `setUp` runs before the first story
 */
export function stories(title, declare, { setUp } = {}) {
  describe(title, { concurrency: sideBySide }, () => {
    let server;
    let browser;
    before(async () => {
      [server, browser] = await Promise.all([startServer(), launch()]);
      await setUp?.({ backend: new Backend(server), sandbox: new Sandbox(server) });
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });
    declare((name, play) => {
      for (const size of Object.keys(sizes)) {
        test(`${name} (${size})`, () => new Scene(name, size, server, browser).play(play));
      }
    });
  });
}

/**
 * Declares one story that needs a server to itself, at either size.
 * @param {string} name
 * @param {(scene: Scene) => Promise<void>} play
 */
export function storyAlone(name, play) {
  describe(name, { concurrency: true }, () => {
    for (const size of Object.keys(sizes)) {
      test(size, async () => {
        const [server, browser] = await Promise.all([startServer({ name: `${fileName()}-${slug(name)}-${size}` }), launch()]);
        try {
          await new Scene(name, size, server, browser).play(play);
        } finally {
          await browser.close();
          await server.stop();
        }
      });
    }
  });
}

/** Shoppers of one test file do not share an address. */
let shoppers = 0;

/** One story at one size. */
class Scene {
  #name;
  #browser;
  #tabs = [];
  #expected = [];
  #tolerated = [];

  constructor(name, size, server, browser) {
    this.#name = slug(name);
    this.#browser = browser;
    this.size = size;
    this.server = server;
    this.backend = new Backend(server);
    this.sandbox = new Sandbox(server);
  }

  /** A shopper with a browser profile of their own. */
  async shopper(options) {
    const { page } = await this.openTab(options);
    shoppers += 1;
    return new Shopper(page, this.server, `ada.${shoppers}@example.com`);
  }

  /** A shopper who put a mug for 16.50 into the cart and has the payment page open. */
  async shopperAtCheckout() {
    const shopper = await this.shopper();
    await shopper.visitsShop();
    await shopper.adds('Stoneware mug');
    await shopper.checksOut();
    return shopper;
  }

  /** An empty page in a fresh profile. */
  async openTab(options) {
    const tab = await open(this.#browser, this.size, options);
    this.#tabs.push(tab);
    return tab;
  }

  /** The story brings this complaint about on purpose; it must come, or the story fails. */
  expects(complaint) {
    this.#expected.push(complaint);
  }

  /** The story may bring this complaint about: who wins a race decides. */
  tolerates(complaint) {
    this.#tolerated.push(complaint);
  }

  /** The page as it is now fits the screen and can be read; keeps a picture of it. */
  async keeps(page, picture) {
    await assertFitsScreen(page);
    await assertReadable(page);
    await screenshot(page, picture);
  }

  async play(play) {
    try {
      await play(this);
      await this.#checkPages();
    } catch (error) {
      await this.#keepFailure();
      throw error;
    } finally {
      await Promise.all(this.#tabs.map((tab) => tab.close()));
    }
  }

  async #checkPages() {
    const problems = Problems.of(this.#tabs.map((tab) => tab.problems));
    problems.assertNone({ except: this.#expected, tolerate: this.#tolerated });
    for (const tab of this.#tabs) {
      tab.problems.assertAskedOnly([this.server.public_url, this.server.sandbox_url]);
      for (const page of tab.page.context().pages()) await assertFitsScreen(page);
    }
  }

  async #keepFailure() {
    for (const tab of this.#tabs) {
      // A closed page cannot be shown; the story's own error says more.
      await tab.screenshot(`failed-${this.#name}`).catch(() => {});
    }
  }
}

function slug(name) {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
}

function fileName() {
  return basename(process.argv[1], '.test.mjs');
}
