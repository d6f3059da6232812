//! Stock: never sold twice, never lost.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{TestApp, stories};

stories!(
    p4_the_last_pieces_are_sold_once,
    p4_a_sold_out_line_takes_nothing,
    p4_a_withdrawn_order_gives_its_pieces_back,
);

async fn p4_the_last_pieces_are_sold_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app
        .create_product(
            &store,
            json!({ "name": "Print", "unit_amount": 100, "stock": 10 }),
        )
        .await;
    let mut carts = Vec::new();
    for _ in 0..30 {
        carts.push(app.cart_of(&store, &product, 1).await);
    }
    let orders = join_all(
        carts
            .iter()
            .map(|cart| app.patiently(|| app.order_cart(&store, cart))),
    )
    .await;
    let placed = orders
        .iter()
        .filter(|reply| reply.status.is_success())
        .count();
    assert_eq!(placed, 10);
    for refused in orders.iter().filter(|reply| !reply.status.is_success()) {
        refused.expect_error(422, "insufficient_stock");
    }
    assert_eq!(app.stock(&store, &product).await, 0);
    assert_eq!(app.count("orders").await, 10);
}

async fn p4_a_sold_out_line_takes_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let plenty = app
        .create_product(
            &store,
            json!({ "name": "Mug", "unit_amount": 100, "stock": 5 }),
        )
        .await;
    let scarce = app
        .create_product(
            &store,
            json!({ "name": "Print", "unit_amount": 100, "stock": 1 }),
        )
        .await;
    // In both orders, whichever line is looked at first.
    for (first, second) in [((&plenty, 2), (&scarce, 2)), ((&scarce, 2), (&plenty, 2))] {
        let line = |(product, quantity): (&String, i64)| json!({ "product_id": product, "quantity": quantity });
        let body = json!({ "items": [line(first), line(second)] });
        let cart = app
            .store_post(&store, "/carts", &body)
            .send()
            .await
            .expect(201);
        let refused = app.order_cart(&store, cart["id"].as_str().unwrap()).await;
        let error = refused.expect_error(422, "insufficient_stock");
        assert!(
            error["error"]["message"]
                .as_str()
                .unwrap()
                .contains("Print"),
            "{error}"
        );
        assert_eq!(
            (
                app.stock(&store, &plenty).await,
                app.stock(&store, &scarce).await
            ),
            (5.into(), 1.into())
        );
    }
    // The same product in two lines is counted together.
    let body = json!({ "items": [{ "product_id": plenty, "quantity": 3 }, { "product_id": plenty, "quantity": 3 }] });
    let cart = app
        .store_post(&store, "/carts", &body)
        .send()
        .await
        .expect(201);
    app.order_cart(&store, cart["id"].as_str().unwrap())
        .await
        .expect_error(422, "insufficient_stock");
    assert_eq!(app.stock(&store, &plenty).await, 5);
    assert_eq!(
        (app.count("orders").await, app.count("order_items").await),
        (0, 0)
    );
}

async fn p4_a_withdrawn_order_gives_its_pieces_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(
            &store,
            json!({ "name": "Mug", "unit_amount": 100, "stock": 5 }),
        )
        .await;
    let print = app
        .create_product(
            &store,
            json!({ "name": "Print", "unit_amount": 300, "stock": 1 }),
        )
        .await;
    let cart = app.cart_of(&store, &mug, 4).await;
    let first = app.order_cart(&store, &cart).await.expect(201);
    assert_eq!(app.stock(&store, &mug).await, 1);
    app.change_cart(&store, &cart, &print, 1).await.expect(200);
    let second = app.order_cart(&store, &cart).await.expect(201);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(
        (
            app.stock(&store, &mug).await,
            app.stock(&store, &print).await
        ),
        (5.into(), 0.into())
    );
    let withdrawn = app.order(&store, first["id"].as_str().unwrap()).await;
    assert_eq!(withdrawn["status"], "cancelled");
    // An order that wants more than there is leaves the one before it withdrawn, and its pieces free.
    app.change_cart(&store, &cart, &mug, 6).await.expect(200);
    app.order_cart(&store, &cart)
        .await
        .expect_error(422, "insufficient_stock");
    assert_eq!(
        (
            app.stock(&store, &mug).await,
            app.stock(&store, &print).await
        ),
        (5.into(), 1.into())
    );
}
