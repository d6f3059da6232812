// Lists of objects, newest first, a page at a time, with a search.

import { get, stripe } from "./api.js";
import { badge, el, empty, field, json, replace, rows } from "./dom.js";
import { disputeRow } from "./disputes.js";
import { money, time, tone } from "./words.js";

/** Typing pauses for so long before the list is asked for. */
const TYPING_PAUSE_MS = 200;

/** A view of one kind of object. `path` is where the rows come from, `row` makes one, `nothing` says what to do. */
export function pagedList({ kind, heading, searchLabel = "Search", row, nothing, path = "/view/objects", tools = () => [] }) {
  return (region, scope) => {
    let search = "";
    let before;
    let last = "";
    let timer;
    const list = el("div");
    const input = el("input", { type: "search", name: "search", maxlength: "100", autocomplete: "off" });
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        search = input.value;
        before = undefined;
        refresh();
      }, TYPING_PAUSE_MS);
    });
    region.append(el("h2", {}, heading), el("form", { class: "search", role: "search", submit: (event) => event.preventDefault() }, field(searchLabel, input)), ...tools(scope), list);

    async function refresh() {
      const asked = search;
      const found = await get(path, { ...scope.mode, kind, search, before });
      const now = JSON.stringify([found, before, search]);
      if (scope.isGone() || now === last || asked !== search) return;
      last = now;
      const turn = (text, to) => el("button", { type: "button", click: () => { before = to; refresh(); } }, text);
      const none = search ? empty(`Nothing has "${search}" in it.`) : nothing(scope);
      replace(list, [
        found.data.length || before ? rows(found.data.map((one) => row(one, scope))) : none,
        el("div", { class: "actions" }, before && turn("Newest", undefined), found.has_more && turn("Older", found.data.at(-1).id)),
      ]);
    }
    return refresh;
  };
}

const line = (head, rest, status, created, object) => el("li", {},
  el("span", { class: "head" }, head), el("span", { class: "rest" }, rest),
  el("span", { class: "side" }, status && badge(status, tone(status)), time(created)), json(object, "JSON", object.id));

export const customers = pagedList({
  kind: "customer", heading: "Customers",
  row: (one) => line(one.name || one.email || one.id, [one.email, one.id].filter(Boolean).join(" · "), null, one.created, one),
  nothing: () => empty("No customers yet: make one with POST /v1/customers."),
});

export const subscriptions = pagedList({
  kind: "subscription", heading: "Subscriptions",
  row: (one, scope) => line(one.id, [one.customer, one.latest_invoice].filter((id) => typeof id === "string").join(" · "), one.status, one.created, one, scope),
  nothing: () => empty("No subscriptions yet: make a customer, a price, and a subscription of both with POST /v1/subscriptions."),
});

export const invoices = pagedList({
  kind: "invoice", heading: "Invoices",
  row: (one) => line(money(one.amount_due ?? one.total, one.currency), [one.number, one.customer, one.id].filter((id) => typeof id === "string").join(" · "), one.status, one.created, one),
  nothing: () => empty("No invoices yet: a subscription makes them, or POST /v1/invoices."),
});

export const disputes = pagedList({
  kind: "dispute", heading: "Disputes", row: disputeRow,
  nothing: () => empty("No disputes yet: a payment with the card 4000 0000 0000 0259 is disputed as fraudulent."),
});

export const clocks = pagedList({
  kind: "test_helpers.test_clock", heading: "Test clocks", row: clockRow,
  nothing: () => empty("No test clocks yet: make one with POST /v1/test_helpers/test_clocks and a customer on it; its subscriptions then live by that clock."),
});

function clockRow(clock, scope) {
  const advance = (seconds) => scope.act(
    () => stripe(scope.account, "POST", `/test_helpers/test_clocks/${clock.id}/advance`, { frozen_time: clock.frozen_time + seconds }), "The clock was advanced.");
  const step = (text, seconds) => el("button", { type: "button", "data-key": `${text}-${clock.id}`, click: () => advance(seconds) }, text);
  const day = 86_400;
  return el("li", {},
    el("span", { class: "head" }, clock.name || clock.id), el("span", { class: "rest" }, `It is ${time(clock.frozen_time)} there`),
    el("span", { class: "side" }, badge(clock.status, tone(clock.status))),
    el("div", { class: "actions full" }, step("An hour on", 3_600), step("A day on", day), step("31 days on", 31 * day)));
}
