//! Waiting by condition, with a deadline: for one thing, and for everything to come to rest.

use std::time::{Duration, Instant};

use test_database::Backdoor;

use crate::at_stripe::{AUTHORIZED, expected_states};
use crate::client::send;
use crate::drill::Town;
use crate::shopper::Bought;
use crate::verdict::recorded_states;

/// How often a condition is looked at that costs next to nothing.
pub(crate) const GRAIN: Duration = Duration::from_millis(5);
/// How often one is looked at that reads the database.
const LOOK: Duration = Duration::from_millis(250);
/// The lease of a dead worker's event runs out in between.
const REST_WITHIN: Duration = Duration::from_mins(3);
/// So does the one of a payment that a dead gateway was about to look at.
const LONG_REST_WITHIN: Duration = Duration::from_mins(12);

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

/// Waits until Stripe has delivered or given up, no event waits for work, and every order is where its payment is. Nobody
/// sends again what Stripe gave up (in test mode it tries three times only): the gateways have to find it by themselves.
pub(crate) async fn come_to_rest(town: &Town, database: &Backdoor, bought: &[Bought]) {
    let begun = Instant::now();
    let rest_within = if town.plan.is_long() {
        LONG_REST_WITHIN
    } else {
        REST_WITHIN
    };
    let delivered = async || {
        let url = format!("{}/_sandbox/deliveries/settle", town.stripe_url);
        send(town.http.post(url))
            .await
            .is_ok_and(|reply| reply.status == 200)
    };
    eventually("Stripe has delivered", REST_WITHIN, LOOK, delivered).await;
    let mut last = String::new();
    while begun.elapsed() < rest_within {
        // Anew each time: what an order holds is taken meanwhile.
        let expected = expected_states(town, bought).await;
        let open = open_events(database).await;
        let recorded = recorded_states(database).await;
        let is_at_rest = |order: &&Bought| {
            let expected = expected.get(&order.order_id);
            recorded.get(&order.order_id) == expected
                && expected.is_none_or(|state| state != AUTHORIZED)
        };
        let wrong = bought.len() - bought.iter().filter(is_at_rest).count();
        if open == 0 && wrong == 0 {
            return;
        }
        last = format!(
            "{open} events wait for work, {wrong} orders are not where their payment is, or hold what they should take"
        );
        tokio::time::sleep(LOOK).await;
    }
    // The verdict names them.
    #[expect(clippy::print_stdout, reason = "part of the counts")]
    {
        println!("no rest within {rest_within:?}: {last}");
    }
}

async fn open_events(database: &Backdoor) -> usize {
    let sql = "SELECT count(*) FROM stripe_events WHERE state IN ('received', 'processing')";
    let rows = database.raw(sql).await.unwrap();
    rows[0][0].as_deref().unwrap().parse().unwrap()
}
