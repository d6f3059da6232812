//! What a merchant does with the money that is held for an order, and what comes of it at Stripe.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    money_is_taken_at_the_stores_status,
    p8_a_part_is_taken_and_never_more_than_is_held,
    cancelling_gives_money_free_and_stock_back_once,
    money_that_was_taken_is_kept_and_told,
    p11_money_that_comes_first_wins_over_a_cancellation,
    orders_are_moved_by_their_own_store_only,
);

/// An order whose money is held, in a store that captures late.
pub struct Held {
    pub id: String,
    pub intent: String,
    pub product: String,
}

/// A store that captures when an order is completed.
pub async fn late_store(app: &TestApp) -> ConnectedStore {
    let store = app.connected_store("Coffee").await;
    capture_on(app, &store, "completed").await;
    store
}

async fn capture_on(app: &TestApp, store: &ConnectedStore, status: &str) {
    let path = format!("/stores/{}", store.id);
    let change = json!({ "capture_on": status });
    app.internal(Method::PATCH, &path, &change)
        .await
        .expect(200);
}

/// One of ten pieces at 12.50 euros, authorised.
pub async fn held(app: &TestApp, store: &ConnectedStore) -> Held {
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": 10 });
    let product = app.create_product(store, fields).await;
    let cart = app.cart_of(store, &product, 1).await;
    let intent = app.prepaid(store, &cart).await;
    let order = app.order_prepaid(store, &cart, &intent).await.expect(201);
    assert_eq!(order["payment_status"], "authorized");
    Held {
        id: order["id"].as_str().unwrap().to_owned(),
        intent,
        product,
    }
}

/// What the merchant's back end asks of an order.
pub async fn act(
    app: &TestApp,
    store: &ConnectedStore,
    order: &str,
    action: &str,
    body: Value,
) -> Reply {
    let path = format!("/orders/{order}/{action}");
    let request = app.store_post(store, &path, &body).bearer(&store.api_key);
    request.send().await
}

/// Status and payment status.
pub fn states(order: &Value) -> (&str, &str) {
    let word = |field: &str| order[field].as_str().unwrap();
    (word("status"), word("payment_status"))
}

/// How often a kind of entry stands in an order's story.
pub async fn told(app: &TestApp, order: &str, kind: &str) -> usize {
    let sql =
        format!("SELECT cause FROM order_events WHERE order_id = '{order}' AND kind = '{kind}'");
    app.database.raw(&sql).await.unwrap().len()
}

pub fn codes(order: &Value) -> Vec<&str> {
    let attention = order["attention"].as_array().unwrap();
    attention
        .iter()
        .map(|entry| entry["code"].as_str().unwrap())
        .collect()
}

async fn money_is_taken_at_the_stores_status(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (point, moves) in [
        ("shipped", &["confirmed", "shipped"][..]),
        // A step that is left out is reached all the same.
        ("shipped", &["completed"]),
        ("completed", &["shipped", "completed"]),
    ] {
        capture_on(app, &store, point).await;
        let order = held(app, &store).await;
        let shown = app.order(&store, &order.id).await;
        assert_eq!(shown["amount_captured"], 0);
        assert!(shown["capture_before"].is_string(), "{shown}");
        let (last, before) = moves.split_last().unwrap();
        for status in before {
            let body = json!({ "status": status });
            let moved = act(app, &store, &order.id, "status", body)
                .await
                .expect(200);
            assert_eq!(states(&moved), (*status, "authorized"), "{point}");
        }
        let body = json!({ "status": last });
        let moved = act(app, &store, &order.id, "status", body.clone())
            .await
            .expect(200);
        assert_eq!(states(&moved), (*last, "paid"), "{point}");
        assert_eq!(moved["amount_captured"], 1250);
        assert_eq!(moved["capture_before"], Value::Null);
        let again = act(app, &store, &order.id, "status", body)
            .await
            .expect(200);
        assert_eq!(again, moved);
        let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
        assert_eq!(at_stripe["amount_received"], 1250);
        assert_eq!(app.times_paid(&order.id).await, 1);
        assert_eq!(told(app, &order.id, "capture.requested").await, 1);
        assert_eq!(told(app, &order.id, &format!("order.{last}")).await, 1);
    }
    let order = held(app, &store).await;
    for bad in [json!("done"), json!(""), json!(null), json!(1)] {
        let body = json!({ "status": bad });
        let refused = act(app, &store, &order.id, "status", body).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }
}

async fn p8_a_part_is_taken_and_never_more_than_is_held(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    let capture = async |amount: Value| {
        let body = json!({ "amount": amount });
        act(app, &store, &order.id, "capture", body).await
    };
    capture(json!(1251))
        .await
        .expect_error(422, "amount_too_large");
    capture(json!(0))
        .await
        .expect_error(422, "amount_not_positive");
    for bad in [json!(-1), json!(1.5), json!("500"), json!(i64::MAX)] {
        let refused = capture(bad.clone()).await;
        assert!(refused.status.is_client_error(), "{bad}: {}", refused.text);
    }
    let paid = capture(json!(900)).await.expect(200);
    assert_eq!(states(&paid), ("confirmed", "paid"));
    assert_eq!(
        (&paid["amount"], &paid["amount_captured"]),
        (&1250.into(), &900.into())
    );
    assert_eq!(codes(&paid), [""; 0]);
    assert_eq!(
        capture(json!(900)).await.expect(200),
        paid,
        "the same again"
    );
    capture(json!(100))
        .await
        .expect_error(409, "payment_not_capturable");
    let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
    assert_eq!(
        (
            &at_stripe["amount_received"],
            &at_stripe["amount_capturable"]
        ),
        (&900.into(), &0.into())
    );
    // The event says nothing new.
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    let shown = app.order(&store, &order.id).await;
    assert_eq!(
        (states(&shown), codes(&shown)),
        (("confirmed", "paid"), vec![])
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn cancelling_gives_money_free_and_stock_back_once(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    assert_eq!(app.stock(&store, &order.product).await, 9);
    let cancelled = act(app, &store, &order.id, "cancel", json!({}))
        .await
        .expect(200);
    assert_eq!(states(&cancelled), ("cancelled", "unpaid"));
    assert_eq!(codes(&cancelled), [""; 0]);
    let again = act(app, &store, &order.id, "cancel", json!({}))
        .await
        .expect(200);
    assert_eq!(again, cancelled);
    app.deliver(&store, "payment_intent.canceled", 2).await;
    app.run_work().await;
    assert_eq!(app.stock(&store, &order.product).await, 10);
    let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&"canceled".into(), &0.into())
    );
    assert_eq!(told(app, &order.id, "order.cancelled").await, 1);

    // One that nobody has paid: its PaymentIntent cannot be paid any more.
    let unpaid = app.place_order(&store).await;
    act(app, &store, &unpaid.id, "cancel", json!({}))
        .await
        .expect(200);
    assert_eq!(
        app.intent_at_stripe(&store, &unpaid.intent).await["status"],
        "canceled"
    );
    let body = json!({ "order_id": unpaid.id });
    let pay = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&unpaid.token);
    pay.send().await.expect_error(409, "order_cancelled");
    // And one that has none.
    let cart = app.create_cart(&store).await;
    let bare = app.order_cart(&store, &cart).await.expect(201);
    let id = bare["id"].as_str().unwrap();
    let cancelled = act(app, &store, id, "cancel", json!({})).await.expect(200);
    assert_eq!(states(&cancelled), ("cancelled", "unpaid"));
}

async fn money_that_was_taken_is_kept_and_told(app: &TestApp) {
    let store = late_store(app).await;
    let order = held(app, &store).await;
    act(app, &store, &order.id, "capture", json!({}))
        .await
        .expect(200);
    let cancelled = act(app, &store, &order.id, "cancel", json!({}))
        .await
        .expect(200);
    assert_eq!(states(&cancelled), ("cancelled", "paid"));
    assert_eq!(codes(&cancelled), ["cancelled_but_paid"]);
    assert_eq!(app.stock(&store, &order.product).await, 10);
    let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
    assert_eq!(
        at_stripe["amount_received"], 1250,
        "never a refund by itself"
    );
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let shown = app.order(&store, &order.id).await;
    assert_eq!(
        (states(&shown), codes(&shown)),
        (("cancelled", "paid"), vec!["cancelled_but_paid"])
    );
}

async fn p11_money_that_comes_first_wins_over_a_cancellation(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    // Nobody has told us yet.
    app.pay(&order.intent, "pm_card_visa").await;
    act(app, &store, &order.id, "cancel", json!({}))
        .await
        .expect_error(409, "order_paid_meanwhile");
    let shown = app.order(&store, &order.id).await;
    assert_eq!(
        (states(&shown), codes(&shown)),
        (("confirmed", "paid"), vec![])
    );
    assert_eq!(app.times_paid(&order.id).await, 1);
}

/// Actions that have not ended.
pub async fn due(app: &TestApp) -> usize {
    let sql = "SELECT id FROM payment_actions WHERE state = 'due'";
    app.database.raw(sql).await.unwrap().len()
}

async fn orders_are_moved_by_their_own_store_only(app: &TestApp) {
    let (store, other) = (late_store(app).await, app.connected_store("Tea").await);
    let order = held(app, &store).await;
    let live = app.create_api_key(&store.id, "live").await;
    for (action, body) in [
        ("status", json!({ "status": "shipped" })),
        ("capture", json!({})),
        ("cancel", json!({})),
    ] {
        let path = format!("/orders/{}/{action}", order.id);
        let bare = app.store_post(&store, &path, &body).send().await;
        bare.expect_error(401, "api_key_invalid");
        let foreign = app.store_post(&store, &path, &body).bearer(&other.api_key);
        foreign.send().await.expect_error(401, "api_key_invalid");
        let live = app.store_post(&store, &path, &body).bearer(&live);
        live.send().await.expect_error(404, "resource_missing");
        let elsewhere = act(app, &other, &order.id, action, body).await;
        elsewhere.expect_error(404, "resource_missing");
    }
    let shown = app.order(&store, &order.id).await;
    assert_eq!(states(&shown), ("confirmed", "authorized"));
}
