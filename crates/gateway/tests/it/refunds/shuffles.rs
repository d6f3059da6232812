//! W8: refunds and disputes, their events in every order, or in any order at any moment: always the same end.

use reqwest::Method;
use serde_json::{Value, json};

use super::dashboard::Step::{Dispute, Fail, Lose, Pay, Refund, Win};
use super::dashboard::{Step, assert_mirrored, happen};
use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};
use crate::settle::shuffles::Dice;

stories!(
    w8_every_order_of_a_payment_a_refund_and_a_dispute,
    w8_shuffled_refunds_and_a_dispute_that_is_won,
    w8_shuffled_refunds_and_a_dispute_that_is_lost,
);

/// The events of the story that are told, one a step.
const TOLD: [&str; 4] = [
    "payment_intent.succeeded",
    "refund.created",
    "charge.refunded",
    "charge.dispute.created",
];

async fn w8_every_order_of_a_payment_a_refund_and_a_dispute(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for order_of_events in permutations(TOLD.len()) {
        let order = app.place_order(&store).await;
        for step in [Pay, Refund(Some(300)), Dispute(None)] {
            app.wait_s(2);
            happen(app, &store, &order, step).await;
        }
        let waiting = waiting(app, &store).await;
        for &number in &order_of_events {
            let kind = TOLD[number];
            let told = waiting.iter().filter(|(_, this)| this == kind);
            for (event, _) in told {
                tell(app, &store, event).await;
            }
            app.run_work().await;
        }
        assert_end(
            app,
            &store,
            &order,
            "disputed",
            &["disputed"],
            &format!("{order_of_events:?}"),
        )
        .await;
        // What was left goes out as well, and changes nothing.
        app.control(
            Method::POST,
            "/deliveries/flush",
            json!({ "account": store.keys.account_id }),
        )
        .await;
        app.run_work().await;
        assert_end(app, &store, &order, "disputed", &["disputed"], "all").await;
    }
}

async fn w8_shuffled_refunds_and_a_dispute_that_is_won(app: &TestApp) {
    let life = [
        Pay,
        Refund(Some(200)),
        Refund(Some(100)),
        Fail,
        Dispute(None),
        Win,
    ];
    shuffle(app, &life, "partially_refunded", &["refund_failed"]).await;
}

async fn w8_shuffled_refunds_and_a_dispute_that_is_lost(app: &TestApp) {
    let life = [
        Pay,
        Refund(Some(200)),
        Refund(Some(300)),
        Dispute(None),
        Lose,
    ];
    shuffle(app, &life, "refunded", &[]).await;
}

/// Plays a life while its events arrive in any order, doubled, at any moment. `TILLGATE_SHUFFLES` says how often.
async fn shuffle(app: &TestApp, life: &[Step], payment_status: &str, attention: &[&str]) {
    let runs = std::env::var("TILLGATE_SHUFFLES").map_or(4, |text| text.parse().unwrap());
    let store = app.connected_store("Coffee").await;
    for seed in 1..=runs {
        let mut dice = Dice(seed);
        let order = app.place_order(&store).await;
        for &step in life {
            app.wait_s(2);
            happen(app, &store, &order, step).await;
            let mut waiting = waiting(app, &store).await;
            for _ in 0..dice.roll(waiting.len() as u64 + 1) {
                let place = dice.roll(waiting.len() as u64);
                let (event, _) = waiting.swap_remove(usize::try_from(place).unwrap());
                for _ in 0..=dice.roll(2) {
                    tell(app, &store, &event).await;
                }
            }
            if dice.roll(2) == 0 {
                app.run_work().await;
            }
        }
        let mut waiting = waiting(app, &store).await;
        while !waiting.is_empty() {
            let place = dice.roll(waiting.len() as u64);
            let (event, _) = waiting.swap_remove(usize::try_from(place).unwrap());
            tell(app, &store, &event).await;
        }
        tokio::join!(app.run_work(), app.run_work());
        // What collided is tried again.
        app.wait_s(300);
        app.run_work().await;
        assert_end(
            app,
            &store,
            &order,
            payment_status,
            attention,
            &format!("seed {seed}"),
        )
        .await;
    }
}

/// The events that nobody was told of yet: their ids and types.
async fn waiting(app: &TestApp, store: &ConnectedStore) -> Vec<(String, String)> {
    let path = format!(
        "/deliveries?account={}&state=held&limit=1000",
        store.keys.account_id
    );
    let held = app.control(Method::GET, &path, json!({})).await;
    let rows = held["deliveries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|row| (text(&row["event_id"]), text(&row["event_type"])))
        .collect()
}

async fn tell(app: &TestApp, store: &ConnectedStore, event: &str) {
    let body = json!({ "account": store.keys.account_id, "event_id": event });
    app.control(Method::POST, "/deliveries/flush", body).await;
}

async fn assert_end(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    payment_status: &str,
    attention: &[&str],
    told: &str,
) {
    let seen = app.order(store, &order.id).await;
    assert_eq!(seen["payment_status"], payment_status, "{told}: {seen}");
    let open = seen["attention"].as_array().unwrap().iter();
    let codes: Vec<&str> = open.map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, attention, "{told}: {seen}");
    assert_eq!(app.times_paid(&order.id).await, 1, "{told}");
    assert_mirrored(app, store, order, &seen).await;
}

/// Every order of `count` things.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let insert = |shorter: Vec<usize>| {
        (0..count).map(move |position| {
            let mut longer = shorter.clone();
            longer.insert(position, last);
            longer
        })
    };
    permutations(last).into_iter().flat_map(insert).collect()
}
