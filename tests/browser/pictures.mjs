// Takes the pictures of the README and the guides anew: node tests/browser/pictures.mjs
// (after scripts/node-env tests/browser and cargo build -p gateway). Look at them before you commit them.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Merchant } from './cast/merchant.mjs';
import { cards, Shopper } from './cast/shopper.mjs';
import { launch, open } from './lib/browser.mjs';
import { startServer } from './lib/server.mjs';

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));

await mkdir(folder, { recursive: true });
const [server, browser] = await Promise.all([startServer({ name: 'pictures' }), launch()]);
try {
  await demoDesktop();
  await checkoutPhone();
  await connectDesktop();
} finally {
  await browser.close();
  await server.stop();
}

async function demoDesktop() {
  const shopper = await newShopper('desktop');
  await atCheckout(shopper);
  await shopper.pays(cards.works);
  const number = await shopper.seesPaid();
  await shopper.goesBackToShop();
  await shopper.order.getByText(`Order ${number} — paid`).waitFor();
  await keep(shopper.page, 'demo-desktop');
}

async function checkoutPhone() {
  const shopper = await newShopper('phone');
  await atCheckout(shopper);
  await shopper.fillsIn(cards.works);
  await keep(shopper.page, 'checkout-phone');
}

async function connectDesktop() {
  const { page } = await open(browser, 'desktop');
  const { store } = new Merchant(page, server);
  await page.goto(store.connect_url);
  await page.getByLabel('Publishable key').fill(store.publishable_key);
  await page.getByLabel('Secret or restricted key').fill(store.secret_key);
  await keep(page, 'connect-desktop');
}

async function newShopper(size) {
  const { page } = await open(browser, size);
  return new Shopper(page, server, 'ada@example.com');
}

async function atCheckout(shopper) {
  await shopper.visitsShop();
  await shopper.adds('House blend, 250 g');
  await shopper.adds('Stoneware mug');
  await shopper.checksOut();
}

async function keep(page, name) {
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${folder}${name}.png`, fullPage: true, animations: 'disabled' });
}
