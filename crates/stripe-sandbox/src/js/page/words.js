// Amounts, times and states as people read them.

const ZERO_DECIMALS = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "));
const THREE_DECIMALS = new Set("bhd jod kwd omr tnd".split(" "));

/** How many digits Stripe's amounts in this currency have behind the point. */
export function decimals(currency) {
  if (ZERO_DECIMALS.has(currency)) return 0;
  return THREE_DECIMALS.has(currency) ? 3 : 2;
}

export function money(amount, currency) {
  if (typeof amount !== "number" || !currency) return "—";
  const digits = decimals(currency);
  return new Intl.NumberFormat("en", {
    style: "currency", currency, currencyDisplay: "code", minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
}

/** What somebody typed, "12.30", as Stripe's integer; NaN if it is not an amount of this currency. */
export function minor(text, currency) {
  const digits = decimals(currency);
  const found = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim());
  if (!found || (found[2] ?? "").length > digits) return NaN;
  return Number(found[1] + (found[2] ?? "").padEnd(digits, "0"));
}

export const time = (seconds) =>
  typeof seconds === "number" ? new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) : "";

const GOOD = new Set(["succeeded", "paid", "active", "delivered", "won", "complete", "ready", "trialing"]);
const BAD = new Set(["failed", "canceled", "lost", "uncollectible", "unpaid", "past_due", "needs_response", "incomplete_expired", "blocked"]);

export function tone(status) {
  if (GOOD.has(status)) return "good";
  return BAD.has(status) ? "bad" : "wait";
}

/** A payment's state with what has become of its money. */
export function standing(intent) {
  const charge = typeof intent.latest_charge === "object" ? intent.latest_charge : null;
  if (intent.status !== "succeeded" || !charge) return intent.status;
  if (charge.disputed) return "disputed";
  if (charge.refunded) return "refunded";
  return charge.amount_refunded > 0 && charge.amount_captured === charge.amount ? "partially_refunded" : "succeeded";
}
