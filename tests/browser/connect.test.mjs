// A merchant connects the second store with the keys that `tillgate dev` prints, after the usual mistakes.

import assert from 'node:assert/strict';
import { Merchant } from './cast/merchant.mjs';
import { cards } from './cast/shopper.mjs';
import { storyAlone } from './lib/stories.mjs';

storyAlone('A merchant connects the second store', async (scene) => {
  const merchant = await newMerchant(scene);
  const { page, store } = merchant;
  await page.goto(store.connect_url);
  await scene.keeps(page, 'connect-1-form');

  await merchant.sends({ publishable_key: store.secret_key, secret_key: store.publishable_key });
  await merchant.seesErrorBeside('publishable_key', 'This is a secret key. Paste it into the field for the secret key');
  await merchant.seesErrorBeside('secret_key', 'This is a publishable key. Here goes the secret key');
  await merchant.findsNoSecretOnPage([store.secret_key]);
  await scene.keeps(page, 'connect-2-swapped');

  const wrongKey = 'sk_test_FAKE_NobodyHasThisKey_secret';
  await merchant.sends({ publishable_key: store.publishable_key, secret_key: wrongKey });
  await merchant.seesErrorBeside('secret_key', 'Stripe does not accept this key.');
  assert.equal(await page.getByLabel('Publishable key').inputValue(), store.publishable_key, 'what is not secret is kept');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'secret_key', 'the field to mend has the focus');
  await merchant.findsNoSecretOnPage([wrongKey]);
  await scene.keeps(page, 'connect-3-wrong-key');
  assert.equal((await merchant.status()).has_stripe, false);

  await merchant.sends({ secret_key: store.secret_key });
  await page.getByRole('heading', { name: 'Second Store is connected to Stripe' }).waitFor();
  await merchant.findsNoSecretOnPage([store.secret_key]);
  await scene.keeps(page, 'connect-4-connected');
  assert.deepEqual(await merchant.status(), { store_id: store.id, has_stripe: true, is_live_mode: false });

  await page.goto(scene.server.demo_url);
  await page.getByRole('heading', { name: 'Test cards' }).waitFor();
  assert.equal(await page.getByText('Connect the second store').count(), 0, 'nothing is left to connect');

  await page.goto(store.connect_url);
  await page.getByRole('heading', { name: 'This link was used or has expired' }).waitFor();
  await scene.keeps(page, 'connect-5-used-link');

  scene.expects(/^response: 422 POST .*\/stripe\/connect$/);
  scene.expects(/^response: 410 GET .*\/stripe\/connect\?/);
});

storyAlone('A merchant with a restricted key is told what it lacks', async (scene) => {
  const merchant = await newMerchant(scene);
  const { page, store } = merchant;
  const account_id = 'acct_1FAKESecondStore';
  await page.goto(store.connect_url);
  const link = page.getByRole('link', { name: 'test mode' });
  assert.match(await link.getAttribute('href'), /^https:\/\/dashboard\.stripe\.com\/test\/apikeys\/create\?name=Tillgate&permissions/);

  const weak = { account: 'read', payment_intents: 'read' };
  const weakKey = await scene.sandbox.makesKey({ account_id, key: 'rk_test_FAKE_weak', permissions: weak });
  await merchant.sends({ publishable_key: store.publishable_key, secret_key: weakKey });
  await merchant.seesErrorBeside('secret_key', 'it lacks “PaymentIntents: Write”, “Charges and Refunds: Write”');
  await merchant.findsNoSecretOnPage([weakKey]);
  await scene.keeps(page, 'connect-key-lacks');
  scene.expects(/^response: 422 POST .*\/stripe\/connect$/);

  const enough = { account: 'read', payment_intents: 'write', refunds: 'write', webhook_endpoints: 'write', setup_intents: 'write' };
  const key = await scene.sandbox.makesKey({ account_id, key: 'rk_test_FAKE_enough', permissions: enough });
  await merchant.sends({ secret_key: key });
  await page.getByRole('heading', { name: 'What needs your attention' }).waitFor();
  await page.getByText('Missing: Events: Read').waitFor();
  await scene.keeps(page, 'connect-problems');
});

storyAlone('The success page tells by itself that the first event came', async (scene) => {
  const merchant = await newMerchant(scene);
  const { page, store } = merchant;
  await scene.sandbox.holdWebhooks();
  const url = `${scene.server.public_url}/webhook/stripe/${store.id}`;
  const webhook_secret = await scene.sandbox.makesEndpoint(store.secret_key, url);
  await page.goto(store.connect_url);
  await merchant.sends({ ...store, webhook_secret });
  const state = page.locator('dt:text-is("Webhook") + dd');
  await state.filter({ hasText: 'waiting for the first event' }).waitFor();
  await merchant.findsNoSecretOnPage([webhook_secret]);
  await scene.keeps(page, 'connect-waiting');
  const answers = await scene.sandbox.letsGo('acct_1FAKESecondStore', 'setup_intent.canceled');
  assert.ok(answers.length > 0 && answers.every((status) => status === 200), `webhooks are taken: ${answers}`);
  await state.filter({ hasText: 'last event just now' }).waitFor();
});

storyAlone('A merchant moves to another Stripe account while a shopper pays', async (scene) => {
  const shopper = await scene.shopperAtCheckout();
  const { page } = await scene.openTab();
  const [former, other] = scene.server.stores;
  const merchant = new Merchant(page, scene.server, former);
  await page.goto(await merchant.link());
  await merchant.sends(other);
  await page.getByText('These keys belong to another Stripe account').waitFor();
  const confirmation = page.getByLabel(/Yes, take new payments with acct_1FAKESecondStore/);
  assert.equal(await confirmation.isChecked(), false);
  await merchant.findsNoSecretOnPage([other.secret_key]);
  await scene.keeps(page, 'connect-other-account');
  scene.expects(/^response: 409 POST .*\/stripe\/connect$/);

  await confirmation.check();
  await merchant.sends({ secret_key: other.secret_key });
  await page.getByRole('heading', { name: 'Demo Coffee is connected to Stripe' }).waitFor();
  await page.getByText(/the account was acct_1FAKEDemoCoffee/).waitFor();
  await scene.keeps(page, 'connect-moved');

  // The card form on the shopper's page is of the former account: it is made anew, and nothing is charged before.
  await shopper.pays(cards.works);
  await shopper.seesRefusal('The shop has just moved its payments to another account.');
  await shopper.canPay();
  await shopper.pays(cards.works);
  await shopper.seesPaid();
});

storyAlone('A merchant comes back to the shop that sent them', async (scene) => {
  const merchant = await newMerchant(scene);
  const shopPage = `${scene.server.sandbox_url}/`;
  const { url } = await merchant.linkFromShop(shopPage);
  await merchant.page.goto(url);
  await merchant.sends(merchant.store);
  // Chromium applies form-action to this redirect: a policy that is too strict would stop the merchant here.
  await merchant.page.waitForURL(`${shopPage}?store_id=${merchant.store.id}&connected=true`);
});

storyAlone('A merchant with a link that nobody made sees why it does not work', async (scene) => {
  const { page, store } = await newMerchant(scene);
  const form = `${scene.server.public_url}/stripe/connect`;
  for (const [address, status, heading, picture] of [
    [`${form}?store_id=${store.id}&token=garbage`, 403, 'This link does not fit the store', 'connect-foreign-link'],
    [`${form}?store_id=00000000-0000-7000-8000-000000000000`, 404, 'There is no such store', 'connect-unknown-store'],
    [`${store.connect_url}&return_url=https://evil.example/`, 400, 'This link is not right', 'connect-bad-return'],
  ]) {
    const answer = await page.goto(address);
    assert.equal(answer.status(), status);
    await page.getByRole('heading', { name: heading }).waitFor();
    await scene.keeps(page, picture);
    scene.expects(new RegExp(`^response: ${status} GET`));
  }
  await page.goto(`${form}?store_id=${store.id}`);
  await scene.keeps(page, 'connect-sign-in');
  scene.tolerates(/^response: 401 GET .*\/portal\/sign-in/);
});

async function newMerchant(scene) {
  const { page } = await scene.openTab();
  return new Merchant(page, scene.server);
}
