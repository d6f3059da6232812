//! What happens to money after it was taken.

mod balance;
mod charges;
mod dispute_limits;
mod disputes;
mod refunds;

use serde_json::Value;

use crate::harness::{ALICE, Reply, Stripe};

/// A paid payment, with its charge expanded.
async fn paid(stripe: &Stripe, method: &str) -> Reply {
    let form = format!("confirm=true&payment_method={method}&expand[]=latest_charge");
    let paid = stripe.payment(ALICE, &form).await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
    paid
}

fn charge_id(paid: &Reply) -> &str {
    paid.body["latest_charge"]["id"].as_str().unwrap()
}

/// The events that came after the first `skip`.
async fn events_after(stripe: &Stripe, skip: usize) -> Vec<String> {
    stripe.event_types(ALICE).await.split_off(skip)
}

/// The newest event of a type.
async fn event(stripe: &Stripe, kind: &str) -> Value {
    let list = stripe.get(ALICE, &format!("/v1/events?type={kind}")).await;
    list.body["data"][0]["data"].clone()
}

/// The net of the account's whole balance in a currency.
async fn balance(stripe: &Stripe, state: &str, currency: &str) -> i64 {
    let balance = stripe.get(ALICE, "/v1/balance").await;
    let funds = balance.body[state].as_array().unwrap();
    let of_currency = funds.iter().find(|one| one["currency"] == currency);
    of_currency.map_or(0, |one| one["amount"].as_i64().unwrap())
}
