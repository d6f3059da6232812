// Pages for people who have only a keyboard: Tab gets everywhere, and it shows where one is.

import assert from 'node:assert/strict';
import { until } from './until.mjs';

/** More stops than any of our pages has; beyond it Tab goes round in circles. */
const maxStops = 60;

/**
 * Presses Tab until the focus is on what is called so, in frames too, and fails if a stop on the way does not show.
 * @param {import('playwright-core').Page} page
 * @param {RegExp} name the accessible name, or what stands in for it
 */
export async function tabTo(page, name) {
  const passed = [];
  for (let stop = 0; stop < maxStops; stop += 1) {
    await page.keyboard.press('Tab');
    const focus = await describeFocus(page);
    if (focus === null) continue;
    assert.ok(focus.isVisible, `the focus does not show on "${focus.name}"`);
    if (name.test(focus.name)) return;
    passed.push(focus.name);
  }
  assert.fail(`Tab never reaches ${name}; it stopped at: ${passed.join(' | ')}`);
}

/**
 * Waits until the focus is on what is called so, without anybody pressing Tab.
 * @param {import('playwright-core').Page} page
 * @param {RegExp} name
 */
export async function focusComesTo(page, name) {
  await until(`focus on ${name}`, async () => name.test((await describeFocus(page))?.name ?? ''));
}

/** Null while the focus is on the document, between its last stop and its first. */
async function describeFocus(page) {
  let frame = page.mainFrame();
  for (;;) {
    const element = (await frame.evaluateHandle(() => document.activeElement)).asElement();
    if (element === null) return null;
    const child = await element.contentFrame();
    if (child === null) return element.evaluate(describe);
    frame = child;
  }
}

/** Runs in the page. */
function describe(element) {
  if (element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const isInView = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {
    name: element.ariaLabel || element.labels?.[0]?.textContent.trim() || element.textContent.trim() || element.id,
    isVisible: isInView && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
  };
}
