//! What the books must say in the end.

use std::collections::HashMap;

use serde_json::Value;

use crate::api::Api;
use crate::receiver::Receiver;

/// What happens to each payment, once.
const PER_PAYMENT: [&str; 7] = [
    "payment_intent.created",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "charge.succeeded",
    "charge.captured",
    "charge.refunded",
    "refund.created",
];

pub(crate) fn amount(number: u64) -> u64 {
    1_000 + number
}

/// Every third payment is refunded in full, the others in part.
pub(crate) fn refund(number: u64) -> u64 {
    if number.is_multiple_of(3) {
        amount(number)
    } else {
        100 + number % 7
    }
}

/// Each event is listed once, was delivered once, and each payment has each of its events once.
pub(crate) async fn check_events(api: &Api, receiver: &Receiver, payments: u64) -> usize {
    let listed = api.all("/v1/events").await;
    let mut delivered: HashMap<String, usize> = HashMap::new();
    for id in receiver.received() {
        *delivered.entry(id).or_default() += 1;
    }
    assert_eq!(delivered.len(), listed.len(), "events delivered and listed");
    let mut told: HashMap<(&str, &str), usize> = HashMap::new();
    let mut by_type: HashMap<&str, u64> = HashMap::new();
    for event in &listed {
        let id = event["id"].as_str().unwrap();
        let kind = event["type"].as_str().unwrap();
        let object = event["data"]["object"]["id"].as_str().unwrap();
        assert_eq!(delivered.get(id), Some(&1), "{kind} {id}");
        assert_eq!(event["pending_webhooks"], 0, "{kind} {id}");
        *told.entry((kind, object)).or_default() += 1;
        *by_type.entry(kind).or_default() += 1;
    }
    for kind in PER_PAYMENT {
        assert_eq!(by_type.get(kind), Some(&payments), "{kind}");
        let doubled = told
            .iter()
            .find(|((of, _), times)| *of == kind && **times != 1);
        assert_eq!(doubled, None);
    }
    listed.len()
}

/// Payments, charges, refunds, balance transactions and the balance tell of the same money.
pub(crate) async fn check_sums(api: &Api, payments: u64) {
    let taken: u64 = (0..payments).map(amount).sum();
    let returned: u64 = (0..payments).map(refund).sum();

    let intents = api.all("/v1/payment_intents").await;
    assert_eq!(sum(&intents, "amount_received"), signed(taken));
    let charges = api.all("/v1/charges").await;
    assert_eq!(sum(&charges, "amount_captured"), signed(taken));
    assert_eq!(sum(&charges, "amount_refunded"), signed(returned));
    let refunds = api.all("/v1/refunds").await;
    assert_eq!(sum(&refunds, "amount"), signed(returned));
    for objects in [&intents, &charges, &refunds] {
        assert_eq!(objects.len(), usize::try_from(payments).unwrap());
    }

    let transactions = api.all("/v1/balance_transactions").await;
    assert_eq!(
        sum(&transactions, "amount"),
        signed(taken) - signed(returned)
    );
    assert_eq!(
        sum(&transactions, "net"),
        sum(&transactions, "amount") - sum(&transactions, "fee")
    );
    let balance = api.get("/v1/balance").await;
    let held = |part: &str| sum(balance[part].as_array().unwrap(), "amount");
    assert_eq!(
        held("available") + held("pending"),
        sum(&transactions, "net")
    );
}

fn sum(objects: &[Value], field: &str) -> i64 {
    objects.iter().map(|one| one[field].as_i64().unwrap()).sum()
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap()
}
