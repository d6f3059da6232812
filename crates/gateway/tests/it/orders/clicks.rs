//! Double clicks, two tabs, retries.

use futures_util::future::join_all;

use super::pay;
use crate::harness::{TestApp, stories};

stories!(p5_fifty_clicks_are_one_order_and_one_payment);

async fn p5_fifty_clicks_are_one_order_and_one_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let click = || async {
        let order = app.patiently(|| app.order_cart(&store, &cart)).await;
        assert!(order.status.is_success(), "{}", order.text);
        let placed = order.json();
        let intent = app.patiently(|| pay(app, &store, &placed)).await;
        assert!(intent.status.is_success(), "{}", intent.text);
        (order, intent)
    };
    let clicks = join_all((0..50).map(|_| click())).await;
    let (order, intent) = (clicks[0].0.json(), clicks[0].1.json());
    for (other_order, other_intent) in &clicks {
        assert_eq!(other_order.json()["id"], order["id"]);
        assert_eq!(other_order.json()["order_token"], order["order_token"]);
        assert_eq!(other_intent.json(), intent);
    }
    assert!(clicks.iter().filter(|click| click.0.status == 201).count() <= 1);
    assert!(clicks.iter().filter(|click| click.1.status == 201).count() <= 1);
    assert_eq!(
        (app.count("orders").await, app.count("payments").await),
        (1, 1)
    );
    assert_eq!(app.intents_at_stripe(&store).await.len(), 1);
    let creations = app.intent_creations().await;
    for request in &creations {
        assert_eq!(request["idempotency_key"], creations[0]["idempotency_key"]);
    }
}
