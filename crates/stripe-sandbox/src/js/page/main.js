// What Stripe's dashboard would show, small. The address says account, mode and view; the page looks again whenever
// the sandbox has changed.

import { get } from "./api.js";
import { el, replace } from "./dom.js";
import { accounts } from "./accounts.js";
import { event, events } from "./events.js";
import { faults } from "./faults.js";
import { clocks, customers, disputes, invoices, subscriptions } from "./lists.js";
import { payment, payments } from "./payments.js";

/** Name in the address, words in the menu (none: reached from elsewhere), and the view itself. */
const VIEWS = [
  ["payments", "Payments", payments],
  ["payment", null, payment],
  ["disputes", "Disputes", disputes],
  ["customers", "Customers", customers],
  ["subscriptions", "Subscriptions", subscriptions],
  ["invoices", "Invoices", invoices],
  ["clocks", "Test clocks", clocks],
  ["events", "Events", events],
  ["event", null, event],
  ["faults", "Faults", faults],
  ["accounts", "Keys", accounts],
];
/** Changes come in crowds; looking more often than this shows nothing more. */
const LOOK_AGAIN_MS = 400;
const RETRY_MS = 2_000;

const main = document.getElementById("main");
const status = document.getElementById("status");
const picker = document.getElementById("account");
let known = [];
let shown = null; // the view on the page: {account, name, refresh}

window.addEventListener("hashchange", () => show(true));
picker.addEventListener("change", () => {
  const [account, mode] = picker.value.split("/");
  location.hash = `#/${account}/${mode}/${current().view ?? "payments"}`;
});
start();

async function start() {
  await report(async () => {
    known = (await get("/accounts")).accounts;
    await show(false);
  });
  watch();
}

function current() {
  const [, account, mode, view, id] = decodeURIComponent(location.hash).split("/");
  return { account, mode, view, id };
}

async function show(moved) {
  const { account: name, mode, view, id } = current();
  const account = known.find((one) => one.account_id === name && modeOf(one) === mode) ?? known[0];
  const [viewName, , open] = VIEWS.find(([one]) => one === view) ?? VIEWS[0];
  drawFrame(account, viewName);
  main.replaceChildren();
  status.textContent = "";
  if (!account) {
    main.append(el("p", { class: "empty" }, "No accounts yet: add one with POST /_sandbox/accounts."));
    return;
  }
  const region = el("div");
  main.append(region);
  const mine = (shown = { account, name: viewName, refresh: async () => {} });
  const scope = {
    account,
    id,
    mode: { account: account.account_id, livemode: account.livemode },
    link: (place, text, extra = {}) => el("a", { href: `#/${account.account_id}/${modeOf(account)}/${place}`, ...extra }, text),
    /** Does something, says how it went, and looks again. */
    act: (work, done) => report(async () => {
      await work();
      status.textContent = done;
      await mine.refresh();
    }),
    /** Whether the reader has gone elsewhere while something was asked. */
    isGone: () => shown !== mine,
  };
  mine.refresh = open(region, scope);
  await report(mine.refresh);
  if (moved && shown === mine) main.focus({ preventScroll: true });
}

function drawFrame(account, viewName) {
  picker.replaceChildren(...known.map((one) => {
    const text = `${one.business_name} (${one.account_id}${one.livemode ? ", live" : ""})`;
    return el("option", { value: `${one.account_id}/${modeOf(one)}`, selected: one === account }, text);
  }));
  const isHere = (name) => name === viewName || name === `${viewName}s`;
  const links = VIEWS.filter(([, words]) => words).map(([name, words]) =>
    el("a", { href: account ? `#/${account.account_id}/${modeOf(account)}/${name}` : "#/", "aria-current": isHere(name) ? "page" : null }, words));
  replace(document.getElementById("views"), links);
  document.title = `${VIEWS.find(([name]) => isHere(name))[1]} · Stripe sandbox`;
}

const modeOf = (account) => (account.livemode ? "live" : "test");

async function report(work) {
  try {
    await work();
    status.classList.remove("problem");
    return true;
  } catch (error) {
    status.classList.add("problem");
    status.textContent = error.message;
    return false;
  }
}

/** Waits for changes for as long as the page is there. */
async function watch() {
  let since;
  for (;;) {
    try {
      const { revision } = await get("/view/changes", { since });
      if (since !== undefined && revision !== since) await lookAgain();
      since = revision;
    } catch {
      since = undefined;
      await wait(RETRY_MS);
      await lookAgain().catch(() => {});
    }
  }
}

async function lookAgain() {
  await wait(LOOK_AGAIN_MS);
  const now = (await get("/accounts")).accounts;
  if (JSON.stringify(now) !== JSON.stringify(known)) {
    known = now;
    const account = known.find((one) => one.account_id === shown?.account.account_id && one.livemode === shown.account.livemode);
    // An account with other keys, or the first of all, is a new page; others only stand in the menu.
    if (!account || account.secret_key !== shown.account.secret_key) await show(false);
    else drawFrame(account, shown.name);
  }
  await shown?.refresh();
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
