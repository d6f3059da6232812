//! Webhook and return in every order and at once: the order is paid exactly once.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    a_webhook_marks_the_order_paid,
    paid_once_when_the_webhook_comes_before_the_return,
    paid_once_when_the_webhook_comes_after_the_return,
    paid_once_when_the_webhook_comes_twice,
    paid_once_when_webhook_and_return_come_together,
    paid_once_without_any_webhook,
    paid_once_in_a_crowd,
    p12_a_return_typed_by_hand_pays_nothing,
);

/// A shopper who came through the hosted checkout.
struct Checkout {
    token: String,
    order: PaidOrder,
}

async fn check_out(app: &TestApp, store: &ConnectedStore) -> Checkout {
    let cart = app.create_cart(store).await;
    let token = app.open_checkout(store, &cart).await;
    let placed = app.order_cart(store, &cart).await.expect(201);
    let body = json!({ "order_id": placed["id"] });
    let intent = app
        .store_post(store, "/payment-intents", &body)
        .bearer(&token)
        .send()
        .await
        .expect(201);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let order = PaidOrder {
        id: text(&placed["id"]),
        token: text(&placed["order_token"]),
        intent: text(&intent["id"]),
    };
    Checkout { token, order }
}

/// The shopper comes back; gives the state that the page shows.
async fn come_back(app: &TestApp, token: &str) -> String {
    // Stripe adds parameters of its own; nobody believes them.
    let path = format!(
        "/payment/success?checkout={token}&payment_intent=pi_FAKE1&redirect_status=succeeded"
    );
    let reply = app.http.get(&path).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let mut states = ["paid", "processing", "failed", "unknown"].into_iter();
    let shown = states.find(|state| reply.text.contains(&format!("data-state=\"{state}\">")));
    shown
        .unwrap_or_else(|| panic!("no state is shown: {}", reply.text))
        .to_owned()
}

async fn assert_paid_once(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) {
    assert_eq!(app.recorded(&order.id).await.1, "paid");
    let seen = app.order(store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("confirmed"), &json!("paid"))
    );
    assert_eq!(seen["attention"], json!([]));
    assert_eq!(app.times_paid(&order.id).await, 1);
    let open = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(open.is_empty(), "{open:?}");
    let intent = app.intent_at_stripe(store, &order.intent).await;
    assert_eq!(intent["amount_received"], seen["amount"]);
}

async fn a_webhook_marks_the_order_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(app.recorded(&order.id).await.1, "unpaid");
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_paid_once(app, &store, &order).await;
}

async fn paid_once_when_the_webhook_comes_before_the_return(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(come_back(app, &token).await, "paid");
    assert_paid_once(app, &store, &order).await;
}

async fn paid_once_when_the_webhook_comes_after_the_return(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(come_back(app, &token).await, "paid");
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_paid_once(app, &store, &order).await;
}

async fn paid_once_when_the_webhook_comes_twice(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    // The same fact once more, under another id.
    app.hint(&store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
    assert_eq!(come_back(app, &token).await, "paid");
    assert_paid_once(app, &store, &order).await;
}

async fn paid_once_when_webhook_and_return_come_together(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for _ in 0..5 {
        let Checkout { token, order } = check_out(app, &store).await;
        app.pay(&order.intent, "pm_card_visa").await;
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        let (shown, ()) = tokio::join!(come_back(app, &token), app.run_work());
        assert_eq!(shown, "paid");
        assert_paid_once(app, &store, &order).await;
    }
}

async fn paid_once_without_any_webhook(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    assert_eq!(come_back(app, &token).await, "processing");
    app.pay(&order.intent, "pm_card_visa").await;
    for _ in 0..3 {
        assert_eq!(come_back(app, &token).await, "paid");
    }
    assert_paid_once(app, &store, &order).await;
}

/// Twenty returns, twenty deliveries and four workers at the same moment.
async fn paid_once_in_a_crowd(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    // Four workers need more than one event to be busy with.
    for _ in 0..4 {
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
    }
    let returns = join_all((0..20).map(|_| come_back(app, &token)));
    let workers = join_all((0..4).map(|_| app.run_work()));
    let (shown, _, _) = tokio::join!(
        returns,
        app.deliver(&store, "payment_intent.succeeded", 20),
        workers
    );
    for state in shown {
        assert!(matches!(state.as_str(), "paid" | "processing"), "{state}");
    }
    // Whoever gave up in the crowd left an event whose lease runs out.
    app.wait_s(300);
    app.run_work().await;
    assert_eq!(come_back(app, &token).await, "paid");
    assert_paid_once(app, &store, &order).await;
}

async fn p12_a_return_typed_by_hand_pays_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let Checkout { token, order } = check_out(app, &store).await;
    for _ in 0..3 {
        assert_eq!(come_back(app, &token).await, "processing");
    }
    let forged = format!("{}x", &token[..token.len() - 1]);
    for no_token in ["", "x", "..", forged.as_str(), order.token.as_str()] {
        assert_eq!(come_back(app, no_token).await, "unknown");
    }
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("pending"), &json!("unpaid"))
    );
    assert_eq!(app.times_paid(&order.id).await, 0);
}
