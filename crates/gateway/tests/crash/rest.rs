//! Waiting by condition, with a deadline: for one thing, and for everything to come to rest.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_database::Backdoor;

use crate::at_stripe::expected_states;
use crate::client::{expect, send};
use crate::drill::Town;
use crate::shopper::Bought;
use crate::verdict::recorded_states;

/// How often a condition is looked at that costs next to nothing.
pub(crate) const GRAIN: Duration = Duration::from_millis(5);
/// How often one is looked at that reads the database.
const LOOK: Duration = Duration::from_millis(250);
/// The lease of a dead worker's event runs out in between.
const REST_WITHIN: Duration = Duration::from_mins(3);

/// Waits until a condition holds; fails with its words if it does not in time.
pub(crate) async fn eventually(
    what: &str,
    within: Duration,
    every: Duration,
    mut holds: impl AsyncFnMut() -> bool,
) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(every).await;
    }
}

/// Waits until Stripe has delivered, no event waits for work, and every order is where its payment is. Says how many
/// events Stripe had given up and sent again: in test mode it tries three times only.
pub(crate) async fn come_to_rest(town: &Town, database: &Backdoor, bought: &[Bought]) -> usize {
    let begun = Instant::now();
    let delivered = async || {
        let url = format!("{}/_sandbox/deliveries/settle", town.stripe_url);
        send(town.http.post(url))
            .await
            .is_ok_and(|reply| reply.status == 200)
    };
    eventually("Stripe has delivered", REST_WITHIN, LOOK, delivered).await;
    let resent = send_again_what_stripe_gave_up(town).await;
    let expected = expected_states(town, bought).await;
    let mut last = String::new();
    while begun.elapsed() < REST_WITHIN {
        let open = open_events(database).await;
        let recorded = recorded_states(database).await;
        let is_wrong =
            |order: &&Bought| recorded.get(&order.order_id) != expected.get(&order.order_id);
        let wrong = bought.iter().filter(is_wrong).count();
        if open == 0 && wrong == 0 {
            return resent;
        }
        last =
            format!("{open} events wait for work, {wrong} orders are not where their payment is");
        tokio::time::sleep(LOOK).await;
    }
    // The verdict names them.
    #[expect(clippy::print_stdout, reason = "part of the counts")]
    {
        println!("no rest within {REST_WITHIN:?}: {last}");
    }
    resent
}

async fn open_events(database: &Backdoor) -> usize {
    let sql = "SELECT count(*) FROM stripe_events WHERE state IN ('received', 'processing')";
    let rows = database.raw(sql).await.unwrap();
    rows[0][0].as_deref().unwrap().parse().unwrap()
}

async fn send_again_what_stripe_gave_up(town: &Town) -> usize {
    let control = format!("{}/_sandbox/deliveries", town.stripe_url);
    let failed = format!("{control}?state=failed&limit=10000");
    let failed = expect(200, town.http.get(failed)).await;
    let rows = failed.body["deliveries"].as_array().unwrap();
    for row in rows {
        let again: Value =
            json!({ "event_id": row["event_id"], "endpoint_id": row["endpoint_id"] });
        let flush = town.http.post(format!("{control}/flush")).json(&again);
        expect(200, flush).await;
    }
    rows.len()
}
