// Stories in front of the sandbox alone: one sandbox and one browser a file, a fresh profile a story, and at
// the end no page may have complained or asked strangers.

import { after, before, describe, test } from 'node:test';
import { Customer } from '../cast/customer.mjs';
import { assertFitsScreen, launch, open, Problems, screenshot } from './browser.mjs';
import { assertReadable } from './readable.mjs';
import { startMerchantPage, startSandbox } from './sandbox_alone.mjs';

const sideBySide = 3;

/**
 * @param {string} title
 * @param {(story: (name: string, play: (scene: object) => Promise<void>) => void) => void} declare
 */
export function sandboxStories(title, declare) {
  describe(title, { concurrency: sideBySide }, () => {
    let sandbox;
    let shop;
    let browser;
    before(async () => {
      browser = await launch();
      sandbox = await startSandbox();
      shop = await startMerchantPage(sandbox.url);
    });
    after(async () => {
      await browser?.close();
      await shop?.stop();
      await sandbox?.stop();
    });
    declare((name, play) => test(name, () => playStory(name, play, { sandbox, shop, browser })));
  });
}

async function playStory(name, play, { sandbox, shop, browser }) {
  const tabs = [];
  const expected = [];
  const scene = {
    sandbox,
    shop,
    /** An empty page in a fresh profile. */
    async page(size = 'desktop', options = {}) {
      const tab = await open(browser, size, options);
      tabs.push(tab);
      return tab.page;
    },
    /** Somebody on the merchant's page, with `stripe` made there. */
    async customer({ size, stripe, ...options } = {}) {
      const customer = new Customer(await scene.page(size, options), shop, sandbox);
      await customer.comes(stripe);
      return customer;
    },
    /** A PaymentIntent of the merchant. */
    intends: (params = {}) => sandbox.call('POST', '/v1/payment_intents', { amount: 2000, currency: 'eur', ...params }),
    finds: (id) => sandbox.call('GET', `/v1/payment_intents/${id}`),
    /** The story brings this complaint about on purpose. */
    expects: (complaint) => expected.push(complaint),
    /** The page fits the screen and can be read; keeps a picture of it. */
    async keeps(page, picture) {
      await assertFitsScreen(page);
      await assertReadable(page);
      await screenshot(page, picture);
    },
  };
  try {
    await play(scene);
    Problems.of(tabs.map((tab) => tab.problems)).assertNone({ except: expected });
    for (const tab of tabs) tab.problems.assertAskedOnly([sandbox.url, shop.url]);
  } catch (error) {
    const picture = `failed-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}`;
    await Promise.allSettled(tabs.map((tab) => screenshot(tab.page, picture)));
    throw error;
  } finally {
    await Promise.all(tabs.map((tab) => tab.close()));
  }
}
