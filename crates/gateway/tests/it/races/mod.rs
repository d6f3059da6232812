//! Races about money, each over and over: exactly one wins, and the sums at Stripe are ours to the cent.
//!
//! A test run plays a few rounds of each. `make races` plays a thousand, with those of `links::crowds`.

mod capture_against_cancel;
mod last_item;
mod one_payment;
mod refunds;

use crate::harness::{ConnectedStore, TestApp};

/// Rounds of a race: a few, or as many as `TILLGATE_RACES` says.
pub fn rounds(few: u32) -> u32 {
    let told = std::env::var("TILLGATE_RACES").ok();
    told.map_or(few, |text| text.parse().unwrap())
}

/// What these payments took, at Stripe and by our records; equal to the cent.
async fn assert_taken(app: &TestApp, store: &ConnectedStore, intents: &[String], taken: i64) {
    let (mut at_stripe, mut recorded) = (0, 0);
    for intent in intents {
        let object = app.intent_at_stripe(store, intent).await;
        at_stripe += object["amount_received"].as_i64().unwrap();
        let sql =
            format!("SELECT captured_minor FROM payments WHERE payment_intent_id = '{intent}'");
        let row = app.database.raw(&sql).await.unwrap().pop().unwrap();
        recorded += row[0].as_deref().unwrap().parse::<i64>().unwrap();
    }
    assert_eq!((at_stripe, recorded), (taken, taken));
}
