//! Money that the merchant captures in Stripe's dashboard before there is an order, and the order never comes.

use reqwest::Method;
use serde_json::json;

use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    money_that_was_taken_for_no_order_is_told,
    money_that_was_taken_before_its_order_is_told_until_the_order_comes,
    money_that_was_taken_for_no_order_is_found_without_a_webhook,
    a_links_holder_is_not_told_that_nothing_was_charged,
);

/// What the merchant is told: where the payments are.
async fn problems(app: &TestApp) -> Vec<String> {
    let sql = "SELECT detail FROM connection_problems WHERE code = 'paid_without_order'";
    let rows = app.database.raw(sql).await.unwrap();
    rows.into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect()
}

async fn at_stripe(app: &TestApp, intent: &str, action: &str) {
    let path = format!("/payment_intents/{intent}/{action}");
    app.control(Method::POST, &path, json!({})).await;
}

/// Two carts of the last piece.
async fn last_piece(app: &TestApp, store: &ConnectedStore) -> (String, String) {
    let print = json!({ "name": "Print", "unit_amount": 5_000, "stock": 1 });
    let print = app.create_product(store, print).await;
    (
        app.cart_of(store, &print, 1).await,
        app.cart_of(store, &print, 1).await,
    )
}

async fn money_that_was_taken_for_no_order_is_told(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (slow, fast) = last_piece(app, &store).await;
    let intent = app.prepaid(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    at_stripe(app, &intent, "capture").await;
    app.deliver(&store, "charge.captured", 2).await;
    app.run_work().await;
    let account = &store.keys.account_id;
    let url = format!("https://dashboard.stripe.com/{account}/test/payments/{intent}");
    assert_eq!(problems(app).await, [url.as_str()]);
    app.order_prepaid(&store, &slow, &intent)
        .await
        .expect_error(422, "insufficient_stock");
    app.run_actions().await;
    assert_eq!(problems(app).await, [url]);
    at_stripe(app, &intent, "refund").await;
    app.deliver(&store, "charge.refunded", 2).await;
    app.run_work().await;
    assert_eq!(problems(app).await, [""; 0]);
}

async fn money_that_was_taken_before_its_order_is_told_until_the_order_comes(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    at_stripe(app, &intent, "capture").await;
    app.deliver(&store, "charge.captured", 1).await;
    app.run_work().await;
    assert_eq!(problems(app).await.len(), 1);
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    assert_eq!(order["payment_status"], "paid");
    assert_eq!(problems(app).await, [""; 0]);
}

async fn money_that_was_taken_for_no_order_is_found_without_a_webhook(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (slow, fast) = last_piece(app, &store).await;
    let intent = app.prepaid(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    at_stripe(app, &intent, "capture").await;
    app.order_prepaid(&store, &slow, &intent)
        .await
        .expect_error(422, "insufficient_stock");
    app.run_actions().await;
    assert_eq!(problems(app).await.len(), 1);
}

async fn a_links_holder_is_not_told_that_nothing_was_charged(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (slow, fast) = last_piece(app, &store).await;
    let link = app.paid_link(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    at_stripe(app, &link.intent, "capture").await;
    for _ in 0..2 {
        let page = app.link_page(&link.token, "?back=1").await;
        assert_eq!(page.status, 409, "{}", page.text);
        assert!(page.text.contains("Paid, but not ordered"), "{}", page.text);
        assert!(!page.text.contains("Nothing was charged"), "{}", page.text);
        app.run_actions().await;
    }
    assert_eq!(problems(app).await.len(), 1);
}
