// After payment, while our record still says "processing": ask until it knows, then swap the words.

import { ApiError, call } from "./lib/api.js";

const config = JSON.parse(document.getElementById("status-config").textContent);
const result = document.getElementById("result");
const store = `/api/v1/stores/${encodeURIComponent(config.store_id)}`;

// Of a payment: its money is there, or never will be. Until then the shopper or the bank is at work.
const ENDED = new Set(["requires_capture", "succeeded", "canceled"]);
const GOOD = new Set(["paid", "authorized", "partially_refunded", "refunded", "disputed"]);
const FIRST_PAUSE_MS = 1_500;
const LONGEST_PAUSE_MS = 10_000;
const GIVE_UP_AFTER_MS = 120_000;
const SLOW_AFTER_MS = 20_000;

const startedAt = performance.now();
const tries = history.state?.tries ?? 0;
let pauseMs = Math.min(FIRST_PAUSE_MS * 1.5 ** tries, LONGEST_PAUSE_MS);

setTimeout(ask, 0);

async function ask() {
  try {
    if (config.link_token) {
      const payment = await call("GET", `${store}/payments/${encodeURIComponent(config.payment_intent_id)}`, config.link_token);
      if (payment.payment_link_status !== "completing" && ENDED.has(payment.status)) return setTimeout(lookAgain, pauseMs);
    } else {
      const order = await call("GET", `${store}/orders/${encodeURIComponent(config.order_id)}`, config.order_token);
      if (GOOD.has(order.payment_status)) return show("paid");
      if (order.payment_status === "failed" || order.status === "cancelled") return show("failed");
    }
  } catch (error) {
    // A token that is no longer good will not get better; anything else may.
    if (error instanceof ApiError && [401, 403, 404, 410].includes(error.status)) return slow();
    if (error instanceof ApiError && error.retryAfterSeconds) pauseMs = Math.max(pauseMs, error.retryAfterSeconds * 1000);
  }
  const waitedMs = performance.now() - startedAt;
  if (waitedMs > SLOW_AFTER_MS) slow();
  if (waitedMs > GIVE_UP_AFTER_MS) return;
  setTimeout(ask, pauseMs);
  pauseMs = Math.min(pauseMs * 1.25, LONGEST_PAUSE_MS);
}

/** The link's own page makes the order, or shows what has become of it; more rarely if it cannot yet. */
function lookAgain() {
  history.replaceState({ tries: tries + 1 }, "");
  location.reload();
}

function show(state) {
  for (const panel of result.querySelectorAll("[data-state]")) panel.hidden = panel.dataset.state !== state;
  result.querySelector(".result-back .button")?.classList.toggle("button-quiet", state !== "paid");
}

function slow() {
  result.querySelector("[data-waiting]").hidden = true;
  result.querySelector("[data-slow]").hidden = false;
}
