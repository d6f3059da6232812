// A storefront developer reads the API's documentation, on a phone and at a desk.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { assertFitsScreen, screenshotFolder } from './lib/browser.mjs';
import { assertReadable } from './lib/readable.mjs';
import { stories } from './lib/stories.mjs';

stories('The documentation of the API', (story) => {
  story('A developer finds a call and its example', async (scene) => {
    const { page } = await scene.openTab();
    await page.goto(`${scene.server.public_url}/docs`);
    await page.getByRole('heading', { name: 'Tillgate API', level: 1 }).waitFor();
    await assertFitsScreen(page);
    await assertReadable(page);
    await keeps(page, 'docs-top');

    const demo = scene.server.stores.find((store) => store.connected);
    const variables = await page.locator('#variables').innerText();
    assert.ok(variables.includes(`STORE_ID=${demo.id}`), 'the examples are for the demo store');

    await page.getByRole('link', { name: 'Make a cart' }).filter({ visible: true }).first().click();
    assert.match(page.url(), /#createCart$/);
    const call = page.getByRole('article', { name: 'Make a cart' });
    const example = await call.getByLabel('Example with curl').innerText();
    assert.match(example, /^curl "\$BASE_URL\/api\/v1\/stores\/\$STORE_ID\/carts"/);
    await keeps(page, 'docs-call');

    await call.getByRole('link', { name: 'Cart', exact: true }).click();
    assert.ok(await page.getByRole('article', { name: 'Cart', exact: true }).isVisible());
    await keeps(page, 'docs-object');
  });
});

/** A picture of what is on the screen: the whole page is longer than a picture may be. */
async function keeps(page, name) {
  await mkdir(screenshotFolder, { recursive: true });
  await page.screenshot({ path: `${screenshotFolder}${name}-${page.viewportSize().width}.png`, animations: 'disabled' });
}
