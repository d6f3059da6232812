//! The one URL for all stores: the event's words choose whose secret must verify it, and nothing else.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    the_store_is_found_by_its_metadata,
    the_store_is_found_by_a_payment_that_it_made,
    whoever_cannot_be_found_is_refused,
    forged_metadata_only_chooses_the_secret,
    a_payment_that_two_stores_know_belongs_to_neither,
);

async fn the_store_is_found_by_its_metadata(app: &TestApp) {
    let (store, other) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let order = app.place_order(&store).await;
    app.place_order(&other).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let object = json!({ "id": order.intent, "object": "payment_intent", "metadata": { "tillgate_store_id": store.id } });
    post(app, &store, &event_of("payment_intent.succeeded", &object))
        .await
        .expect(200);
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn the_store_is_found_by_a_payment_that_it_made(app: &TestApp) {
    let (store, other) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let order = app.place_order(&store).await;
    app.place_order(&other).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let event = about(&order.intent);
    post(app, &other, &event)
        .await
        .expect_error(400, "signature_invalid");
    post(app, &store, &event).await.expect(200);
    post(app, &store, &event).await.expect(200);
    app.run_work().await;
    assert_eq!(app.count("stripe_events").await, 1);
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn whoever_cannot_be_found_is_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let with = |metadata: Value| {
        event_of(
            "payment_intent.succeeded",
            &json!({ "id": order.intent, "object": "payment_intent", "metadata": metadata }),
        )
    };
    for event in [
        about("pi_FAKEelsewhere"),
        event_of(
            "invoice.paid",
            &json!({ "id": "in_FAKE1", "object": "invoice" }),
        ),
        with(json!({ "tillgate_store_id": Uuid::new_v4().to_string() })),
        with(json!({ "tillgate_store_id": "nobody" })),
        with(json!({ "tillgate_store_id": "" })),
        with(json!({ "tillgate_store_id": format!("{}' OR '1'='1", store.id) })),
    ] {
        post(app, &store, &event)
            .await
            .expect_error(400, "store_unknown");
    }
    assert_eq!(app.count("stripe_events").await, 0);
}

async fn forged_metadata_only_chooses_the_secret(app: &TestApp) {
    let (attacker, victim) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let order = app.place_order(&victim).await;
    app.pay(&order.intent, "pm_card_visa").await;
    for named in [&victim.id, &attacker.id] {
        let metadata = json!({ "tillgate_store_id": named, "tillgate_order_id": order.id });
        let object =
            json!({ "id": order.intent, "object": "payment_intent", "metadata": metadata });
        let event = event_of("payment_intent.succeeded", &object);
        let reply = post(app, &attacker, &event).await;
        if *named == victim.id {
            reply.expect_error(400, "signature_invalid");
        } else {
            // Its own name leads to its own inbox, where the payment is nobody's.
            reply.expect(200);
            app.run_work().await;
            let stored = app.inbox(event["id"].as_str().unwrap()).await.unwrap();
            assert_eq!(stored.outcome(), ("ignored", Some("payment_unknown")));
        }
    }
    app.run_work().await;
    assert_eq!(app.times_paid(&order.id).await, 0);
}

async fn a_payment_that_two_stores_know_belongs_to_neither(app: &TestApp) {
    let (a, b) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let (ours, theirs) = (app.place_order(&a).await, app.place_order(&b).await);
    app.pay(&ours.intent, "pm_card_visa").await;
    // Two stores may share an account; then both may know a PaymentIntent.
    let sql = format!(
        "UPDATE payments SET payment_intent_id = '{}' WHERE payment_intent_id = '{}'",
        ours.intent, theirs.intent
    );
    app.database.raw(&sql).await.unwrap();
    for store in [&a, &b] {
        post(app, store, &about(&ours.intent))
            .await
            .expect_error(400, "store_unknown");
    }
    assert_eq!(app.count("stripe_events").await, 0);
    // At its own URL each is heard.
    app.hint(&a, "payment_intent.succeeded", &ours.intent).await;
    app.run_work().await;
    assert_eq!(
        (
            app.times_paid(&ours.id).await,
            app.times_paid(&theirs.id).await
        ),
        (1, 0)
    );
}

fn about(intent: &str) -> Value {
    event_of(
        "payment_intent.succeeded",
        &json!({ "id": intent, "object": "payment_intent" }),
    )
}

/// Posts to the shared URL, signed with the store's own secret.
async fn post(app: &TestApp, store: &ConnectedStore, event: &Value) -> crate::harness::Reply {
    app.post_signed("/webhook/stripe", &store.webhook_secret, event.to_string())
        .await
}
