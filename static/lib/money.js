// Money as people read it. Amounts are Stripe's: integers in the smallest unit (docs.stripe.com/currencies).

const ZERO_DECIMAL = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const THREE_DECIMAL = new Set("bhd jod kwd omr tnd".split(" "));
// Whole amounts for people, but Stripe wants them with two decimals: 5 ISK is 500.
const WHOLE_SENT_AS_HUNDREDTHS = new Set(["isk", "ugx"]);

/** How many decimals Stripe's integer amounts of this currency carry. */
export function exponent(currency) {
  const code = currency.toLowerCase();
  if (ZERO_DECIMAL.has(code)) return 0;
  return THREE_DECIMAL.has(code) ? 3 : 2;
}

/** "€12.00" from 1200 and "eur"; a currency that the browser does not know becomes "12.00 XXX". */
export function formatMoney(amountMinor, currency, locale) {
  const code = currency.toLowerCase();
  const places = exponent(code);
  // Exact up to Stripe's largest amount, 999999999999, which a double holds with room to spare.
  const major = amountMinor / 10 ** places;
  const shown = WHOLE_SENT_AS_HUNDREDTHS.has(code) && amountMinor % 100 === 0 ? 0 : places;
  const digits = { minimumFractionDigits: shown, maximumFractionDigits: shown };
  const options = { style: "currency", currency: code.toUpperCase(), ...digits };
  try {
    return new Intl.NumberFormat(locale, options).format(major);
  } catch {
    try {
      return new Intl.NumberFormat(undefined, options).format(major);
    } catch {
      return `${major.toFixed(shown)} ${code.toUpperCase()}`;
    }
  }
}
