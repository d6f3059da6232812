// From the shop to a paid order without a mouse, in the dark: Tab gets everywhere, and it shows where one is.

import assert from 'node:assert/strict';
import { assertPaidOnce } from './cast/assert_paid_once.mjs';
import { Merchant } from './cast/merchant.mjs';
import { focusComesTo, tabTo } from './lib/keyboard.mjs';
import { cornerColour } from './lib/pixel.mjs';
import { stories } from './lib/stories.mjs';

const dark = { colorScheme: 'dark' };

stories('With the keyboard only, in dark mode', (story) => {
  story('A shopper pays', async (scene) => {
    const shopper = await scene.shopper(dark);
    const { page } = shopper;
    const { keyboard } = page;
    await shopper.visitsShop();
    await tabTo(page, /^Add to cart: Stoneware mug$/);
    await keyboard.press('Enter');
    await tabTo(page, /^One Stoneware mug more$/);
    await keyboard.press('Space');
    await scene.keeps(page, 'dark-shop');
    await tabTo(page, /^Checkout$/);
    await keyboard.press('Enter');
    await page.waitForURL('**/checkout/*');
    await shopper.canPay();

    await tabTo(page, /^E-mail/);
    await keyboard.type(shopper.email);
    await tabTo(page, /^Card number$/);
    await keyboard.type('4000002500003155');
    await tabTo(page, /^Expiration date$/);
    await keyboard.type('1234');
    await tabTo(page, /^Security code$/);
    await keyboard.type('123');
    await tabTo(page, /^ZIP$/);
    await keyboard.type('94107');
    await scene.keeps(page, 'dark-checkout');
    assert.deepEqual(await cornerColour(shopper.cardFrame), [21, 29, 35], 'the card form lies on the colour of the page');
    await tabTo(page, /^Pay €33\.00$/);
    await keyboard.press('Enter');
    await focusComesTo(page, /^Complete authentication$/);
    await scene.keeps(page, 'dark-bank');
    await tabTo(page, /^Fail authentication$/);
    await keyboard.press('Enter');
    await shopper.seesRefusal("We couldn't confirm with your bank that it's you.");
    await scene.keeps(page, 'dark-refused');
    await tabTo(page, /^Pay €33\.00$/);
    await keyboard.press('Enter');
    await focusComesTo(page, /^Complete authentication$/);
    await keyboard.press('Enter');
    const number = await shopper.seesPaid();
    await scene.keeps(page, 'dark-paid');
    await tabTo(page, /^Back to Demo Coffee$/);
    await keyboard.press('Enter');
    await shopper.order.getByText(`Order ${number} — paid`).waitFor();
    await scene.keeps(page, 'dark-shop-knows');
    await tabTo(page, /^Dismiss this message$/);
    await keyboard.press('Enter');
    await shopper.order.waitFor({ state: 'hidden' });
    await assertPaidOnce(scene, shopper, { number, amount: 3300 });
  });

  story('A merchant fills in the connect form', async (scene) => {
    const { page } = await scene.openTab(dark);
    const { store } = new Merchant(page, scene.server);
    await page.goto(store.connect_url);
    await tabTo(page, /^Publishable key$/);
    await page.keyboard.type(store.publishable_key);
    await tabTo(page, /^Secret or restricted key$/);
    await page.keyboard.type('whsec_FAKE');
    await tabTo(page, /^Show secret key$/);
    await page.keyboard.press('Space');
    await tabTo(page, /^Only if we cannot set up the webhook ourselves$/);
    await page.keyboard.press('Enter');
    await scene.keeps(page, 'dark-connect');
    await tabTo(page, /^Connect Stripe$/);
    await page.keyboard.press('Enter');
    await page.getByText('This is a webhook signing secret. It goes into the field for the signing secret.').waitFor();
    await scene.keeps(page, 'dark-connect-refused');
    scene.expects(/^response: 422 POST .*\/stripe\/connect$/);
  });
});
