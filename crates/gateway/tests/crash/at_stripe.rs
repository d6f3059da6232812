//! What Stripe knows: the sandbox's API, and its control API for what a merchant sees in the dashboard only.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use crate::client::expect;
use crate::drill::Town;
use crate::shopper::Bought;
use crate::tally::EventKey;

/// Requests at once while nothing is killed any more.
pub(crate) const AT_ONCE: usize = 8;
/// The state of an order whose money is held and not taken.
pub(crate) const AUTHORIZED: &str = "authorized";
/// A list at the sandbox's control API has no more rows.
const MAX_ROWS: usize = 10_000;

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
        "requires_capture" => AUTHORIZED,
        "requires_payment_method" if !intent["last_payment_error"].is_null() => "failed",
        _ => "unpaid",
    }
}

/// Deliveries that Stripe gave up: nobody tells the gateways of these events again.
pub(crate) async fn given_up(town: &Town) -> usize {
    let url = format!(
        "{}/_sandbox/deliveries?state=failed&limit={MAX_ROWS}",
        town.stripe_url
    );
    let list = expect(200, town.http.get(url)).await;
    list.body["deliveries"].as_array().unwrap().len()
}

/// The events that the gateways answered with 200 to Stripe.
pub(crate) async fn delivered(town: &Town) -> BTreeSet<EventKey> {
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
pub(crate) async fn everything(town: &Town, list: &str) -> Vec<Value> {
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
