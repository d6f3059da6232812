// What shoppers are told: every known failure has plain words, and nobody's raw text or code gets through.
import assert from "node:assert/strict";
import { test } from "node:test";

import { wordsForApiError, wordsForLostConnection, wordsForStripeError } from "../../../static/lib/words.js";

const GENERIC = "Your bank declined this card. Try another card, or contact your bank.";
const RAW = "RAW TEXT OF STRIPE";

const declined = (decline_code) => ({ type: "card_error", code: "card_declined", decline_code, message: RAW });

test("a decline without a reason for the shopper's ears says the same, whatever the reason", () => {
  for (const code of ["generic_decline", "do_not_honor", "fraudulent", "lost_card", "stolen_card", "pickup_card", "merchant_blacklist", "a_code_of_tomorrow", null]) {
    assert.equal(wordsForStripeError(declined(code)), GENERIC, String(code));
  }
});

test("a decline that the shopper can mend says how", () => {
  const expected = {
    insufficient_funds: /enough money/,
    expired_card: /expired/,
    incorrect_cvc: /security code/,
    incorrect_number: /card number/,
    processing_error: /Try again/,
    card_velocity_exceeded: /limit/,
    authentication_required: /that it's you/,
  };
  for (const [code, words] of Object.entries(expected)) assert.match(wordsForStripeError(declined(code)), words, code);
});

test("the error code counts where there is no decline code", () => {
  assert.match(wordsForStripeError({ type: "card_error", code: "expired_card" }), /expired/);
  assert.match(wordsForStripeError({ type: "card_error", code: "incorrect_number" }), /card number/);
  assert.match(wordsForStripeError({ type: "invalid_request_error", code: "payment_intent_authentication_failure" }), /couldn't confirm .* that it's you/);
});

test("Stripe's own text is shown for field checks only", () => {
  assert.equal(wordsForStripeError({ type: "validation_error", code: "some_field", message: "Your IBAN is incomplete." }), "Your IBAN is incomplete.");
  for (const type of ["card_error", "api_error", "invalid_request_error", "authentication_error", "idempotency_error", "rate_limit_error", undefined]) {
    assert.ok(!wordsForStripeError({ type, code: "unheard_of", message: RAW }).includes(RAW), String(type));
  }
});

test("nothing at all still gives words", () => {
  for (const error of [undefined, null, {}]) assert.ok(wordsForStripeError(error).length > 20);
});

const api = (status, code, more = {}) => wordsForApiError(status, { error: { type: "invalid_request_error", code, message: RAW, ...more } });

test("a checkout that cannot be paid any more ends with a heading and says that nothing was charged", () => {
  for (const [status, code] of [[410, "checkout_expired"], [422, "insufficient_stock"], [409, "cart_locked"], [409, "checkout_outdated"], [410, "anything"], [401, "token_invalid"], [404, "resource_missing"]]) {
    const words = api(status, code);
    assert.equal(words.ended, true, code);
    assert.ok(words.heading.length > 5, code);
    assert.match(words.message, /(Nothing was charged|not been charged)/, code);
  }
});

test("a store without working keys is not the shopper's fault and not the end", () => {
  for (const code of ["store_not_connected", "store_reconnect_needed"]) {
    const words = api(409, code);
    assert.equal(words.ended, false);
    assert.match(words.message, /cannot take payments right now/);
  }
});

test("Retry-After is told in seconds or minutes", () => {
  assert.match(wordsForApiError(429, null, 12).message, /Wait 12 seconds/);
  assert.match(wordsForApiError(429, null, 1).message, /Wait one second/);
  assert.match(wordsForApiError(429, null, 600).message, /Wait 10 minutes/);
  assert.match(wordsForApiError(429, null, null).message, /Wait a few seconds/);
  assert.match(wordsForApiError(503, null, Number.NaN).message, /Wait a few seconds/);
});

test("a card error that our API passes on uses the same words as Stripe.js", () => {
  assert.equal(api(402, "card_declined", { type: "card_error", decline_code: "lost_card" }).message, GENERIC);
});

test("no answer of our API is shown as it is", () => {
  for (const status of [400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 504]) {
    assert.ok(!api(status, "unheard_of").message.includes(RAW), String(status));
  }
});

test("'not charged' is claimed only while no charge can have happened", () => {
  assert.match(wordsForLostConnection("prepare"), /have not been charged/);
  assert.match(wordsForLostConnection("confirm"), /will not be charged twice/);
  for (const status of [400, 500, 503, 504]) {
    assert.match(wordsForApiError(status, null, null, "prepare").message, /have not been charged/);
    assert.doesNotMatch(wordsForApiError(status, null, null, "confirm").message, /not been charged/);
  }
});
