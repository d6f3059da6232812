// A dispute, and how the bank decides it.

import { post, stripe } from "./api.js";
import { badge, el } from "./dom.js";
import { money, time, tone } from "./words.js";

export function disputeRow(dispute, scope) {
  const path = `/disputes/${dispute.id}`;
  const button = (text, work, done) => el("button", { type: "button", "data-key": `${text}-${dispute.id}`, click: () => scope.act(work, done) }, text);
  const isOpen = /(needs_response|under_review)$/.test(dispute.status);
  return el("li", {},
    el("span", { class: "head" }, scope.link(`payment/${dispute.payment_intent}`, money(dispute.amount, dispute.currency))),
    el("span", { class: "rest" }, `${dispute.reason ?? "general"} · ${dispute.id}`),
    el("span", { class: "side" }, badge(dispute.status, tone(dispute.status)), time(dispute.created)),
    isOpen && el("div", { class: "actions full" },
      button("Win", () => post(`${path}/win`), "The dispute is won."),
      button("Lose", () => post(`${path}/lose`), "The dispute is lost."),
      button("Accept", () => stripe(scope.account, "POST", `${path}/close`), "The dispute is accepted: it is lost.")));
}
