// Events and their way to the merchant: live, with every attempt, held back and sent again by a button.

import { get, post } from "./api.js";
import { badge, el, empty, facts, json, replace, rows } from "./dom.js";
import { pagedList } from "./lists.js";
import { time, tone } from "./words.js";

export const events = pagedList({
  kind: "event", path: "/view/events", heading: "Events", searchLabel: "Search by type, or by the id of what it is about",
  tools: (scope) => [
    el("div", { class: "actions" },
      el("button", { type: "button", click: () => mode(scope, "hold", "Deliveries are held until you release them.") }, "Hold deliveries"),
      el("button", { type: "button", click: () => mode(scope, "auto", "What was held is on its way.") }, "Release deliveries")),
  ],
  row: (one, scope) => el("li", {},
    el("span", { class: "head" }, scope.link(`event/${one.id}`, one.type)),
    el("span", { class: "rest" }, about(one.object, scope)),
    el("span", { class: "side" }, one.deliveries.length ? one.deliveries.map((delivery) => badge(deliveryWords(delivery), tone(delivery.state))) : badge("no endpoint"), time(one.created))),
  nothing: () => empty("No events yet: whatever happens to this account's payments appears here by itself."),
});

const mode = (scope, wanted, done) => scope.act(() => post("/deliveries/mode", { mode: wanted, account: scope.account.account_id }), done);

function about(object, scope) {
  const payment = object.object === "payment_intent" ? object.id : object.payment_intent;
  return typeof payment === "string" ? scope.link(`payment/${payment}`, object.id ?? payment) : object.id ?? "";
}

function deliveryWords({ state, attempts }) {
  const status = attempts.at(-1)?.status;
  return status ? `${state} ${status}` : state;
}

export function event(region, scope) {
  let before = "";
  return async () => {
    const found = await get("/view/event", { ...scope.mode, id: scope.id });
    const now = JSON.stringify(found);
    if (scope.isGone() || now === before) return;
    before = now;
    const { event: one, deliveries } = found;
    replace(region, [
      el("h2", {}, one.type),
      facts([
        ["Event", one.id], ["Happened", time(one.created)], ["About", about(one.data.object, scope)],
        ["Because of request", one.request?.id], ["Idempotency key", one.request?.idempotency_key], ["Endpoints that wait", one.pending_webhooks],
      ]),
      el("h3", {}, "Deliveries"),
      deliveries.length ? rows(deliveries.map((delivery) => deliveryRow(delivery, one, scope)))
        : empty("No endpoint wanted this event when it happened: add one with POST /v1/webhook_endpoints."),
      el("h3", {}, "What is sent"),
      el("pre", {}, JSON.stringify(one, null, 2)),
    ]);
  };
}

function deliveryRow(delivery, one, scope) {
  const { endpoint_id, event_id } = delivery;
  const resend = () => scope.act(async () => {
    const { deliveries } = await post("/deliveries/flush", { account: scope.account.account_id, event_id, endpoint_id });
    if (!deliveries.length) throw new Error("The endpoint is gone or switched off.");
  }, "The event was sent again.");
  return el("li", {},
    el("span", { class: "head" }, delivery.url ?? "endpoint deleted"), el("span", { class: "rest" }, endpoint_id),
    el("span", { class: "side" }, badge(delivery.state, tone(delivery.state)),
      el("button", { type: "button", "data-key": `resend-${endpoint_id}`, click: resend }, "Resend")),
    el("div", { class: "full" },
      delivery.next_attempt && el("p", {}, `Next attempt: ${time(delivery.next_attempt)}`),
      delivery.fault && el("p", {}, `Disturbed by ${delivery.fault.id}: ${JSON.stringify(delivery.fault.kind)}`),
      delivery.attempts.length ? el("ol", {}, delivery.attempts.map(attemptItem)) : el("p", {}, "Not tried yet."),
      delivery.attempt_count > delivery.attempts.length && el("p", {}, `${delivery.attempt_count} attempts in all; the last ones are shown.`)));
}

const attemptItem = ({ created, url, status, error, response }) => el("li", {},
  `${time(created)}: `, status ? badge(status, status < 300 ? "good" : "bad") : badge("no answer", "bad"), ` POST ${url}`,
  error && el("p", {}, error), response && json(response, "Response", `response-${created}`));
