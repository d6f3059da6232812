// What is really painted, where computed styles do not tell: a frame may be opaque for reasons of its own.

/**
 * The colour in a corner of an element, as `[red, green, blue]`.
 * @param {import('playwright-core').Locator} element
 */
export async function cornerColour(element) {
  const { x, y } = await element.boundingBox();
  const page = element.page();
  const picture = await page.screenshot({ clip: { x: x + 1, y: y + 1, width: 1, height: 1 }, scale: 'css' });
  const reader = await page.context().newPage();
  try {
    return await reader.evaluate(readFirstPixel, `data:image/png;base64,${picture.toString('base64')}`);
  } finally {
    await reader.close();
  }
}

/** Runs in an empty page. */
async function readFirstPixel(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  const pen = document.createElement('canvas').getContext('2d');
  pen.drawImage(image, 0, 0);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
