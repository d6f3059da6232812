// The account's keys, made up and to be copied, and the other accounts.

import { get } from "./api.js";
import { badge, copyButton, el, facts, replace, rows } from "./dom.js";

export function accounts(region, scope) {
  let before = "";
  return async () => {
    const { accounts: all } = await get("/accounts");
    const now = JSON.stringify(all);
    if (scope.isGone() || now === before) return;
    before = now;
    const mine = all.find((one) => one.account_id === scope.account.account_id && one.livemode === scope.account.livemode);
    const copied = (text, what) => [el("code", {}, text), " ", copyButton(text, what)];
    replace(region, [
      el("h2", {}, mine.business_name),
      facts([
        ["Account", copied(mine.account_id, "account id")], ["Mode", mine.livemode ? "live keys" : "test keys"],
        ["Publishable key", copied(mine.publishable_key, "publishable key")], ["Secret key", copied(mine.secret_key, "secret key")],
        ["Standing", mine.standing], ["Deliveries", mine.delivery_mode === "hold" ? "held" : "sent at once"],
      ]),
      el("h3", {}, "All accounts"),
      rows(all.map((one) => el("li", {},
        el("span", { class: "head" }, el("a", { href: `#/${one.account_id}/${one.livemode ? "live" : "test"}/payments` }, one.business_name)),
        el("span", { class: "rest" }, one.account_id), el("span", { class: "side" }, badge(one.livemode ? "live" : "test"))))),
    ]);
  };
}
