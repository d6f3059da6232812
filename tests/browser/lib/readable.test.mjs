// Holds the contrast check to pairs whose ratios are known.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, open } from './browser.mjs';
import { assertReadable } from './readable.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

for (const [html, complaint] of [
  ['<p style="color: #767676">4.54 on white</p>', null],
  ['<p style="color: #777">4.48 on white</p>', /4\.48: 4\.48 on white/],
  ['<h1 style="color: #777; font-size: 24px">Large enough for 3</h1>', null],
  ['<div style="background: #000"><p style="color: rgb(255 255 255 / 40%)">See-through</p></div>', /See-through/],
  ['<button disabled style="color: #ccc">Off</button>', null],
  [`<div style="background: #000"><iframe srcdoc="<p style='color: #222'>In a frame</p>"></iframe></div>`, /In a frame/],
  [`<div style="background: #000"><iframe srcdoc="<p style='color: #ddd'>In a frame</p>"></iframe></div>`, null],
  ['<p hidden style="color: #fff">Hidden</p>', null],
]) {
  test(`${html} is ${complaint ? 'refused' : 'accepted'}`, async () => {
    const tab = await open(browser, 'desktop');
    await tab.page.setContent(html);
    if (complaint) await assert.rejects(() => assertReadable(tab.page), complaint);
    else await assertReadable(tab.page);
    await tab.close();
  });
}
