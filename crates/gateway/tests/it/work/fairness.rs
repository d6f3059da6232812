//! W17: one store's flood or trouble is its own.

use std::time::{Duration, Instant};

use db::inbox::{EventState, NewEvent, Source};
use domain::{Mode, StoreId};
use gateway::sealing;
use gateway::work::inbox::{Tempo, run_once};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Running, until};
use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    w17_a_flood_does_not_hold_up_another_store,
    w17_a_store_that_stripe_does_not_answer_leaves_the_slots_to_others,
    a_breaker_pauses_a_store_and_drops_nothing,
    two_gateways_share_the_work,
    a_scan_goes_on_until_every_store_was_looked_at,
);

const FLOOD: usize = 10_000;

#[expect(
    clippy::print_stdout,
    reason = "a busy machine must not fail the test: how long it took is for people"
)]
async fn w17_a_flood_does_not_hold_up_another_store(app: &TestApp) {
    let (flooding, drowned) = paid_at_stripe(app).await;
    let (healthy, fine) = paid_at_stripe(app).await;
    flood(app, &flooding, &drowned, FLOOD).await;
    let worker = Running::start(&app.app, Tempo::default());
    app.app.work.wake(flooding.id.parse().unwrap());
    until(async || app.inbox_where("state = 'processed'").await.len() > 10).await;
    let mut latencies_ms = Vec::new();
    for _ in 0..20 {
        let before = Instant::now();
        let event = app
            .hint(&healthy, "payment_intent.succeeded", &fine.intent)
            .await;
        until(async || app.inbox(&event).await.unwrap().state == "processed").await;
        latencies_ms.push(before.elapsed().as_millis());
    }
    assert_eq!(app.times_paid(&fine.id).await, 1);
    let left = app.inbox_where("state = 'received'").await.len();
    latencies_ms.sort_unstable();
    println!("{left} of {FLOOD} still wait; the other store's events took {latencies_ms:?} ms");
    assert!(
        left > FLOOD / 2,
        "{left}: they were worked on before the other store's"
    );
    worker.stop().await;
    // What was in work is done, what was not is as it was.
    assert!(app.inbox_where("state = 'processing'").await.is_empty());
    assert_eq!(app.times_paid(&drowned.id).await, 1);
}

async fn w17_a_store_that_stripe_does_not_answer_leaves_the_slots_to_others(app: &TestApp) {
    let (silent, stuck) = paid_at_stripe(app).await;
    let (healthy, fine) = paid_at_stripe(app).await;
    fail(app, &silent, "before_effect_timeout").await;
    flood(app, &silent, &stuck, 200).await;
    let worker = Running::start(&app.app, Tempo::default());
    app.app.work.wake(silent.id.parse().unwrap());
    until(async || !app.inbox_where("state = 'processing'").await.is_empty()).await;
    for _ in 0..5 {
        let event = app
            .hint(&healthy, "payment_intent.succeeded", &fine.intent)
            .await;
        until(async || app.inbox(&event).await.unwrap().state == "processed").await;
    }
    assert_eq!(app.times_paid(&fine.id).await, 1);
    assert_eq!(app.times_paid(&stuck.id).await, 0);
    app.control(Method::DELETE, "/faults", Value::Null).await;
    worker.stop().await;
}

async fn a_breaker_pauses_a_store_and_drops_nothing(app: &TestApp) {
    let (store, order) = paid_at_stripe(app).await;
    fail(app, &store, "reset").await;
    flood(app, &store, &order, 30).await;
    app.run_work().await;
    let tried = attempts(app).await;
    // Five failures in a row open it; up to three more were in work at that moment.
    assert!((5..=8).contains(&tried), "{tried}");
    app.wait_s(4);
    app.run_work().await;
    assert_eq!(attempts(app).await, tried, "it is open");
    app.wait_s(1);
    app.run_work().await;
    assert_eq!(attempts(app).await, tried + 1, "one probe");
    app.wait_s(9);
    app.run_work().await;
    assert_eq!(attempts(app).await, tried + 1, "open for longer");

    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.wait_s(1);
    app.run_work().await;
    assert_eq!(app.inbox_where("state = 'processed'").await.len(), 30);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn two_gateways_share_the_work(app: &TestApp) {
    let other = app.second_gateway().await;
    let (store, order) = paid_at_stripe(app).await;
    flood(app, &store, &order, 100).await;
    let (mine, its) = tokio::join!(run_once(&app.app), run_once(&other));
    let (mine, its) = (mine.unwrap(), its.unwrap());
    assert_eq!(mine + its, 100, "{mine} and {its}");
    assert!(mine > 0 && its > 0, "{mine} and {its}");
    let rows = app.inbox_where("state = 'processed'").await;
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row.attempts == 1));
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// Stores many events about one payment, as if they had been acknowledged.
async fn flood(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, count: usize) {
    let store_id = store.id.parse().unwrap();
    let payload = sealing::seal_event(&app.app.vault, store_id, "evt_FAKEflood", b"{}").unwrap();
    let now = app.clock.now();
    let events: Vec<NewEvent> = (0..count)
        .map(|number| NewEvent {
            store_id,
            account_id: store.keys.account_id.clone(),
            mode: Mode::Test,
            event_id: format!("evt_FAKEflood{number}"),
            event_type: "payment_intent.succeeded".to_owned(),
            api_version: None,
            object_id: Some(order.intent.clone()),
            created_at: now,
            source: Source::Webhook,
            payload: payload.clone(),
            state: EventState::Received,
            last_error: None,
            received_at: now,
        })
        .collect();
    for batch in events.chunks(1000) {
        db::inbox::record(&app.app.db, batch.to_vec())
            .await
            .unwrap();
    }
}

async fn attempts(app: &TestApp) -> u32 {
    let rows = app.inbox_where("attempts > 0").await;
    rows.into_iter().map(|row| row.attempts).sum()
}

async fn paid_at_stripe(app: &TestApp) -> (ConnectedStore, PaidOrder) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    (store, order)
}

async fn fail(app: &TestApp, store: &ConnectedStore, kind: &str) {
    let account = &store.keys.account_id;
    let fault = json!({ "path_prefix": "/v1/payment_intents/", "account": account, "kind": kind, "times": 100_000 });
    app.fault(fault).await;
}

/// Events that no hint tells of, as a dead gateway leaves them.
async fn a_scan_goes_on_until_every_store_was_looked_at(app: &TestApp) {
    // More than one look of a scan sees.
    const STORES: usize = 300;
    let store = app.connected_store("Coffee").await;
    let now = app.clock.now();
    let forgotten = (0..STORES).map(|_| {
        let store_id = StoreId::generate();
        NewEvent {
            store_id,
            account_id: store.keys.account_id.clone(),
            mode: Mode::Test,
            event_id: "evt_FAKEforgotten".to_owned(),
            event_type: "payment_intent.created".to_owned(),
            api_version: None,
            object_id: None,
            created_at: now,
            source: Source::Webhook,
            payload: sealing::seal_event(&app.app.vault, store_id, "evt_FAKEforgotten", b"{}")
                .unwrap(),
            state: EventState::Received,
            last_error: None,
            received_at: now,
        }
    });
    db::inbox::record(&app.app.db, forgotten.collect())
        .await
        .unwrap();
    // The first look comes at once, and the next one not in this test.
    let tempo = Tempo {
        scan: Duration::from_hours(1),
        ..Tempo::default()
    };
    let worker = Running::start(&app.app, tempo);
    // Begun, and not ended: a busy machine may not have written the end in time, and then the lease has to run out.
    let begun = "SELECT count(*) FROM stripe_events WHERE attempts > 0";
    until(async || app.database.raw(begun).await.unwrap()[0][0].as_deref() == Some("300")).await;
    worker.stop().await;
}
