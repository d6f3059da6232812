//! Replaying one event.

use db::inbox::{ClaimedEvent, Wanted};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{get, paid, park, post, set};
use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    a_parked_event_is_replayed_and_pays,
    a_parked_event_is_told_of_until_it_is_replayed,
    a_replay_that_fails_is_tried_again,
    what_was_processed_may_be_replayed,
    many_replays_at_once_pay_once,
    an_event_in_hand_is_left_to_its_worker,
    a_late_worker_does_not_end_a_replay,
    what_must_have_no_effect_is_not_replayed,
    a_replay_is_done_once_for_its_idempotency_key,
);

async fn a_parked_event_is_replayed_and_pays(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    park(app, &event).await;
    app.wait_s(7 * 24 * 3600);
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    let reply = post(app, &store, &format!("/{event}/replay"), &json!({})).await;
    let replayed = reply.expect(200);
    assert_eq!(
        (&replayed["id"], &replayed["state"], &replayed["attempts"]),
        (&json!(event), &json!("received"), &json!(0))
    );
    assert_eq!(replayed["last_error"], "stripe_error");
    app.run_work().await;
    let shown = get(app, &store, &format!("/{event}")).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["attempts"], &shown["last_error"]),
        (&json!("processed"), &json!(1), &Value::Null)
    );
    assert_eq!(app.recorded(&order.id).await.1, "paid");
    assert_eq!(app.times_paid(&order.id).await, 1);
    let sql = format!(
        "SELECT actor FROM audit_log WHERE action = 'event.replayed' AND subject = '{event}'"
    );
    let actors = app.database.raw(&sql).await.unwrap();
    assert!(actors[0][0].as_deref().unwrap().starts_with("api_key "));
}

/// Parked by the worker itself, and told of where people look.
async fn a_parked_event_is_told_of_until_it_is_replayed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    set(app, &event, "attempts = 59").await;
    super::stripe_is_down(app).await;
    app.run_work().await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!(row.outcome(), ("parked", Some("stripe_error")));
    let problems = async || {
        let sql = format!(
            "SELECT code, detail FROM connection_problems WHERE store_id = '{}' AND code = 'events_parked'",
            store.id
        );
        app.database.raw(&sql).await.unwrap()
    };
    assert_eq!(problems().await[0][1].as_deref(), Some("1"));
    let attention = app.order(&store, &order.id).await["attention"].clone();
    assert_eq!(attention[0]["code"], "event_parked");
    app.control(reqwest::Method::DELETE, "/faults", json!({}))
        .await;
    let told = post(
        app,
        &store,
        &format!("/{event}/replay"),
        &json!({ "preview": true }),
    )
    .await;
    assert_eq!(told.expect(200)["outcome"], "changes");
    assert_eq!(problems().await.len(), 1, "a preview changes nothing");
    post(app, &store, &format!("/{event}/replay"), &json!({}))
        .await
        .expect(200);
    assert!(problems().await.is_empty());
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["payment_status"], &seen["attention"]),
        (&json!("paid"), &json!([]))
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_replay_that_fails_is_tried_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    park(app, &event).await;
    super::stripe_is_down(app).await;
    post(app, &store, &format!("/{event}/replay"), &json!({}))
        .await
        .expect(200);
    app.run_work().await;
    let row = app.inbox(&event).await.unwrap();
    assert_eq!(row.outcome(), ("received", Some("stripe_error")));
    let shown = get(app, &store, &format!("/{event}")).await.expect(200);
    assert_eq!(shown["attempts"], 1, "a new round of tries");
    app.control(reqwest::Method::DELETE, "/faults", json!({}))
        .await;
    app.wait_s(2 * 3600);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn what_was_processed_may_be_replayed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    for _ in 0..3 {
        app.run_work().await;
        let shown = get(app, &store, &format!("/{event}")).await.expect(200);
        assert_eq!(
            (&shown["state"], &shown["attempts"]),
            (&json!("processed"), &json!(1))
        );
        assert_eq!(app.times_paid(&order.id).await, 1);
        // No body is no preview.
        let reply = app
            .http
            .request(
                reqwest::Method::POST,
                &format!("/api/v1/stores/{}/events/{event}/replay", store.id),
            )
            .bearer(&store.api_key)
            .send()
            .await;
        let shown = reply.expect(200);
        assert_eq!(
            (&shown["state"], &shown["processed_at"], &shown["attempts"]),
            (&json!("received"), &Value::Null, &json!(0))
        );
    }
    // Its own kind of nothing: an event that nobody handles.
    let other = event_of("customer.updated", &json!({ "id": "cus_1" }));
    app.post_event(&store, &other).await.expect(200);
    let other = other["id"].as_str().unwrap();
    post(app, &store, &format!("/{other}/replay"), &json!({}))
        .await
        .expect(200);
    app.run_work().await;
    let row = app.inbox(other).await.unwrap();
    assert_eq!(row.outcome(), ("ignored", Some("type_not_handled")));
}

async fn many_replays_at_once_pay_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    park(app, &event).await;
    let path = format!("/{event}/replay");
    let body = json!({});
    let replays = join_all((0..8).map(|_| app.patiently(|| post(app, &store, &path, &body))));
    let (replies, _) = tokio::join!(replays, join_all((0..4).map(|_| app.run_work())));
    for reply in replies {
        match reply.status.as_u16() {
            200 => {}
            _ => drop(reply.expect_error(409, "event_in_progress")),
        }
    }
    app.wait_s(300);
    app.run_work().await;
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn an_event_in_hand_is_left_to_its_worker(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = paid(app, &store).await;
    claim(app, &store).await;
    let path = format!("/{event}/replay");
    post(app, &store, &path, &json!({}))
        .await
        .expect_error(409, "event_in_progress");
    let many = post(app, &store, "/replay", &json!({ "ids": [event] })).await;
    let many = many.expect(200);
    assert_eq!(
        (&many["matched"], &many["replayed"], &many["in_progress"]),
        (&json!(1), &json!(0), &json!(1))
    );
    assert_eq!(
        app.inbox(&event).await.unwrap().outcome(),
        ("processing", None)
    );
    // Its worker died.
    app.wait_s(90);
    post(app, &store, &path, &json!({})).await.expect(200);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_late_worker_does_not_end_a_replay(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (_, event) = paid(app, &store).await;
    let slow = claim(app, &store).await;
    app.wait_s(90);
    post(app, &store, &format!("/{event}/replay"), &json!({}))
        .await
        .expect(200);
    let quick = claim(app, &store).await;
    let now = app.clock.now();
    let mut tx = app.app.db.begin().await.unwrap();
    let state = db::inbox::EventState::Parked;
    let late = db::inbox::finish(&mut tx, &slow, state, None, now).await;
    assert!(!late.unwrap(), "the fence goes up with every replay");
    let state = db::inbox::EventState::Processed;
    let held = db::inbox::finish(&mut tx, &quick, state, None, now).await;
    assert!(held.unwrap());
    tx.commit().await.unwrap();
}

async fn what_must_have_no_effect_is_not_replayed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, _) = paid(app, &store).await;
    let object = json!({ "id": order.intent, "object": "payment_intent" });
    let mut live = event_of("payment_intent.succeeded", &object);
    live["livemode"] = json!(true);
    let mut connected = event_of("payment_intent.succeeded", &object);
    connected["account"] = json!("acct_FAKEother");
    for (event, why) in [(live, "mode_mismatch"), (connected, "other_account")] {
        app.post_event(&store, &event).await.expect(200);
        let id = event["id"].as_str().unwrap();
        post(app, &store, &format!("/{id}/replay"), &json!({}))
            .await
            .expect_error(409, "event_without_effect");
        let many = post(app, &store, "/replay", &json!({ "ids": [id] })).await;
        assert_eq!(many.expect(200)["without_effect"], 1);
        let row = app.inbox(id).await.unwrap();
        assert_eq!((row.outcome(), row.attempts), (("ignored", Some(why)), 0));
    }
}

async fn a_replay_is_done_once_for_its_idempotency_key(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (_, event) = paid(app, &store).await;
    set(app, &event, "state = 'parked'").await;
    let call = async || {
        app.store_post(&store, &format!("/events/{event}/replay"), &json!({}))
            .bearer(&store.api_key)
            .header("Idempotency-Key", "once")
            .send()
            .await
    };
    let first = call().await;
    first.expect(200);
    app.run_work().await;
    let again = call().await;
    assert_eq!(again.text, first.text);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(app.inbox(&event).await.unwrap().state, "processed");
}

/// What a worker does first.
async fn claim(app: &TestApp, store: &ConnectedStore) -> ClaimedEvent {
    let now = app.clock.now();
    let wanted = [Wanted {
        store_id: store.id.parse().unwrap(),
        up_to: 9,
    }];
    let lease_until = now + SignedDuration::from_secs(90);
    let mut claimed = db::inbox::claim(&app.app.db, &wanted, lease_until, now)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.pop().unwrap()
}
