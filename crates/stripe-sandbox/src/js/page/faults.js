// Faults: what the next requests and deliveries meet. They are of the whole sandbox unless they name an account.

import { get, post, remove } from "./api.js";
import { badge, choice, el, empty, field, replace, rows } from "./dom.js";
import { form } from "./payments.js";

const API_KINDS = [
  ["500", "500, nothing happens"], ["429", "429, too many requests"], ["lock_timeout", "429, object is locked"], ["409", "409, key in use"],
  ["401", "401, key expired"], ["403", "403, no permission"], ["503", "503"], ["504", "504"], ["html_502", "502, a proxy's page"],
  ["truncated_200", "cut JSON"], ["reset", "connection cut before"], ["after_effect_reset", "connection cut after the effect"],
  ["before_effect_timeout", "no answer, nothing happens"], ["after_effect_timeout", "no answer after the effect"],
  ["after_effect_500", "500 after the effect"], ["latency_ms", "2 seconds late"],
];
const WEBHOOK_KINDS = [
  ["duplicate", "sent twice"], ["reorder", "three out of order"], ["delay_ms", "5 seconds late"], ["drop", "never sent"],
  ["wrong_signature", "wrong signature"], ["slow_ms", "2 seconds slow"], ["disconnect", "connection cut"],
];
const WITH_VALUE = { latency_ms: 2_000, delay_ms: 5_000, slow_ms: 2_000, duplicate: {}, reorder: {} };

export function faults(region, scope) {
  const list = el("div");
  const times = () => field("Times", el("input", { name: "times", type: "number", min: "1", max: "1000", value: "1", required: true }));
  const mine = () => el("label", { class: "check" }, el("input", { type: "checkbox", name: "mine", checked: true }), "Only this account");
  const add = (path, place) => (given) => scope.act(() => post(path, {
    kind: given.kind in WITH_VALUE ? { [given.kind]: WITH_VALUE[given.kind] } : given.kind,
    times: Number(given.times),
    ...(given.mine && { account: scope.account.account_id }),
    ...(given[place] && { [place]: given[place] }),
  }), "The fault is set.");
  region.append(
    el("h2", {}, "Faults"),
    el("h3", {}, "A fault for requests"),
    form("Add to requests", [field("What happens", choice("kind", API_KINDS)), times(),
      field("Path begins with", el("input", { name: "path_prefix", placeholder: "/v1/", maxlength: "200" })), mine()], add("/faults", "path_prefix")),
    el("h3", {}, "A fault for deliveries"),
    form("Add to deliveries", [field("What happens", choice("kind", WEBHOOK_KINDS)), times(),
      field("Event type", el("input", { name: "event_type", placeholder: "any", maxlength: "100" })), mine()], add("/webhook_faults", "event_type")),
    list,
  );
  let before = "";
  return async () => {
    const [requests, deliveries] = await Promise.all([get("/faults"), get("/webhook_faults")]);
    const now = JSON.stringify([requests, deliveries]);
    if (scope.isGone() || now === before) return;
    before = now;
    const all = [...requests.faults.map((one) => ["/faults", "requests", one]), ...deliveries.webhook_faults.map((one) => ["/webhook_faults", "deliveries", one])];
    replace(list, [
      el("h3", {}, "Set now"),
      all.length ? rows(all.map(([path, what, one]) => faultRow(path, what, one, scope))) : empty("No faults: everything works. Add one above to see how your shop takes it."),
      ...(all.length ? [el("div", { class: "actions" }, el("button", { type: "button", click: () => scope.act(async () => {
        await remove("/faults");
        await remove("/webhook_faults");
      }, "All faults are gone.") }, "Clear all"))] : []),
    ]);
  };
}

function faultRow(path, what, fault, scope) {
  const { id, kind, ...rest } = fault;
  const details = Object.entries(rest).map(([name, value]) => `${name.replaceAll("_", " ")} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(" · ");
  return el("li", {},
    el("span", { class: "head" }, kindWords(kind)), el("span", { class: "rest" }, details),
    el("span", { class: "side" }, badge(what),
      el("button", { type: "button", "data-key": `remove-${id}`, "aria-label": `Remove ${id}`, click: () => scope.act(() => remove(`${path}/${encodeURIComponent(id)}`), "The fault is gone.") }, "Remove")));
}

/** A kind is a word, or a word with what it is told: `{"latency_ms": 250}`. */
function kindWords(kind) {
  if (typeof kind === "string") return kind;
  return Object.entries(kind).map(([name, told]) => `${name}${typeof told === "object" ? "" : `: ${told}`}`).join(", ");
}
