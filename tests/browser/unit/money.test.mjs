// Amounts as shoppers read them, held against Stripe's currency facts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

import { exponent, formatMoney } from "../../../static/lib/money.js";

// Stripe's special cases are the ones that ISO 4217, and so Intl, would get wrong: ISK, UGX, MGA.
const SHOWN = [
  [1200, "eur", "en", "€12.00"],
  [1200, "EUR", "en", "€12.00"],
  [1, "usd", "en-US", "$0.01"],
  [500, "jpy", "en", "¥500"],
  [5120, "kwd", "en", "KWD 5.120"],
  [500, "isk", "en", "ISK 5"],
  [500, "ugx", "en", "UGX 5"],
  [501, "ugx", "en", "UGX 5.01"],
  [700, "mga", "en", "MGA 700"],
  [1045, "huf", "en", "HUF 10.45"],
  [999_999_999_999, "idr", "en", "IDR 9,999,999,999.99"],
  [123_456, "eur", "de", "1.234,56 €"],
  [0, "eur", "en", "€0.00"],
];

const plainSpaces = (text) => text.replaceAll(/[\u00a0\u202f]/g, " ");

for (const [amount, currency, locale, expected] of SHOWN) {
  test(`${amount} ${currency} in ${locale} is ${expected}`, () => {
    assert.equal(plainSpaces(formatMoney(amount, currency, locale)), expected);
  });
}

test("a locale that is not one falls back instead of failing", () => {
  assert.match(formatMoney(1200, "eur", "not a locale"), /12[.,]00/);
});

test("a code that is not a currency is shown as it is", () => {
  assert.equal(formatMoney(1200, "x1", "en"), "12.00 X1");
});

test("every zero- and three-decimal currency of Stripe has its exponent, and the special cases have two decimals", () => {
  const zero = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" ");
  for (const code of zero) assert.equal(exponent(code), 0, code);
  for (const code of "BHD JOD KWD OMR TND".split(" ")) assert.equal(exponent(code), 3, code);
  for (const code of "ISK UGX HUF TWD IDR USD EUR".split(" ")) assert.equal(exponent(code), 2, code);
});

test("the widget, which stands alone, shows money as the checkout page does", () => {
  const source = readFileSync(new URL("../../../static/widget.js", import.meta.url), "utf8");
  const from = source.indexOf("  const ZERO_DECIMAL");
  const to = source.indexOf("  // ---- One store's state");
  assert.ok(from > 0 && to > from, "the widget's money section is where this test looks for it");
  const money = vm.runInNewContext(`${source.slice(from, to)}; money`);
  for (const [amount, currency, locale] of SHOWN) assert.equal(money(amount, currency, locale), formatMoney(amount, currency, locale));
});
