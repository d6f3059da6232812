// After payment, while our record still says "processing": ask until it knows, then swap the words.

import { ApiError, call } from "./lib/api.js";

const config = JSON.parse(document.getElementById("status-config").textContent);
const result = document.getElementById("result");
const path = `/api/v1/stores/${encodeURIComponent(config.store_id)}/orders/${encodeURIComponent(config.order_id)}`;

const GOOD = new Set(["paid", "authorized", "partially_refunded", "refunded", "disputed"]);
const FIRST_PAUSE_MS = 1_500;
const LONGEST_PAUSE_MS = 10_000;
const GIVE_UP_AFTER_MS = 120_000;
const SLOW_AFTER_MS = 20_000;

const startedAt = performance.now();
let pauseMs = FIRST_PAUSE_MS;

setTimeout(ask, 0);

async function ask() {
  try {
    const order = await call("GET", path, config.order_token);
    if (GOOD.has(order.payment_status)) return show("paid");
    if (order.payment_status === "failed" || order.status === "cancelled") return show("failed");
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

function show(state) {
  for (const panel of result.querySelectorAll("[data-state]")) panel.hidden = panel.dataset.state !== state;
  result.querySelector(".result-back .button")?.classList.toggle("button-quiet", state !== "paid");
}

function slow() {
  result.querySelector("[data-waiting]").hidden = true;
  result.querySelector("[data-slow]").hidden = false;
}
