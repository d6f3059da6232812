//! What must hold at the end, and the counts that are printed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use test_database::{Backdoor, Rows};

use crate::client::{expect, send};
use crate::drill::Town;
use crate::merchant::STOCK;
use crate::shopper::Bought;
use crate::tally::EventKey;

/// Requests at once while nothing is killed any more.
const AT_ONCE: usize = 8;
/// A list at the sandbox's control API has no more rows.
const MAX_ROWS: usize = 10_000;
/// Of each kind of fault so many are named.
const NAMED: usize = 5;

/// Faults by kind, in words; all lists must be empty. And what else is worth a line.
#[derive(Default)]
pub(crate) struct Verdict {
    lost: Vec<String>,
    stored_twice: Vec<String>,
    wrong_state: Vec<String>,
    doubled: Vec<String>,
    other_order: Vec<String>,
    broken: Vec<String>,
    acknowledged_to_us: usize,
    acknowledged_to_stripe: usize,
    stored: usize,
    states: BTreeMap<String, usize>,
    replayed: usize,
    /// Idempotency-Keys whose holder died less than a minute ago.
    still_held: usize,
}

/// Where each order must stand, by its PaymentIntent at Stripe.
pub(crate) async fn expected_states(town: &Town, bought: &[Bought]) -> BTreeMap<String, String> {
    let reading = stream::iter(bought).map(async |order| {
        let url = format!("{}/v1/payment_intents/{}", town.stripe_url, order.intent);
        let key = &town.stores[order.store].account.secret_key;
        let intent = expect(200, town.http.get(url).bearer_auth(key)).await;
        (order.order_id.clone(), state_of(&intent.body).to_owned())
    });
    reading.buffer_unordered(AT_ONCE).collect().await
}

fn state_of(intent: &Value) -> &'static str {
    match intent["status"].as_str().unwrap() {
        "succeeded" => "paid",
        "requires_capture" => "authorized",
        "requires_payment_method" if !intent["last_payment_error"].is_null() => "failed",
        _ => "unpaid",
    }
}

/// Where each order stands by the gateway's own record. Reading it over HTTP would ask Stripe first, and so move it.
pub(crate) async fn recorded_states(database: &Backdoor) -> BTreeMap<String, String> {
    let rows = rows(database, "SELECT id, payment_status FROM orders").await;
    rows.into_iter().map(|[id, state]| (id, state)).collect()
}

impl Verdict {
    /// Every `POST /orders` once more, under its Idempotency-Key: the same order.
    pub(crate) async fn replay_orders(&mut self, town: &Town, bought: &[Bought]) {
        let replaying = stream::iter(bought).map(async |order| {
            let request = town.store_post(order.store, "/orders", &order.request);
            let request = request.header("Idempotency-Key", &order.idempotency_key);
            (order, send(request).await.expect("an answer"))
        });
        let replies: Vec<_> = replaying.buffer_unordered(AT_ONCE).collect().await;
        for (order, reply) in replies {
            self.replayed += 1;
            if reply.code() == "idempotency_key_in_use" {
                self.still_held += 1;
            } else if reply.body["id"] != order.order_id.as_str() {
                let words = format!("order {} became {}", order.order_id, reply.body);
                self.other_order.push(words);
            }
        }
    }

    /// Holds the gateway's records against Stripe's and against what was promised. Nothing runs any more.
    pub(crate) async fn compare(&mut self, town: &Town, database: &Backdoor, bought: &[Bought]) {
        self.compare_events(town, database).await;
        self.compare_orders(town, database, bought).await;
        self.count_charges(town, bought).await;
        self.count_intents(town).await;
        self.count_stock(town, database).await;
        if town.plan.server_kills == 0 && town.site.database_url.starts_with("sqlite") {
            let words = database.raw("PRAGMA integrity_check").await.unwrap();
            if words != [[Some("ok".to_owned())]] {
                self.broken
                    .push(format!("PRAGMA integrity_check: {words:?}"));
            }
        }
        let internal_errors = town.tally.internal_errors.get();
        if internal_errors > 0 {
            self.broken
                .push(format!("{internal_errors} answers of 500"));
        }
    }

    async fn compare_events(&mut self, town: &Town, database: &Backdoor) {
        let mut ours = town.tally.acknowledged.lock().unwrap().clone();
        self.acknowledged_to_us = ours.len();
        let to_stripe = delivered(town).await;
        self.acknowledged_to_stripe = to_stripe.len();
        ours.extend(to_stripe);
        let sql =
            "SELECT store_id, event_id, count(*) FROM stripe_events GROUP BY store_id, event_id";
        let mut stored = BTreeSet::new();
        for [store, event, count] in rows(database, sql).await {
            if count != "1" {
                self.stored_twice
                    .push(format!("{event} of {store}: {count} times"));
            }
            stored.insert((store, event));
        }
        self.stored = stored.len();
        let lost = ours.difference(&stored);
        self.lost
            .extend(lost.map(|(store, event)| format!("{event} of {store}")));
    }

    async fn compare_orders(&mut self, town: &Town, database: &Backdoor, bought: &[Bought]) {
        let expected = expected_states(town, bought).await;
        let recorded = recorded_states(database).await;
        for (id, state) in &recorded {
            *self.states.entry(state.clone()).or_default() += 1;
            if !expected.contains_key(id) {
                self.doubled
                    .push(format!("order {id} belongs to no shopper"));
            }
        }
        for (id, state) in &expected {
            let is = recorded.get(id).map_or("lost", String::as_str);
            if is != state {
                self.wrong_state
                    .push(format!("order {id} is {is}, its payment says {state}"));
            }
        }
        let sql =
            "SELECT subject, count(*) FROM audit_log WHERE action = 'order.paid' GROUP BY subject";
        let paid: BTreeMap<_, _> = pairs(database, sql).await;
        for (id, state) in &expected {
            let times = paid.get(id).map_or("0", String::as_str);
            if times != if state == "paid" { "1" } else { "0" } {
                self.doubled
                    .push(format!("order {id}, {state}, became paid {times} times"));
            }
        }
        let sql = "SELECT order_id, count(*) FROM payments WHERE order_id IS NOT NULL AND status <> 'canceled' GROUP BY order_id";
        for (id, count) in pairs(database, sql).await {
            if count != "1" {
                self.doubled
                    .push(format!("order {id} has {count} open payments"));
            }
        }
    }

    /// One charge for each payment that succeeded, and none beside.
    async fn count_charges(&mut self, town: &Town, bought: &[Bought]) {
        let expected = expected_states(town, bought).await;
        let mut charges: BTreeMap<String, usize> = BTreeMap::new();
        for charge in everything(town, "charges").await {
            if charge["status"] == "succeeded" {
                let intent = charge["payment_intent"].as_str().unwrap().to_owned();
                *charges.entry(intent).or_default() += 1;
            }
        }
        for order in bought {
            let count = charges.remove(&order.intent).unwrap_or(0);
            let is_paid = expected[&order.order_id] == "paid";
            if count != usize::from(is_paid) {
                self.doubled
                    .push(format!("{} was charged {count} times", order.intent));
            }
        }
        for intent in charges.into_keys() {
            self.doubled
                .push(format!("{intent} was charged and belongs to no order"));
        }
    }

    /// One PaymentIntent for an order, whatever died while it was made.
    async fn count_intents(&mut self, town: &Town) {
        let mut by_order: BTreeMap<String, usize> = BTreeMap::new();
        for intent in everything(town, "payment_intents").await {
            if let Some(order) = intent["metadata"]["tillgate_order_id"].as_str()
                && intent["status"] != "canceled"
            {
                *by_order.entry(order.to_owned()).or_default() += 1;
            }
        }
        for (order, count) in by_order.into_iter().filter(|(_, count)| *count > 1) {
            self.doubled
                .push(format!("order {order} has {count} PaymentIntents"));
        }
    }

    async fn count_stock(&mut self, town: &Town, database: &Backdoor) {
        let left = pairs(database, "SELECT id, stock FROM products").await;
        let sql = "SELECT i.product_id, sum(i.quantity) FROM order_items i \
            JOIN orders o ON o.store_id = i.store_id AND o.id = i.order_id \
            WHERE o.status <> 'cancelled' GROUP BY i.product_id";
        let sold = pairs(database, sql).await;
        for store in &town.stores {
            let number = |of: &BTreeMap<String, String>| -> i64 {
                of.get(&store.product_id)
                    .map_or(0, |text| text.parse().unwrap())
            };
            let (left, sold) = (number(&left), number(&sold));
            if left + sold != STOCK {
                let words = format!("{STOCK} pieces less {sold} sold are not {left}");
                self.doubled.push(words);
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "the counts are what a run is for")]
    pub(crate) fn print(
        &self,
        town: &Town,
        engine: &str,
        resent: usize,
        load_took: Duration,
        rest_took: Duration,
    ) {
        let (plan, tally) = (&town.plan, &town.tally);
        let line = |name: &str, value: String| println!("  {name:<44}{value}");
        println!(
            "\nCrash test on {engine}: {} gateways at once, SEED={}",
            plan.gateways, plan.seed
        );
        let (kills, early) = (tally.kills.get(), tally.kills_while_starting.get());
        line(
            "gateways killed (while they started)",
            format!("{kills} ({early})"),
        );
        line("back after, median / longest", tally.back_after.to_string());
        if plan.server_kills > 0 {
            line("PostgreSQL killed", tally.server_kills.get().to_string());
            line(
                "  back after, median / longest",
                tally.server_back_after.to_string(),
            );
            line(
                "  gateways back after, with it away",
                tally.back_after_server.to_string(),
            );
            line(
                "  starts without a database",
                tally.starts_without_database.get().to_string(),
            );
        }
        line(
            "load / rest",
            format!("{} / {} s", load_took.as_secs(), rest_took.as_secs()),
        );
        line(
            "events acknowledged to us / to Stripe",
            format!(
                "{} / {}",
                self.acknowledged_to_us, self.acknowledged_to_stripe
            ),
        );
        line(
            "  answers of 200 to us, and refusals",
            format!(
                "{} / {}",
                tally.acknowledgements.get(),
                tally.events_refused.get()
            ),
        );
        line("  sent again after Stripe gave up", resent.to_string());
        line("  stored", self.stored.to_string());
        line("orders by payment", format!("{:?}", self.states));
        line(
            "  requests of shoppers that broke",
            tally.broken_requests.get().to_string(),
        );
        line(
            "  orders asked for again, keys still held",
            format!("{} / {}", self.replayed, self.still_held),
        );
        line(
            "  keys that a dead gateway held",
            tally.keys_in_use.get().to_string(),
        );
        for (name, faults) in self.faults() {
            line(name, faults.len().to_string());
            for fault in faults.iter().take(NAMED) {
                println!("      {fault}");
            }
        }
    }

    fn faults(&self) -> [(&'static str, &[String]); 6] {
        [
            ("ACKNOWLEDGED EVENTS LOST", &self.lost),
            ("EVENTS STORED TWICE", &self.stored_twice),
            ("ORDERS NOT WHERE THEIR PAYMENT IS", &self.wrong_state),
            ("EFFECTS DOUBLED", &self.doubled),
            ("ORDERS THAT A REPLAY CHANGED", &self.other_order),
            ("OTHER FAULTS", &self.broken),
        ]
    }

    /// Fails unless there is no fault of any kind.
    pub(crate) fn insist(&self) {
        let found = self.faults().map(|(name, faults)| (name, faults.len()));
        assert!(found.iter().all(|(_, count)| *count == 0), "{found:?}");
    }
}

/// The events that the gateways answered with 200 to Stripe.
async fn delivered(town: &Town) -> BTreeSet<EventKey> {
    let mut delivered = BTreeSet::new();
    for store in &town.stores {
        let url = format!(
            "{}/_sandbox/deliveries?account={}&state=delivered&limit={MAX_ROWS}",
            town.stripe_url, store.account.account_id
        );
        let list = expect(200, town.http.get(url)).await;
        for row in list.body["deliveries"].as_array().unwrap() {
            let event = row["event_id"].as_str().unwrap().to_owned();
            delivered.insert((store.id.clone(), event));
        }
    }
    delivered
}

/// A whole list at Stripe, of all stores, page by page.
async fn everything(town: &Town, list: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for store in &town.stores {
        let mut after = String::new();
        loop {
            let url = format!("{}/v1/{list}?limit=100{after}", town.stripe_url);
            let request = town.http.get(url).bearer_auth(&store.account.secret_key);
            let mut page = expect(200, request).await.body;
            let Value::Array(rows) = page["data"].take() else {
                panic!("no list: {page}")
            };
            if let Some(last) = rows.last() {
                after = format!("&starting_after={}", last["id"].as_str().unwrap());
            }
            all.extend(rows);
            if page["has_more"] != true {
                break;
            }
        }
    }
    all
}

async fn pairs(database: &Backdoor, sql: &str) -> BTreeMap<String, String> {
    let rows = rows(database, sql).await;
    rows.into_iter().map(|[key, value]| (key, value)).collect()
}

/// A query's rows; NULL is an empty text.
async fn rows<const N: usize>(database: &Backdoor, sql: &str) -> Vec<[String; N]> {
    let rows: Rows = database.raw(sql).await.unwrap();
    let whole = |row: Vec<Option<String>>| -> [String; N] {
        let texts: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
        texts.try_into().expect("as many columns as asked for")
    };
    rows.into_iter().map(whole).collect()
}
