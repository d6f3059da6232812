// A8: names that are markup are shown as text, on every page that shows them.

import assert from 'node:assert/strict';
import { callJson } from './cast/call_json.mjs';
import { cards } from './cast/shopper.mjs';
import { storyAlone } from './lib/stories.mjs';

const product = `<img src=x onerror=alert(1)>"'><script>alert(2)</script>{{7*7}}&lt;b&gt;`;
const description = `</p></script><svg onload=alert(3)><a href="javascript:alert(4)">free</a>`;
const storeName = `<script>alert(5)</script>"'><b onmouseover=alert(6)>Shop</b>`;

storyAlone('Names that are markup', async (scene) => {
  const { server, backend } = scene;
  await callJson('PATCH', `${server.public_url}/api/internal/stores/${server.stores[0].id}`, {
    headers: { 'X-Internal-Secret': server.internal_secret },
    body: { name: storeName },
  });
  await backend.sell({ name: product, description, unit_amount: 990, currency: 'eur' });
  const shopper = await scene.shopper();
  const dialogs = [];
  shopper.page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    dialog.dismiss();
  });

  await shopper.visitsShop();
  await shopper.page.locator('header').getByText(storeName, { exact: true }).waitFor();
  await shopper.page.locator('tillgate-products').getByText(description, { exact: true }).waitFor();
  await shopper.adds(product);
  await scene.keeps(shopper.page, 'markup-shop');
  await shopper.checksOut();
  await shopper.page.locator('.lines').getByText(product).waitFor();
  await shopper.page.locator('header').getByText(storeName, { exact: true }).waitFor();
  await scene.keeps(shopper.page, 'markup-checkout');
  await shopper.pays(cards.works);
  await shopper.seesPaid();
  await shopper.page.getByRole('link', { name: `Back to ${storeName}` }).waitFor();
  await scene.keeps(shopper.page, 'markup-paid');
  await shopper.goesBackToShop();
  await shopper.order.getByText('— paid').waitFor();
  assert.deepEqual(dialogs, [], 'something ran');
});
