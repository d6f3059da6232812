// Payments: the list with its search, and one payment with everything that became of it.

import { get, post } from "./api.js";
import { badge, choice, el, empty, facts, field, json, replace, rows } from "./dom.js";
import { pagedList } from "./lists.js";
import { decimals, minor, money, standing, time, tone } from "./words.js";
import { disputeRow } from "./disputes.js";

const CARDS = [["pm_card_visa", "that pays"], ["pm_card_chargeDeclined", "that is declined"], ["pm_card_chargeDeclinedInsufficientFunds", "without funds"], ["pm_card_authenticationRequired", "that asks the bank"]];
const DISPUTE_REASONS = [["fraudulent", "Fraudulent"], ["product_not_received", "Product not received"], ["duplicate", "Duplicate"], ["general", "General"]];
const REASONS = [["", "No reason"], ["duplicate", "Duplicate"], ["fraudulent", "Fraudulent"], ["requested_by_customer", "Requested by customer"]];

export const payments = pagedList({
  kind: "payment_intent",
  heading: "Payments",
  searchLabel: "Search by id, amount, e-mail, description or metadata",
  row: (intent, scope) => el("li", {},
    el("span", { class: "head" }, scope.link(`payment/${intent.id}`, money(intent.amount, intent.currency))),
    el("span", { class: "rest" }, intent.description || intent.receipt_email || intent.id),
    el("span", { class: "side" }, badge(standing(intent), tone(standing(intent))), time(intent.created))),
  nothing: (scope) => empty(
    el("p", {}, "No payments yet: let your shop check out with this account's keys, or make one by hand:"),
    el("pre", {}, `curl ${location.origin}/v1/payment_intents -u ${scope.account.secret_key}: -d amount=2000 -d currency=${scope.account.default_currency ?? "eur"}`)),
});

export function payment(region, scope) {
  let before = "";
  return async () => {
    const found = await get("/view/object", { ...scope.mode, kind: "payment_intent", id: scope.id });
    const now = JSON.stringify(found);
    if (scope.isGone() || now === before) return;
    before = now;
    const { object: intent, charges } = found;
    const state = standing({ ...intent, latest_charge: charges.at(-1) });
    replace(region, [
      el("h2", {}, money(intent.amount, intent.currency), " ", badge(state, tone(state))),
      facts([
        ["Payment", intent.id], ["Made", time(intent.created)], ["Description", intent.description],
        ["Receipt to", intent.receipt_email], ["Capture", intent.capture_method],
        ["Last error", intent.last_payment_error && [intent.last_payment_error.decline_code ?? intent.last_payment_error.code, intent.last_payment_error.message].join(": ")],
        ["Metadata", Object.entries(intent.metadata).map(([name, value]) => `${name} = ${value}`).join(", ")],
      ]),
      ...actions(intent, charges, scope),
      el("h3", {}, "Charges"),
      charges.length ? rows(charges.toReversed().map(chargeRow)) : empty("No charge yet: nobody has paid with a card."),
      ...section("Refunds", found.refunds, (refund) => el("li", {},
        el("span", { class: "head" }, money(refund.amount, refund.currency)),
        el("span", { class: "rest" }, refund.reason ?? refund.id),
        el("span", { class: "side" }, badge(refund.status, tone(refund.status)), time(refund.created)))),
      ...section("Disputes", found.disputes, (dispute) => disputeRow(dispute, scope)),
      el("h3", {}, "What happened"),
      rows(found.events.map((one) => el("li", {},
        el("span", { class: "head" }, scope.link(`event/${one.id}`, one.type)), el("span", { class: "rest" }, one.id), el("span", { class: "side" }, time(one.created))))),
      json(intent),
    ]);
  };
}

const section = (heading, items, row) => (items.length ? [el("h3", {}, heading), rows(items.map(row))] : []);

function chargeRow(charge) {
  const card = charge.payment_method_details?.card;
  const state = charge.status === "succeeded" && !charge.captured ? "uncaptured" : charge.status;
  return el("li", {},
    el("span", { class: "head" }, money(charge.amount, charge.currency)),
    el("span", { class: "rest" }, [card && `${card.brand} …${card.last4}`, charge.outcome?.seller_message, charge.failure_code,
      charge.amount_refunded > 0 && `${money(charge.amount_refunded, charge.currency)} given back`].filter(Boolean).join(" · ")),
    el("span", { class: "side" }, badge(state, tone(state)), time(charge.created)));
}

function actions(intent, charges, scope) {
  const path = `/payment_intents/${intent.id}`;
  const button = (text, work, done) => el("button", { type: "button", click: () => scope.act(work, done) }, text);
  const cancel = button("Cancel", () => post(`${path}/cancel`), "The payment is canceled.");
  switch (intent.status) {
    case "requires_payment_method":
    case "requires_confirmation":
      return [form("Pay", [field("Pay as the customer with a card", choice("payment_method", CARDS))],
        ({ payment_method }) => scope.act(() => post(`${path}/pay`, { payment_method }), "The card was used."), [cancel])];
    case "requires_action":
      return [el("div", { class: "actions" },
        button("Pass authentication", () => post(`${path}/authenticate`, { outcome: "success" }), "The bank said yes."),
        button("Fail authentication", () => post(`${path}/authenticate`, { outcome: "fail" }), "The bank said no."), cancel)];
    case "requires_capture":
      return [form("Capture", [amountField("Amount to capture", intent.amount_capturable, intent.currency)],
        ({ amount }) => amountAct(amount, intent.currency, scope, (value) => post(`${path}/capture`, { amount: value }), "Captured."), [cancel])];
    case "succeeded":
      return refundForm(intent, charges, scope);
    default:
      return [];
  }
}

function refundForm(intent, charges, scope) {
  const charge = charges.findLast((one) => one.paid);
  const left = charge ? charge.amount_captured - (charge.amount_refunded - (charge.amount - charge.amount_captured)) : 0;
  if (left <= 0) return [];
  return [form("Refund", [amountField("Amount to refund", left, intent.currency), field("Reason", choice("reason", REASONS))],
    ({ amount, reason }) => amountAct(amount, intent.currency, scope,
      (value) => post(`/payment_intents/${intent.id}/refund`, { amount: value, ...(reason && { reason }) }), "Refunded.")), disputeForm(charge, scope)];
}

function disputeForm(charge, scope) {
  return form("Dispute", [field("The cardholder goes to the bank", choice("reason", DISPUTE_REASONS))],
    ({ reason }) => scope.act(() => post(`/charges/${charge.id}/dispute`, { reason }), "The charge is disputed."));
}

function amountField(label, amount, currency) {
  const digits = decimals(currency);
  return field(`${label} (${currency.toUpperCase()})`, el("input", { name: "amount", inputmode: "decimal", required: true, value: (amount / 10 ** digits).toFixed(digits), maxlength: "16" }));
}

function amountAct(text, currency, scope, work, done) {
  return scope.act(async () => {
    const value = minor(text, currency);
    if (Number.isNaN(value)) throw new Error(`"${text}" is not an amount in ${currency.toUpperCase()}.`);
    await work(value);
  }, done);
}

/** A form whose button stays quiet while it works. */
export function form(label, controls, submit, more = []) {
  const button = el("button", { class: "main" }, label);
  return el("form", {
    submit: async (event) => {
      event.preventDefault();
      const given = Object.fromEntries(new FormData(event.target));
      button.focus();
      button.disabled = true;
      await submit(given);
      button.disabled = false;
    },
  }, ...controls, button, ...more);
}
