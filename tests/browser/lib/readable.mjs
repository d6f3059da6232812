// Contrast by the numbers: WCAG 2.2, success criterion 1.4.3, for every text that a page shows.

import assert from 'node:assert/strict';

/**
 * Fails and names the texts whose contrast with what lies behind them is too low.
 * @param {import('playwright-core').Page} page
 */
export async function assertReadable(page) {
  const faint = await faintIn(page.mainFrame(), ['canvas']);
  assert.deepEqual(faint, [], 'texts are too faint on their background');
}

/** The faint texts of a frame and of the frames in it; `behind` are the colours on which the frame lies. */
async function faintIn(frame, behind) {
  const faint = await frame.evaluate(faintTexts, behind);
  for (const child of frame.childFrames()) {
    const element = await child.frameElement();
    faint.push(...(await faintIn(child, [...behind, ...(await element.evaluate(colours))])));
  }
  return faint;
}

/** Runs in the page: the backgrounds of an element and of all that it lies in, the lowest first. */
function colours(element) {
  const found = [];
  for (let at = element; at; at = at.parentElement) found.unshift(getComputedStyle(at).backgroundColor);
  return found;
}

/** Runs in the page. */
function faintTexts(below) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text && isShown(element) && !isExempt(element)) check(element, text);
  }
  return faint;

  function check(element, text) {
    const style = getComputedStyle(element);
    const behind = [...below, ...backgrounds(element)];
    const ratio = contrast(paint([...behind, style.color]), paint(behind));
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${text.slice(0, 60)}`);
  }

  function isShown(element) {
    return element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
  }

  /** Switched-off controls need no contrast; scripts are no text. */
  function isExempt(element) {
    return element.closest('script, style, noscript, :disabled, [aria-disabled="true"], .payment-skeleton') !== null;
  }

  function backgrounds(element) {
    const found = [];
    for (let at = element; at; at = at.parentElement) found.unshift(getComputedStyle(at).backgroundColor);
    return found;
  }

  function paint(colours) {
    pen.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
    }
    return pen.getImageData(0, 0, 1, 1).data;
  }

  function contrast(a, b) {
    const [light, dark] = [luminance(a), luminance(b)].sort((one, other) => other - one);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance([red, green, blue]) {
    const linear = [red, green, blue].map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }
}
