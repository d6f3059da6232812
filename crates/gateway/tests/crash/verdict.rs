//! What must hold at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use test_database::{Backdoor, Rows};

use crate::at_stripe::{AT_ONCE, AUTHORIZED, delivered, everything, expected_states, given_up};
use crate::client::send;
use crate::drill::Town;
use crate::merchant::STOCK;
use crate::shopper::{Bought, USED};

/// An Idempotency-Key whose gateway died is free again after a minute.
const KEY_LEASE: Duration = Duration::from_secs(75);
const KEY_IN_USE: &str = "idempotency_key_in_use";

/// Faults by kind, in words; all lists must be empty. And what else is worth a line.
#[derive(Default)]
pub(crate) struct Verdict {
    lost: Vec<String>,
    stored_twice: Vec<String>,
    wrong_state: Vec<String>,
    doubled: Vec<String>,
    other_order: Vec<String>,
    broken: Vec<String>,
    pub(crate) acknowledged_to_us: usize,
    pub(crate) acknowledged_to_stripe: usize,
    /// Deliveries that Stripe gave up.
    pub(crate) given_up: usize,
    pub(crate) stored: usize,
    /// Of these, so many were found in Stripe's list.
    pub(crate) found: usize,
    pub(crate) states: BTreeMap<String, usize>,
    pub(crate) replayed: usize,
    /// Of these, so many whose payment says that it made an order already.
    pub(crate) refused: usize,
    /// Idempotency-Keys whose holder died less than a minute ago.
    pub(crate) still_held: usize,
}

/// Where each order stands by the gateway's own record. Reading it over HTTP would ask Stripe first, and so move it.
pub(crate) async fn recorded_states(database: &Backdoor) -> BTreeMap<String, String> {
    let rows = rows(database, "SELECT id, payment_status FROM orders").await;
    rows.into_iter().map(|[id, state]| (id, state)).collect()
}

impl Verdict {
    /// Every `POST /orders` once more, under its Idempotency-Key: the same order.
    pub(crate) async fn replay_orders(&mut self, town: &Town, bought: &[Bought]) {
        let begun = Instant::now();
        let patience = if town.plan.is_long() {
            KEY_LEASE
        } else {
            Duration::ZERO
        };
        let replaying = stream::iter(bought).map(async |order| {
            loop {
                let request = town.store_post(order.store, "/orders", &order.request);
                let request = request.header("Idempotency-Key", &order.idempotency_key);
                let reply = send(request).await.expect("an answer");
                // The gateway itself waits some seconds before it says so.
                if reply.code() != KEY_IN_USE || begun.elapsed() >= patience {
                    return (order, reply);
                }
            }
        });
        let replies: Vec<_> = replaying.buffer_unordered(AT_ONCE).collect().await;
        for (order, reply) in replies {
            self.replayed += 1;
            if reply.code() == KEY_IN_USE {
                self.still_held += 1;
            } else if reply.code() == USED {
                self.refused += 1;
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
        self.given_up = given_up(town).await;
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
        let sql = "SELECT 1, count(*) FROM stripe_events WHERE source = 'reconcile'";
        let found = rows::<2>(database, sql).await.pop();
        self.found = found.map_or(0, |[_, count]| count.parse().unwrap());
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
        for (id, state) in expected.iter().filter(|(_, state)| *state == AUTHORIZED) {
            self.broken.push(format!(
                "order {id} is {state}, and its money was to be taken"
            ));
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
            // What is only held on the card is a charge that is not captured.
            if charge["status"] == "succeeded" && charge["captured"] == true {
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

    /// One PaymentIntent for an order or a cart, whatever died while it was made.
    async fn count_intents(&mut self, town: &Town) {
        let mut by_purpose: BTreeMap<String, usize> = BTreeMap::new();
        for intent in everything(town, "payment_intents").await {
            let metadata = &intent["metadata"];
            let paid_for = ["tillgate_order_id", "tillgate_cart_id"];
            let paid_for = paid_for.iter().find_map(|key| metadata[key].as_str());
            if let Some(paid_for) = paid_for
                && intent["status"] != "canceled"
            {
                *by_purpose.entry(paid_for.to_owned()).or_default() += 1;
            }
        }
        for (purpose, count) in by_purpose.into_iter().filter(|(_, count)| *count > 1) {
            self.doubled.push(format!(
                "order or cart {purpose} has {count} PaymentIntents"
            ));
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

    /// Every kind, with what was found of it.
    pub(crate) fn faults(&self) -> [(&'static str, &[String]); 6] {
        [
            ("ACKNOWLEDGED EVENTS LOST", &self.lost),
            ("EVENTS STORED TWICE", &self.stored_twice),
            ("ORDERS NOT WHERE THEIR PAYMENT IS", &self.wrong_state),
            ("EFFECTS DOUBLED OR MISSING", &self.doubled),
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
