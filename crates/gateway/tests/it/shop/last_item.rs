//! Many orders for the last piece: exactly one gets it. `LAST_ITEM_ROUNDS` plays more rounds than a test run has time for.

use futures_util::future::join_all;

use crate::harness::{TestApp, stories};

stories!(p4_of_many_orders_for_the_last_piece_one_wins);

async fn p4_of_many_orders_for_the_last_piece_one_wins(app: &TestApp) {
    const SHOPPERS: usize = 4;
    let rounds: usize = std::env::var("LAST_ITEM_ROUNDS").map_or(3, |text| text.parse().unwrap());
    let store = app.connected_store("Coffee").await;
    for round in 0..rounds {
        let product = app.stocked(&store, 1).await;
        let mut carts = Vec::new();
        for _ in 0..SHOPPERS {
            carts.push(app.cart_of(&store, &product, 1).await);
        }
        let orders = carts
            .iter()
            .map(|cart| app.patiently(|| app.order_cart(&store, cart)));
        let orders = join_all(orders).await;
        let placed = orders.iter().filter(|reply| reply.status == 201).count();
        assert_eq!(placed, 1, "round {round}");
        for refused in orders.iter().filter(|reply| reply.status != 201) {
            refused.expect_error(422, "insufficient_stock");
        }
        assert_eq!(app.stock(&store, &product).await, 0, "round {round}");
    }
    assert_eq!(app.count("orders").await, u64::try_from(rounds).unwrap());
}
