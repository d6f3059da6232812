//! Every change with its cause, every call to Stripe with Stripe's request id.

use reqwest::Method;
use serde_json::{Value, json};

use super::{calls, of_kind, stocked_cart, told};
use crate::harness::{TestApp, stories};

stories!(
    an_order_that_is_paid_and_refunded,
    an_order_that_is_paid_first_begins_with_its_payment,
    each_failed_attempt_is_told_once,
    w18_a_change_that_no_webhook_brought_names_the_reconciler,
    a_withdrawn_order_and_a_changed_contact_are_told,
    f9_the_story_is_for_the_orders_own_merchant,
);

async fn an_order_that_is_paid_and_refunded(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    app.ask(&store, &order.id, "refunds", json!({ "amount": 250 }))
        .await;
    let timeline = app.timeline(&store, &order.id).await;
    assert_eq!(
        told(&timeline),
        [
            ("order.placed", "shopper"),
            ("stripe.called", "shopper"),
            ("payment.created", "shopper"),
            ("order.paid", "event"),
            ("refund.requested", "api_key"),
            ("stripe.called", "api_key"),
            ("refund.succeeded", "api_key"),
            ("order.partially_refunded", "api_key"),
        ]
    );
    assert_eq!(
        calls(&timeline),
        [("create", "done", true), ("refund", "done", true)]
    );
    assert_eq!(timeline["waits_for"], Value::Null);
    let paid = of_kind(&timeline, "order.paid")[0];
    let event = paid["cause_id"].as_str().unwrap();
    app.store_get(&store, &format!("/events/{event}"))
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    assert_eq!(paid["detail"]["payment_status"], "paid");
    // Stripe's own log knows the request by the same id.
    let create = &of_kind(&timeline, "stripe.called")[0]["detail"];
    let sent = &app.intent_creations().await[0];
    assert_eq!(sent["id"], create["request_id"]);
}

async fn an_order_that_is_paid_first_begins_with_its_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let path = format!("/stores/{}", store.id);
    app.internal(Method::PATCH, &path, &json!({ "capture_on": "shipped" }))
        .await
        .expect(200);
    let cart = stocked_cart(app, &store).await;
    let intent = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let id = order["id"].as_str().unwrap();
    let before = app.timeline(&store, id).await;
    assert_eq!(calls(&before), [("create", "done", true)]);
    assert_eq!(before["waits_for"]["code"], "held", "{before}");
    // The call goes wrong twice before it is done.
    app.fault(json!({ "path_prefix": "/v1/payment_intents", "method": "POST", "kind": "429", "times": 20 }))
        .await;
    app.ask(&store, id, "status", json!({ "status": "shipped" }))
        .await;
    let waiting = app.timeline(&store, id).await;
    assert_eq!(
        waiting["waits_for"]["code"], "capture_under_way",
        "{waiting}"
    );
    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.wait_s(120);
    app.run_actions().await;
    let timeline = app.timeline(&store, id).await;
    let called = calls(&timeline);
    assert_eq!(
        called.last(),
        Some(&("capture", "done", true)),
        "{timeline}"
    );
    assert!(
        called
            .iter()
            .any(|(call, result, has_id)| *call == "capture" && *result != "done" && *has_id),
        "{timeline}"
    );
    for (kind, cause) in [
        ("capture.requested", "api_key"),
        ("order.shipped", "api_key"),
        ("capture.postponed", "api_key"),
        ("capture.done", "worker"),
        ("order.paid", "worker"),
    ] {
        assert!(
            told(&timeline).contains(&(kind, cause)),
            "{kind}: {:?}",
            told(&timeline)
        );
    }
    assert_eq!(timeline["waits_for"], Value::Null);
}

async fn each_failed_attempt_is_told_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    for _ in 0..3 {
        app.pay(&order.intent, "pm_card_visa_chargeDeclined").await;
        app.deliver(&store, "payment_intent.payment_failed", 2)
            .await;
        app.run_work().await;
    }
    let timeline = app.timeline(&store, &order.id).await;
    let failed = of_kind(&timeline, "payment.failed");
    assert_eq!(failed.len(), 3, "{timeline}");
    assert!(
        failed
            .iter()
            .all(|entry| entry["detail"]["code"] == "card_declined")
    );
    assert_eq!(of_kind(&timeline, "order.failed").len(), 1);
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let timeline = app.timeline(&store, &order.id).await;
    assert_eq!(of_kind(&timeline, "payment.failed").len(), 3);
    assert_eq!(of_kind(&timeline, "order.paid").len(), 1);
}

async fn w18_a_change_that_no_webhook_brought_names_the_reconciler(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.wait_s(300);
    while gateway::work::reconcile::run_once(&app.app).await.unwrap() > 0 {}
    app.run_work().await;
    let timeline = app.timeline(&store, &order.id).await;
    let paid = of_kind(&timeline, "order.paid");
    assert_eq!(paid.len(), 1, "{timeline}");
    assert_eq!(paid[0]["cause"], "reconcile");
    assert!(paid[0]["cause_id"].as_str().unwrap().starts_with("evt_"));
}

async fn a_withdrawn_order_and_a_changed_contact_are_told(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = stocked_cart(app, &store).await;
    let place = async |email: &str| {
        let body = json!({ "cart_id": cart, "email": email });
        let reply = app.store_post(&store, "/orders", &body).send().await;
        assert!(reply.status.is_success(), "{}", reply.text);
        reply.json()
    };
    let order = place("a@example.com").await;
    place("a@example.com").await;
    place("b@example.com").await;
    let id = order["id"].as_str().unwrap();
    let body = json!({ "order_id": id });
    let token = order["order_token"].as_str().unwrap();
    let request = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(token);
    request.send().await.expect(201);
    let other = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 900 }))
        .await;
    app.change_cart(&store, &cart, &other, 1).await.expect(200);
    place("b@example.com").await;
    let timeline = app.timeline(&store, id).await;
    let changed = of_kind(&timeline, "order.contact_changed");
    assert_eq!(
        changed.len(),
        1,
        "the same address again is no change: {timeline}"
    );
    assert_eq!(changed[0]["detail"]["email"], true);
    assert!(
        !timeline.to_string().contains("example.com"),
        "a story names nobody: {timeline}"
    );
    assert_eq!(of_kind(&timeline, "order.superseded").len(), 1);
    assert_eq!(
        calls(&timeline),
        [("create", "done", true), ("cancel", "done", true)]
    );
    assert_eq!(timeline["waits_for"], Value::Null, "it is withdrawn");
}

async fn f9_the_story_is_for_the_orders_own_merchant(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    let order = app.place_order(&store).await;
    let path = format!("/orders/{}/timeline", order.id);
    let live_key = app.create_api_key(&store.id, "live").await;
    let absent = format!("/orders/{}/timeline", uuid::Uuid::now_v7());
    let refused = app
        .store_get(&store, &absent)
        .bearer(&store.api_key)
        .send()
        .await;
    refused.expect_error(404, "resource_missing");
    for (store, key) in [(&store, &live_key), (&other, &other.api_key)] {
        let foreign = app.store_get(store, &path).bearer(key).send().await;
        assert_eq!(foreign.anonymous(), refused.anonymous());
    }
    for credential in [&order.token, &other.api_key] {
        let reply = app.store_get(&store, &path).bearer(credential).send().await;
        assert_eq!(reply.status, 401, "{}", reply.text);
    }
    assert_eq!(app.store_get(&store, &path).send().await.status, 401);
}
