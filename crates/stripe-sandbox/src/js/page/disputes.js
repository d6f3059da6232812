// A dispute, and the evidence that decides it at Stripe's test mode ("winning_evidence", "losing_evidence").

import { stripe } from "./api.js";
import { badge, el } from "./dom.js";
import { money, time, tone } from "./words.js";

export function disputeRow(dispute, scope) {
  const path = `/disputes/${dispute.id}`;
  const evidence = (text) => () => stripe(scope.account, "POST", path, { "evidence[uncategorized_text]": text, submit: true });
  const button = (text, work, done) => el("button", { type: "button", "data-key": `${text}-${dispute.id}`, click: () => scope.act(work, done) }, text);
  const isOpen = ["needs_response", "warning_needs_response"].includes(dispute.status);
  return el("li", {},
    el("span", { class: "head" }, scope.link(`payment/${dispute.payment_intent}`, money(dispute.amount, dispute.currency))),
    el("span", { class: "rest" }, `${dispute.reason ?? "general"} · ${dispute.id}`),
    el("span", { class: "side" }, badge(dispute.status, tone(dispute.status)), time(dispute.created)),
    isOpen && el("div", { class: "actions full" },
      button("Win", evidence("winning_evidence"), "The evidence was sent: the dispute is won."),
      button("Lose", evidence("losing_evidence"), "The evidence was sent: the dispute is lost."),
      button("Accept", () => stripe(scope.account, "POST", `${path}/close`), "The dispute is accepted: it is lost.")));
}
