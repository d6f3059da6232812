//! P4: many orders for the last piece: exactly one gets it, and nobody else's money is taken.

use futures_util::future::join_all;
use serde_json::json;

use super::{assert_taken, rounds};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    p4_of_many_orders_for_the_last_piece_one_wins,
    p4_of_many_who_paid_first_one_gets_the_last_piece,
);

const SHOPPERS: usize = 4;

/// A product of which one piece is left, in a cart of each shopper's.
async fn last_piece(app: &TestApp, store: &ConnectedStore) -> (String, Vec<String>) {
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": 1 });
    let product = app.create_product(store, fields).await;
    let carts = (0..SHOPPERS).map(|_| app.cart_of(store, &product, 1));
    let carts = join_all(carts).await;
    (product, carts)
}

async fn p4_of_many_orders_for_the_last_piece_one_wins(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for round in 0..rounds(3) {
        let (product, carts) = last_piece(app, &store).await;
        let orders = carts
            .iter()
            .map(|cart| app.patiently(|| app.order_cart(&store, cart)));
        let orders = join_all(orders).await;
        let placed = orders.iter().filter(|reply| reply.status.is_success());
        assert_eq!(placed.count(), 1, "round {round}");
        for refused in orders.iter().filter(|reply| !reply.status.is_success()) {
            refused.expect_error(422, "insufficient_stock");
        }
        assert_eq!(app.stock(&store, &product).await, 0, "round {round}");
    }
    assert_eq!(app.count("orders").await, u64::from(rounds(3)));
}

async fn p4_of_many_who_paid_first_one_gets_the_last_piece(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for round in 0..rounds(3) {
        let (product, carts) = last_piece(app, &store).await;
        let paying = carts.iter().map(|cart| app.prepaid(&store, cart));
        let intents = join_all(paying).await;
        let orders = carts
            .iter()
            .zip(&intents)
            .map(|(cart, intent)| app.patiently(|| app.order_prepaid(&store, cart, intent)));
        let orders = join_all(orders).await;
        let mut placed = 0;
        for (order, intent) in orders.iter().zip(&intents) {
            let won = order.status.is_success();
            placed += u32::from(won);
            if !won {
                order.expect_error(422, "insufficient_stock");
            }
            app.run_actions().await;
            let status = app.intent_at_stripe(&store, intent).await["status"].clone();
            let end = if won { "succeeded" } else { "canceled" };
            assert_eq!(status, end, "round {round}: {}", order.text);
        }
        assert_eq!(placed, 1, "round {round}");
        assert_taken(app, &store, &intents, 1250).await;
        assert_eq!(app.stock(&store, &product).await, 0, "round {round}");
    }
    assert_eq!(app.count("orders").await, u64::from(rounds(3)));
}
