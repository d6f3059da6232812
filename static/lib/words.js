// What to tell a shopper when something fails: plain words that say what to do next.
// Codes: docs.stripe.com/declines/codes, docs.stripe.com/error-codes, and our own API's error envelope.

const DECLINED = "Your bank declined this card. Try another card, or contact your bank.";
const TRY_ANOTHER = "This card cannot be used for this payment. Try another card.";
const NOT_CONFIRMED = "We couldn't confirm with your bank that it's you. Try again, or use another card.";

const BY_DECLINE_CODE = {
  authentication_required: "Your bank wants to confirm that it's you. Try again and follow its steps.",
  approve_with_id: "Your bank could not approve the payment just now. Try again; if it fails again, contact your bank.",
  card_not_supported: TRY_ANOTHER,
  card_velocity_exceeded: "This card has reached its limit. Try another card, or contact your bank.",
  currency_not_supported: "This card cannot pay in this currency. Try another card.",
  duplicate_transaction: "A payment like this was made a moment ago. Check your statement before you try again.",
  expired_card: "This card has expired. Check the date, or try another card.",
  incorrect_cvc: "The security code is not right. Check the code on your card and try again.",
  incorrect_number: "The card number is not right. Check it and try again.",
  incorrect_pin: DECLINED,
  incorrect_zip: "The postal code does not match the card. Check it and try again.",
  insufficient_funds: "There isn't enough money on this card. Try another card.",
  invalid_account: TRY_ANOTHER,
  invalid_cvc: "The security code is not right. Check the code on your card and try again.",
  invalid_expiry_month: "The expiry date is not right. Check it and try again.",
  invalid_expiry_year: "The expiry date is not right. Check it and try again.",
  invalid_number: "The card number is not right. Check it and try again.",
  issuer_not_available: "Your bank could not be reached. Try again in a moment, or use another card.",
  not_permitted: TRY_ANOTHER,
  pin_try_exceeded: "This card is blocked for now. Try another card.",
  processing_error: "Something went wrong while the card was processed. Try again in a moment.",
  reenter_transaction: "Your bank could not process the payment. Try again in a moment.",
  testmode_decline: "Only test cards work here. Use one of the test card numbers.",
  try_again_later: "Your bank could not process the payment just now. Try again in a moment.",
  withdrawal_count_limit_exceeded: "This card has reached its limit. Try another card.",
};

const BY_STRIPE_CODE = {
  ...BY_DECLINE_CODE,
  amount_too_small: "The amount is too small to be paid by card.",
  card_declined: DECLINED,
  incomplete_cvc: "Enter the security code of your card.",
  incomplete_expiry: "Enter the expiry date of your card.",
  incomplete_number: "Enter the whole card number.",
  incomplete_zip: "Enter your postal code.",
  invalid_expiry_year_past: "This card has expired. Check the date, or try another card.",
  email_invalid: "Check your e-mail address; something in it is not right.",
  payment_intent_authentication_failure: NOT_CONFIRMED,
  payment_intent_payment_attempt_failed: "The payment did not go through. Try again, or use another card.",
  payment_method_provider_decline: DECLINED,
  payment_method_provider_timeout: "The payment provider did not answer. Try again in a moment.",
  rate_limit: "There is a lot going on right now. Wait a few seconds and try again.",
};

const STORE_CANNOT_TAKE_PAYMENTS = "This shop cannot take payments right now. Nothing was charged. Please try again later, or tell the shop.";

// `ended`: this checkout cannot be paid any more, so the form goes away.
const BY_API_CODE = {
  cart_locked: { ended: true, heading: "This cart is already paid", message: "Its payment went through before. Look for the shop's e-mail, or ask the shop. You have not been charged again." },
  checkout_outdated: { ended: true, heading: "Your cart has changed", message: "It was changed after this page was opened, perhaps in another tab. Nothing was charged. Go back to the shop and check out again." },
  checkout_expired: { ended: true, heading: "This checkout has expired", message: "Nothing was charged. Go back to the shop and check out again; your cart is kept." },
  amount_too_small: { message: "This order is too small to be paid by card. Nothing was charged. Pay in another way, or go back to the shop and add something." },
  insufficient_stock: { ended: true, heading: "Sold out", message: "Something in your cart sold out just now. Nothing was charged. Go back to the shop to change your cart." },
  product_unavailable: { ended: true, heading: "No longer sold", message: "Something in your cart is no longer sold. Nothing was charged. Go back to the shop to change your cart." },
  shipping_not_available: { message: "The shop does not deliver there in this way. Nothing was charged. Choose another country or another way of delivery." },
  shipping_method_required: { ended: true, heading: "The shop has changed its delivery", message: "Nothing was charged. Open this page again to choose how your order is delivered." },
  shipping_address_required: { message: "The shop needs to know where your order goes. Nothing was charged. Fill in your address and try again." },
  order_not_payable_by_card: { ended: true, heading: "This order is placed already", message: "You chose to pay it in another way. You have not been charged. Look for the shop's e-mail, or ask the shop." },
  link_expired: { ended: true, heading: "This payment link is no longer valid", message: "Nothing was charged. Ask the shop for a new link." },
  link_outdated: { ended: true, heading: "The order has changed", message: "It was changed after this link was made. Nothing was charged. Ask the shop for a new link." },
  order_cancelled: { ended: true, heading: "This order was cancelled", message: "Nothing was charged. Go back to the shop to order again." },
  store_not_connected: { message: STORE_CANNOT_TAKE_PAYMENTS },
  store_reconnect_needed: { message: STORE_CANNOT_TAKE_PAYMENTS },
};

/** For an error of Stripe.js: `elements.submit()` or `confirmPayment`. Stripe's own text is used for nothing but its field checks. */
export function wordsForStripeError(error) {
  const byDecline = BY_DECLINE_CODE[error?.decline_code];
  if (byDecline) return byDecline;
  const byCode = BY_STRIPE_CODE[error?.code];
  if (byCode) return byCode;
  if (error?.type === "card_error") return DECLINED;
  if (error?.type === "validation_error") return error.message || "Check the payment details and try again.";
  if (error?.type === "api_connection_error") return wordsForLostConnection("confirm");
  return "The payment could not be completed. Try again, or use another card.";
}

/**
 * For an answer of our own API that is not 2xx: `{ended, heading?, message}`.
 * `body` is the parsed envelope or null; `retryAfterSeconds` comes from Retry-After, or is null; `phase` as below.
 */
export function wordsForApiError(status, body, retryAfterSeconds = null, phase = "prepare") {
  const error = body?.error ?? {};
  const known = BY_API_CODE[error.code];
  if (known) return { ended: false, ...known };
  if (status === 410) return BY_API_CODE.checkout_expired;
  if (status === 401 || status === 403 || status === 404) return { ...BY_API_CODE.checkout_expired, heading: "This checkout is not valid any more" };
  if (status === 402 || error.type === "card_error") return { ended: false, message: wordsForStripeError({ ...error, type: "card_error" }) };
  if (status === 429) return { ended: false, message: `Too many tries. ${wait(retryAfterSeconds)} and try again.` };
  if (error.param === "email") return { ended: false, message: BY_STRIPE_CODE.email_invalid };
  const charged = phase === "prepare" ? "You have not been charged." : "You will not be charged twice.";
  if (status >= 500) return { ended: false, message: `Payments are not reachable right now. ${charged} ${wait(retryAfterSeconds)} and try again.` };
  return { ended: false, message: `This could not be done just now. ${charged} Try again in a moment.` };
}

/** For a request that got no answer. `phase`: "prepare" while no charge can have happened, "confirm" once one may have. */
export function wordsForLostConnection(phase) {
  if (phase === "prepare") return "We couldn't reach the shop. You have not been charged. Check your connection and try again.";
  return "The connection was lost while you were paying. Try again: we first check whether the payment went through, so you will not be charged twice.";
}

function wait(seconds) {
  if (!Number.isFinite(seconds) || seconds === null || seconds <= 0) return "Wait a few seconds";
  if (seconds === 1) return "Wait one second";
  return seconds < 90 ? `Wait ${Math.ceil(seconds)} seconds` : `Wait ${Math.ceil(seconds / 60)} minutes`;
}
