//! P6: one payment for two orders: it pays one of them, once.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{assert_taken, rounds};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    p6_of_two_carts_with_one_payment_one_is_ordered,
    p6_paying_first_against_ordering_first_makes_one_order,
);

async fn p6_of_two_carts_with_one_payment_one_is_ordered(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = json!({ "name": "Print", "unit_amount": 1250 });
    let product = app.create_product(&store, fields).await;
    for round in 0..rounds(4) {
        let (own, twin) = join(
            app.cart_of(&store, &product, 1),
            app.cart_of(&store, &product, 1),
        )
        .await;
        let intent = app.prepaid(&store, &own).await;
        let placing = [&own, &twin, &own, &twin]
            .map(|cart| app.patiently(|| app.order_prepaid(&store, cart, &intent)));
        let replies = join_all(placing).await;
        for (reply, is_own) in replies.iter().zip([true, false, true, false]) {
            if is_own {
                assert!(reply.status.is_success(), "round {round}: {}", reply.text);
                assert_eq!(reply.json()["id"], replies[0].json()["id"]);
            } else {
                assert_eq!(reply.status, 409, "round {round}: {}", reply.text);
            }
        }
        app.run_actions().await;
        let order = app
            .order(&store, replies[0].json()["id"].as_str().unwrap())
            .await;
        assert_eq!(
            (&order["payment_status"], &order["amount_captured"]),
            (&json!("paid"), &json!(1250)),
            "round {round}"
        );
        assert_taken(app, &store, &[intent], 1250).await;
    }
    assert_eq!(app.count("orders").await, u64::from(rounds(4)));
}

/// Orders of a cart that are not cancelled.
async fn open_orders(app: &TestApp, store: &ConnectedStore, cart: &str) -> Vec<Value> {
    let sql = format!("SELECT id FROM orders WHERE cart_id = '{cart}' AND status <> 'cancelled'");
    let rows = app.database.raw(&sql).await.unwrap();
    let ids = rows.into_iter().map(|mut row| row.remove(0).unwrap());
    join_all(ids.map(async |id| app.order(store, &id).await)).await
}

async fn p6_paying_first_against_ordering_first_makes_one_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = json!({ "name": "Print", "unit_amount": 1250 });
    let product = app.create_product(&store, fields).await;
    for round in 0..rounds(4) {
        let cart = app.cart_of(&store, &product, 1).await;
        let intent = app.prepaid(&store, &cart).await;
        let (paid, ordered) = join(
            app.patiently(|| app.order_prepaid(&store, &cart, &intent)),
            app.patiently(|| app.order_cart(&store, &cart)),
        )
        .await;
        app.run_actions().await;
        let told = format!("round {round}: {} {}", paid.text, ordered.text);
        let orders = open_orders(app, &store, &cart).await;
        assert_eq!(orders.len(), 1, "{told}");
        let taken = orders[0]["amount_captured"].as_i64().unwrap();
        let is_paid = orders[0]["payment_status"] == "paid";
        assert_eq!(paid.status.is_success(), is_paid, "{told}");
        assert_eq!(taken, if is_paid { 1250 } else { 0 }, "{told}");
        assert_taken(app, &store, &[intent], taken).await;
    }
}
