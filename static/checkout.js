// The hosted checkout: Payment Element first, order and PaymentIntent when the shopper presses Pay (Stripe's "deferred intent").
// A second press, a reload or a lost answer is harmless: the server gives the same order and the same PaymentIntent again.

import { ApiError, ConnectionError, call } from "./lib/api.js";
import { startDelivery } from "./lib/delivery.js";
import { formatMoney } from "./lib/money.js";
import { wordsForApiError, wordsForLostConnection, wordsForStripeError } from "./lib/words.js";

const config = JSON.parse(document.getElementById("checkout-config").textContent);
const storeApi = `/api/v1/stores/${encodeURIComponent(config.store_id)}`;

// From here on the shopper has nothing left to do; the result page shows what became of it.
const NOTHING_LEFT_TO_PAY = new Set(["succeeded", "processing", "requires_capture"]);
const ALREADY_PAID = new Set(["paid", "authorized", "partially_refunded", "refunded", "disputed"]);
// Stripe.js usually takes well under two seconds; after this long a reload button helps more than waiting.
const STRIPE_JS_DEADLINE_MS = 15_000;
const SLOW_AFTER_MS = 5_000;

const form = document.getElementById("pay-form");
const payButton = document.getElementById("pay");
const reloadButton = document.getElementById("reload");
const emailField = document.getElementById("email");
const emailError = document.getElementById("email-error");
const errorBox = document.getElementById("pay-error");
const statusLine = document.getElementById("pay-status");
const paymentBox = document.getElementById("payment-box");
const skeleton = document.getElementById("payment-skeleton");
const reassure = document.getElementById("reassure");
const saveBox = document.getElementById("save");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

let stripe = null;
let elements = null;
let ready = false;
let failed = false;
let busy = false;
// "confirm" once a charge was asked for and its outcome did not come back: from then on we never say "not charged".
let phase = "prepare";
let slowTimer = 0;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  pay();
});
reloadButton.addEventListener("click", () => start(true));
emailField.addEventListener("input", () => showEmailError(null));
const delivery = startDelivery(config, (shipping) => setTotal(config.subtotal, shipping));
for (const choice of form.querySelectorAll('input[name="pay_by"]')) choice.addEventListener("change", () => {
  showError(null);
  showPayBy();
});
saveBox?.addEventListener("change", () => elements?.update({ setupFutureUsage: saveBox.checked ? "off_session" : null }));
// Back from a bank's page the browser may show this page as it was left: still busy. Wake it up.
window.addEventListener("pageshow", (event) => event.persisted && setBusy(false));
dark.addEventListener("change", () => elements?.update({ appearance: appearance() }));

// A wide screen has room for a long list; a small one shows the payment form sooner.
const longList = document.getElementById("lines");
if (longList && window.matchMedia("(min-width: 60rem)").matches) longList.open = true;

showPayBy();
start(false);

/** The id of a way to pay beside Stripe that the shopper has chosen, or null. */
function byHand() {
  const chosen = form.querySelector('input[name="pay_by"]:checked')?.value ?? "stripe";
  return chosen === "stripe" ? null : chosen;
}

/** Shows what belongs to the chosen way to pay. */
function showPayBy() {
  const hand = byHand() !== null;
  paymentBox.hidden = hand;
  if (saveBox) saveBox.closest("label").hidden = hand;
  reassure.hidden = hand;
  reloadButton.hidden = hand || !failed;
  payButton.hidden = !hand && failed;
  payButton.disabled = !hand && !ready;
  showTotal();
}

async function start(again) {
  showError(null);
  failed = false;
  showPayBy();
  skeleton.hidden = false;
  paymentBox.setAttribute("aria-busy", "true");
  if (!(await stripeJsIsThere(again))) {
    fail("The payment form could not be loaded. Check your connection, and switch off blockers for this page if you use one.");
    return;
  }
  try {
    mount();
  } catch {
    fail("The payment form could not be started. Nothing was charged.");
  }
}

function mount() {
  stripe = window.Stripe(config.publishable_key, { locale: config.locale });
  elements = stripe.elements({
    mode: "payment",
    amount: config.amount,
    currency: config.currency,
    ...(saveBox?.checked && { setupFutureUsage: "off_session" }),
    ...(config.capture_method === "manual" && { captureMethod: "manual" }),
    appearance: appearance(),
  });
  const payment = elements.create("payment");
  payment.on("ready", () => {
    ready = true;
    skeleton.hidden = true;
    paymentBox.classList.add("is-ready");
    paymentBox.removeAttribute("aria-busy");
    showPayBy();
  });
  payment.on("change", () => !busy && showError(null));
  payment.on("loaderror", () => fail("The payment form could not be loaded. Nothing was charged."));
  document.getElementById("payment-element").replaceChildren();
  payment.mount("#payment-element");
}

/** True once window.Stripe exists. The page's own script tag is tried first; `again` puts in a fresh one. */
async function stripeJsIsThere(again) {
  if (window.Stripe) return true;
  let script = document.querySelector(`script[src="${CSS.escape(config.stripe_js_url)}"]`);
  if (again || !script) {
    const fresh = document.createElement("script");
    fresh.src = config.stripe_js_url;
    fresh.nonce = document.querySelector("script[nonce]").nonce;
    script?.remove();
    document.head.append(fresh);
    script = fresh;
  } else if (document.readyState === "complete") {
    return false;
  }
  await new Promise((settled) => {
    script.addEventListener("load", settled, { once: true });
    script.addEventListener("error", settled, { once: true });
    // It may have failed before this module ran; the page's load event comes after it either way.
    if (!again) window.addEventListener("load", settled, { once: true });
    setTimeout(settled, STRIPE_JS_DEADLINE_MS);
  });
  return Boolean(window.Stripe);
}

async function pay() {
  if (busy || (!ready && !byHand())) return;
  statusLine.textContent = "";
  const email = emailField.value.trim();
  if (email && !emailField.checkValidity()) {
    showEmailError("Enter a whole e-mail address, like ada@example.com, or leave this empty.");
    emailField.focus();
    return;
  }
  if (saveBox?.checked && !email && !byHand()) {
    showEmailError("Enter your e-mail address: it tells the shop whose card it keeps.");
    emailField.focus();
    return;
  }
  if (delivery?.complains()) return;
  setBusy(true);
  showError(null);
  showEmailError(null);
  try {
    const outcome = await payOnce(email);
    if (outcome.done) {
      // The button stays busy: this page is being left.
      window.location.assign(config.return_url);
      return;
    }
    stop(outcome);
  } catch (error) {
    stop(await describe(error));
  }
}

/** `{done: true}` when there is nothing left to pay, else `{message}`. When Stripe redirects, this never returns. */
async function payOnce(email) {
  const method = byHand();
  const { error: incomplete } = method ? {} : await elements.submit();
  if (incomplete) return { message: wordsForStripeError(incomplete), besideField: incomplete.type === "validation_error" };

  const found = config.payment_link ? await intentOfLink() : await intentOfOrder(email, method);
  if (found.done || found.message) return found;
  const { intent } = found;
  if (NOTHING_LEFT_TO_PAY.has(intent.status)) return { done: true };
  if (priceChanged(intent.amount, intent.currency)) return { message: `The total has changed to ${showTotal()}. Please check it and pay again.` };
  if (accountChanged(intent.publishable_key)) return { message: "The shop has just moved its payments to another account. Nothing was charged. Please enter your card again." };

  if (saveBox?.checked && intent.save_payment_method === false) {
    // The shop cannot keep it after all. It is paid all the same: Stripe.js wants the form to agree with the PaymentIntent.
    saveBox.checked = false;
    saveBox.disabled = true;
    elements.update({ setupFutureUsage: null });
    const { error: incomplete } = await elements.submit();
    if (incomplete) return { message: wordsForStripeError(incomplete), besideField: incomplete.type === "validation_error" };
  }

  const before = phase;
  phase = "confirm";
  const { error } = await stripe.confirmPayment({
    elements,
    clientSecret: intent.client_secret,
    confirmParams: { return_url: config.return_url, ...(email && { receipt_email: email }) },
  });
  // Only an error comes back here; anything else has already led to return_url.
  if (!error || NOTHING_LEFT_TO_PAY.has(error.payment_intent?.status)) return { done: true };
  if (error.type !== "api_connection_error" && error.type !== "api_error") phase = before;
  return { message: wordsForStripeError(error) };
}

/** What a checkout pays: its order, placed now. `{intent}`, or an outcome as of `payOnce`. */
async function intentOfOrder(email, method) {
  const order = await call("POST", `${storeApi}/orders`, config.checkout_token, {
    cart_id: config.cart_id,
    ...(email && { email }),
    ...delivery?.said(),
    ...(method && { payment_method_id: method }),
  });
  if (method) return { done: true };
  if (ALREADY_PAID.has(order.payment_status)) return { done: true };
  if (priceChanged(order.amount, order.currency)) return { message: `The total has changed to ${showTotal()}. Please check it and pay again.` };

  return { intent: await call("POST", `${storeApi}/payment-intents`, order.order_token, { order_id: order.id, ...(saveBox && { save_payment_method: saveBox.checked }) }) };
}

/** What a payment link pays. Where somebody has paid it meanwhile, its own page shows what became of it. */
async function intentOfLink() {
  try {
    return { intent: await call("GET", `/api/v1/payment-links/${encodeURIComponent(config.payment_link)}`, config.payment_link) };
  } catch (error) {
    if (error instanceof ApiError && ["link_used", "link_busy"].includes(error.body?.error?.code)) return { done: true };
    throw error;
  }
}

async function describe(error) {
  if (error instanceof ApiError && error.body?.error?.code === "price_changed") return takePresentPrices();
  if (error instanceof ApiError) return wordsForApiError(error.status, error.body, error.retryAfterSeconds, phase);
  if (error instanceof ConnectionError) return { message: wordsForLostConnection(phase) };
  return { message: wordsForStripeError(phase === "confirm" ? { type: "api_connection_error" } : null) };
}

function stop(outcome) {
  setBusy(false);
  if (outcome.ended) {
    end(outcome);
  } else if (outcome.besideField) {
    // Stripe's form marks the field itself; a second message would only be noise for eyes, but ears need it.
    statusLine.textContent = outcome.message;
  } else {
    showError(outcome.message);
  }
}

/** A price has changed since the page was opened: shows the present ones, so that the shopper can say yes to them. */
async function takePresentPrices() {
  let checkout;
  try {
    checkout = await call("GET", `${storeApi}/checkouts/${encodeURIComponent(config.checkout_id)}`, config.checkout_token);
  } catch {
    return { ended: true, heading: "A price has changed", message: "Nothing was charged. Open this page again to see the new total." };
  }
  showLines(checkout.items, checkout.currency);
  setTotal(checkout.amount - (checkout.shipping?.amount ?? 0), config.shipping);
  return { message: `A price in your cart has changed. Nothing was charged. The new total is ${showTotal()}. Please check it and pay again.` };
}

function showLines(lines, currency) {
  const show = (amount) => formatMoney(amount, currency, config.money_locale);
  const span = (name, ...content) => {
    const element = document.createElement("span");
    element.className = name;
    element.append(...content);
    return element;
  };
  const entries = lines.map((line) => {
    const entry = document.createElement("li");
    const detail = span("line-detail", `${line.quantity} × ${show(line.unit_amount)}`);
    entry.append(span("line-name", line.name, detail), span("line-amount", show(line.amount)));
    return entry;
  });
  document.getElementById("line-list").replaceChildren(...entries);
}

/** Takes another subtotal or another price of delivery. */
function setTotal(subtotal, shipping) {
  config.subtotal = subtotal;
  config.shipping = shipping;
  config.amount = subtotal + shipping;
  elements?.update({ amount: config.amount });
  showTotal();
}

/** Whether the server's total differs from the one on the page; if so the page and Stripe's form take the new one. */
function priceChanged(amount, currency) {
  if (amount === undefined || (amount === config.amount && currency === config.currency)) return false;
  config.amount = amount;
  config.currency = currency;
  elements.update({ amount, currency });
  return true;
}

/** Whether the shop has moved to another Stripe account: then the form, which belongs to the old one, is made anew. */
function accountChanged(publishableKey) {
  if (!publishableKey || publishableKey === config.publishable_key) return false;
  config.publishable_key = publishableKey;
  ready = false;
  elements.getElement("payment")?.destroy();
  mount();
  return true;
}

function showTotal() {
  const show = (amount) => formatMoney(amount, config.currency, config.money_locale);
  const total = show(config.amount);
  const amounts = { "[data-total]": total, "[data-subtotal]": show(config.subtotal), "[data-shipping]": show(config.shipping) };
  for (const [places, text] of Object.entries(amounts)) {
    for (const place of document.querySelectorAll(places)) place.textContent = text;
  }
  payButton.dataset.label = byHand() ? `Place the order · ${total}` : `Pay ${total}`;
  if (!busy) payButton.replaceChildren(payButton.dataset.label);
  return total;
}

function setBusy(on) {
  busy = on;
  // aria-disabled keeps the focus where it is; `busy` is what stops a second press.
  payButton.setAttribute("aria-disabled", String(on));
  payButton.replaceChildren(...(on ? [spinner(), byHand() ? "Placing the order…" : "Paying…"] : [payButton.dataset.label]));
  clearTimeout(slowTimer);
  statusLine.textContent = "";
  if (on) slowTimer = setTimeout(() => (statusLine.textContent = "Still working… please keep this page open."), SLOW_AFTER_MS);
}

function spinner() {
  const mark = document.createElement("span");
  mark.className = "spinner";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

function fail(message) {
  ready = false;
  skeleton.hidden = true;
  paymentBox.classList.add("is-ready");
  paymentBox.removeAttribute("aria-busy");
  failed = true;
  showPayBy();
  if (!byHand()) showError(message);
}

function end({ heading, message }) {
  form.hidden = true;
  document.getElementById("ended-heading").textContent = heading;
  document.getElementById("ended-text").textContent = message;
  document.getElementById("ended").hidden = false;
  document.getElementById("ended-heading").focus();
}

function showError(message) {
  errorBox.hidden = !message;
  errorBox.textContent = message ?? "";
  if (message) errorBox.scrollIntoView({ block: "nearest" });
}

function showEmailError(message) {
  emailError.hidden = !message;
  emailError.textContent = message ?? "";
  if (message) emailField.setAttribute("aria-invalid", "true");
  else emailField.removeAttribute("aria-invalid");
}

/** Stripe's form in the colours of the page. */
function appearance() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  return {
    theme: dark.matches ? "night" : "stripe",
    variables: {
      colorPrimary: token("--accent"),
      colorBackground: token("--surface"),
      colorText: token("--text"),
      colorTextSecondary: token("--muted"),
      colorDanger: token("--danger"),
      fontFamily: token("--font"),
      borderRadius: token("--radius"),
    },
  };
}
