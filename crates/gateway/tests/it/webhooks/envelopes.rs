//! W9 to W15: genuine signatures around events that are old, new, foreign or hostile.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, TestApp, event_of, stories};

stories!(
    w9_a_store_cannot_speak_for_another,
    w10_payments_that_we_never_made_are_ignored,
    w11_other_modes_and_accounts_have_no_effect,
    w13_every_type_and_version_is_taken,
    w14_unknown_types_are_taken_and_ignored,
    w15_hostile_events_change_nothing,
    w15_ids_that_cannot_be_a_key_are_refused,
    w15_a_time_that_no_calendar_holds_is_one_event,
);

pub const HOSTILE: &str = include_str!("../../vectors/stripe_events_hostile.json");
const CURRENT: &str = include_str!("../../vectors/stripe_events_current.json");
const LEGACY: &str = include_str!("../../vectors/stripe_events_legacy_api_versions.json");

/// The ids that the vectors speak of.
const THEIR_INTENT: &str = "pi_3mmpMFBI8YhtHon7m0ykbrVxj";
const THEIR_STORE: &str = "550e8400-e29b-41d4-a716-446655440000";
const THEIR_ORDER: &str = "018e1b2c-0000-7000-8000-000000000001";

async fn w9_a_store_cannot_speak_for_another(app: &TestApp) {
    let (a, b) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let order = app.place_order(&b).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let asked_before = app.stripe_requests().await.len();
    let metadata = json!({ "tillgate_store_id": b.id, "tillgate_order_id": order.id });
    let object = json!({ "id": order.intent, "object": "payment_intent", "status": "succeeded", "metadata": metadata });
    let event = event_of("payment_intent.succeeded", &object);
    app.post_event(&a, &event).await.expect(200);
    app.run_work().await;
    let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(stored.outcome(), ("ignored", Some("payment_unknown")));
    // At B's door A's signature opens nothing.
    let body = event.to_string();
    for path in [TestApp::webhook_path(&b.id), "/webhook/stripe".to_owned()] {
        app.post_signed(&path, &a.webhook_secret, body.as_bytes())
            .await
            .expect_error(400, "signature_invalid");
    }
    app.run_work().await;
    assert_eq!(
        app.stripe_requests().await.len(),
        asked_before,
        "nobody was asked"
    );
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    // B's own event with the very same id still counts.
    app.post_event(&b, &event).await.expect(200);
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "paid");
}

async fn w10_payments_that_we_never_made_are_ignored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let asked_before = app.stripe_requests().await.len();
    for metadata in [
        json!({}),
        json!({ "tillgate_store_id": store.id, "tillgate_order_id": order.id }),
    ] {
        let object = json!({ "id": "pi_FAKEelsewhere", "object": "payment_intent", "status": "succeeded", "metadata": metadata });
        let event = event_of("payment_intent.succeeded", &object);
        app.post_event(&store, &event).await.expect(200);
        app.run_work().await;
        let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(stored.outcome(), ("ignored", Some("payment_unknown")));
    }
    assert_eq!(app.stripe_requests().await.len(), asked_before);
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
}

async fn w11_other_modes_and_accounts_have_no_effect(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let asked_before = app.stripe_requests().await.len();
    let genuine = event_of(
        "payment_intent.succeeded",
        &json!({ "id": order.intent, "object": "payment_intent" }),
    );
    for (field, value, why) in [
        ("livemode", json!(true), "mode_mismatch"),
        ("account", json!("acct_FAKEanother"), "other_account"),
    ] {
        let mut event = genuine.clone();
        event["id"] = json!(format!("evt_FAKE{field}"));
        event[field] = value;
        app.post_event(&store, &event).await.expect(200);
        app.run_work().await;
        let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(
            (stored.outcome(), stored.attempts),
            (("ignored", Some(why)), 0)
        );
    }
    assert_eq!(app.stripe_requests().await.len(), asked_before);
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    // The store's own account, named: as if it were not.
    let mut event = genuine;
    event["account"] = json!(store.keys.account_id);
    app.post_event(&store, &event).await.expect(200);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w13_every_type_and_version_is_taken(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mut taken = 0;
    for file in [CURRENT, LEGACY] {
        let events: Value = serde_json::from_str(file).unwrap();
        for (name, event) in events.as_object().unwrap() {
            app.post_event(&store, event).await.expect(200);
            let kind = event["type"].as_str().unwrap();
            let is_about_money = kind.starts_with("charge.dispute.")
                || kind.starts_with("refund.")
                || ["charge.captured", "charge.expired", "charge.refunded"].contains(&kind);
            let names_a_payment = event["data"]["object"]["payment_intent"].is_string();
            let is_about_payments =
                kind.starts_with("payment_intent.") || (is_about_money && names_a_payment);
            let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
            let expected = if is_about_payments {
                ("received", None)
            } else {
                ("ignored", Some("type_not_handled"))
            };
            assert_eq!(stored.outcome(), expected, "{name}");
            taken += 1;
        }
    }
    assert_eq!(taken, 60 + 10);
    app.run_work().await;
    let left = app.inbox_where("state <> 'ignored'").await;
    assert!(left.is_empty(), "{left:?}");
}

async fn w14_unknown_types_are_taken_and_ignored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    for (kind, object) in [
        (
            "some.future.event",
            json!({ "id": order.intent, "object": "payment_intent" }),
        ),
        (
            "payment_intent.succeeded",
            json!({ "id": "ch_FAKE1", "object": "charge", "payment_intent": order.intent }),
        ),
        ("payment_intent.succeeded", json!({})),
        (
            "payment_intent.succeeded",
            json!({ "id": 7, "object": ["payment_intent"] }),
        ),
        (
            "payment_intent.succeeded",
            json!({ "id": "../accounts", "object": "payment_intent" }),
        ),
    ] {
        let event = event_of(kind, &object);
        app.post_event(&store, &event).await.expect(200);
        app.run_work().await;
        let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
        assert_eq!(
            stored.outcome(),
            ("ignored", Some("type_not_handled")),
            "{event}"
        );
    }
    assert_eq!(app.times_paid(&order.id).await, 0);
    // A type of tomorrow about a payment is reason enough to look at it.
    app.hint(&store, "payment_intent.renamed_tomorrow", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn w15_hostile_events_change_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let text = aimed_at(HOSTILE, &store, &order);
    let hostile: Value = serde_json::from_str(&text).unwrap();
    let hostile = hostile.as_object().unwrap();
    assert_eq!(hostile.len(), 29);
    let refused = [
        "id_missing",
        "id_empty",
        "id_too_long",
        "data_missing",
        "data_object_null",
    ];
    for (name, vector) in hostile {
        let reply = app.post_event(&store, &vector["event"]).await;
        let expected = if refused.contains(&name.as_str()) {
            400
        } else {
            200
        };
        assert_eq!(reply.status, expected, "{name}: {}", reply.text);
        let body = vector["event"].to_string();
        let reply = app
            .post_signed("/webhook/stripe", &store.webhook_secret, body)
            .await;
        assert!(
            matches!(reply.status, StatusCode::OK | StatusCode::BAD_REQUEST),
            "{name}: {}",
            reply.text
        );
        app.run_work().await;
        let seen = app.order(&store, &order.id).await;
        assert_eq!(
            (&seen["status"], &seen["payment_status"]),
            (&json!("pending"), &json!("unpaid")),
            "{name}"
        );
    }
    let stuck = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(stuck.is_empty(), "{stuck:?}");
    // And nothing stands in the way of the real payment.
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    assert_eq!(app.order(&store, &order.id).await["attention"], json!([]));
}

/// The same attack on a store and an order that exist.
fn aimed_at(vectors: &str, store: &ConnectedStore, order: &PaidOrder) -> String {
    assert!(
        vectors.contains(THEIR_INTENT)
            && vectors.contains(THEIR_STORE)
            && vectors.contains(THEIR_ORDER)
    );
    vectors
        .replace(THEIR_INTENT, &order.intent)
        .replace(THEIR_STORE, &store.id)
        .replace(THEIR_ORDER, &order.id)
        .replace("\"store_id\"", "\"tillgate_store_id\"")
        .replace("\"order_id\"", "\"tillgate_order_id\"")
}

async fn w15_ids_that_cannot_be_a_key_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let long = "x".repeat(256);
    for id in [
        json!(null),
        json!(""),
        json!(5),
        json!(long),
        json!("evt_\u{0}"),
        json!("evt 1"),
        json!("évt_1"),
        json!(["evt_1"]),
    ] {
        let mut event = event_of(
            "payment_intent.succeeded",
            &json!({ "id": "pi_1", "object": "payment_intent" }),
        );
        event["id"] = id;
        app.post_event(&store, &event)
            .await
            .expect_error(400, "not_an_event");
    }
    assert_eq!(app.count("stripe_events").await, 0);
    let mut event = event_of(
        "payment_intent.succeeded",
        &json!({ "id": "pi_1", "object": "payment_intent" }),
    );
    event["id"] = json!(long[..255]);
    app.post_event(&store, &event).await.expect(200);
    // What looks like SQL is only an id.
    event["id"] = json!("evt_');DROP/**/TABLE/**/stripe_events;--");
    app.post_event(&store, &event).await.expect(200);
    assert_eq!(app.count("stripe_events").await, 2);
}

async fn w15_a_time_that_no_calendar_holds_is_one_event(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    for (stored, created) in [-300_000_000_000, i64::MIN, i64::MAX]
        .into_iter()
        .enumerate()
    {
        let mut event = event_of(
            "payment_intent.succeeded",
            &json!({ "id": order.intent, "object": "payment_intent" }),
        );
        event["created"] = json!(created);
        for _ in 0..2 {
            app.post_event(&store, &event).await.expect(200);
        }
        let count = u64::try_from(stored).unwrap() + 1;
        assert_eq!(app.count("stripe_events").await, count, "{created}");
    }
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}
