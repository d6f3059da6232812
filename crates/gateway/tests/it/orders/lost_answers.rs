//! R1: answers of Stripe that are lost after the effect, and gateways that die in between: taken once, given free once, and our
//! record ends right without a person.

use db::payment_actions::Action;
use gateway::orders::actions::request::{First, Wanted, request};
use gateway::timeline::Cause;
use reqwest::Method;
use serde_json::{Value, json};

use super::money::{Held, act, due, held, late_store, states};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    r1_an_action_whose_answer_is_lost_happens_once,
    r1_an_action_whose_gateway_died_is_done_by_another,
    r1_a_kept_500_and_an_old_key_are_got_round,
    c8_an_action_waits_for_a_new_key,
    r1_a_kept_500_does_not_keep_a_cart_from_being_ordered,
);

async fn lose(app: &TestApp, intent: &str, action: &str, kind: &str, times: u32) {
    let path = format!("/v1/payment_intents/{intent}/{action}");
    app.fault(json!({ "path_prefix": path, "kind": kind, "times": times }))
        .await;
}

/// Where it has to end, after whatever was in the way.
async fn assert_done(app: &TestApp, store: &ConnectedStore, order: &Held, action: &str) {
    let shown = app.order(store, &order.id).await;
    let at_stripe = app.intent_at_stripe(store, &order.intent).await;
    let (expected, status, received) = match action {
        "capture" => (("confirmed", "paid"), "succeeded", 1250),
        _ => (("cancelled", "unpaid"), "canceled", 0),
    };
    assert_eq!(states(&shown), expected, "{action}: {shown}");
    assert_eq!(shown["attention"], json!([]), "{action}");
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!(status), &json!(received))
    );
    assert_eq!(due(app).await, 0);
    let times = usize::from(action == "capture");
    assert_eq!(app.times_paid(&order.id).await, times);
    let stock = if action == "capture" { 9 } else { 10 };
    assert_eq!(app.stock(store, &order.product).await, stock);
}

async fn r1_an_action_whose_answer_is_lost_happens_once(app: &TestApp) {
    let store = late_store(app).await;
    for action in ["capture", "cancel"] {
        for (kind, times, code) in [
            ("after_effect_timeout", 1, "504 stripe_timeout"),
            ("after_effect_reset", 1, "200 "),
            ("truncated_200", 1, "200 "),
            ("503", 3, "502 stripe_error"),
        ] {
            let order = held(app, &store).await;
            lose(app, &order.intent, action, kind, times).await;
            let reply = act(app, &store, &order.id, action, json!({})).await;
            let seen = reply.json()["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            assert_eq!(
                format!("{} {seen}", reply.status.as_u16()),
                code,
                "{action} {kind}"
            );
            app.wait_s(5);
            app.run_actions().await;
            assert_done(app, &store, &order, action).await;
        }
    }
}

/// Writes an action as a gateway does that dies before it asks Stripe, or before it hears the answer.
async fn begin_and_die(app: &TestApp, store: &ConnectedStore, order: &Held, action: Action) {
    let (store_id, now) = (store.id.parse().unwrap(), app.clock.now());
    let mut tx = app.app.db.begin().await.unwrap();
    let payment = db::payments::find_by_intent(&mut tx, store_id, &order.intent).await;
    let payment = payment.unwrap().unwrap();
    let wanted = Wanted {
        payment: &payment,
        order_id: payment.order_id,
        action,
        amount_minor: None,
        cause: Cause::Shopper,
        first: First::Writer,
    };
    let written = request(&mut tx, store_id, &wanted, now).await.unwrap();
    assert!(written.is_some());
    assert!(
        request(&mut tx, store_id, &wanted, now)
            .await
            .unwrap()
            .is_none(),
        "one at a time"
    );
    tx.commit().await.unwrap();
}

async fn r1_an_action_whose_gateway_died_is_done_by_another(app: &TestApp) {
    let store = late_store(app).await;
    for (action, word) in [(Action::Capture, "capture"), (Action::Cancel, "cancel")] {
        for stripe_had_done_it in [false, true] {
            let order = held(app, &store).await;
            begin_and_die(app, &store, &order, action).await;
            if stripe_had_done_it {
                let path = format!("/payment_intents/{}/{word}", order.intent);
                app.control(Method::POST, &path, json!({})).await;
            }
            // The other one of the two has to wait until this one has ended.
            let other = if word == "capture" {
                "cancel"
            } else {
                "capture"
            };
            let refused = act(app, &store, &order.id, other, json!({})).await;
            refused.expect_error(409, "payment_action_pending");
            app.wait_s(59);
            app.run_actions().await;
            assert_eq!(due(app).await, 1, "its writer may still be at it");
            app.wait_s(1);
            let second = app.second_gateway().await;
            let (one, two) = tokio::join!(
                gateway::work::actions::run_once(&app.app),
                gateway::work::actions::run_once(&second),
            );
            assert_eq!(one.unwrap() + two.unwrap(), 1);
            assert_done(app, &store, &order, word).await;
        }
    }
}

async fn r1_a_kept_500_and_an_old_key_are_got_round(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    lose(app, &order.intent, "capture", "500_kept", 1).await;
    let reply = act(app, &store, &order.id, "capture", json!({})).await;
    assert_eq!(reply.status, 502, "{}", reply.text);
    app.wait_s(5);
    app.run_actions().await;
    assert_done(app, &store, &order, "capture").await;

    let order = held(app, &store).await;
    begin_and_die(app, &store, &order, Action::Cancel).await;
    app.wait_s(30 * 3600);
    app.run_actions().await;
    assert_done(app, &store, &order, "cancel").await;
}

async fn c8_an_action_waits_for_a_new_key(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    lose(app, &order.intent, "capture", "401", 1).await;
    let refused: Value = act(app, &store, &order.id, "capture", json!({}))
        .await
        .json();
    assert_eq!(refused["error"]["code"], "store_reconnect_needed");
    app.wait_s(600);
    app.run_actions().await;
    assert_eq!(due(app).await, 1, "it waits");
    app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
        .await;
    app.wait_s(600);
    app.run_actions().await;
    assert_done(app, &store, &order, "capture").await;
}

async fn r1_a_kept_500_does_not_keep_a_cart_from_being_ordered(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let beans = json!({ "name": "Beans", "unit_amount": 1250, "stock": 100 });
    let product = app.create_product(&store, beans).await;
    for kind in ["500_kept", "after_effect_500_kept"] {
        let cart = app.cart_of(&store, &product, 1).await;
        let order = app.order_cart(&store, &cart).await.expect(201);
        let intent = super::pay(app, &store, &order).await.expect(201)["id"].clone();
        let intent = intent.as_str().unwrap();
        lose(app, intent, "cancel", kind, 1).await;
        let changed = app.change_cart(&store, &cart, &product, 2).await;
        changed.expect(200);
        app.order_cart(&store, &cart)
            .await
            .expect_error(502, "stripe_error");
        let second = app.order_cart(&store, &cart).await.expect(201);
        assert_eq!(second["amount"], 2500, "{kind}");
        let first = app.order(&store, order["id"].as_str().unwrap()).await;
        assert_eq!(states(&first), ("cancelled", "unpaid"), "{kind}");
        let at_stripe = app.intent_at_stripe(&store, intent).await;
        assert_eq!(at_stripe["status"], "canceled", "{kind}");
    }
    assert_eq!(app.stock(&store, &product).await, 96);
}
