//! The hosted checkout asks where and how, and shows ways to pay beside the card.

use gateway::work::prune;
use serde_json::json;

use super::id_of;
use crate::harness::{TestApp, stories};

stories!(
    the_page_asks_for_delivery_where_the_shop_ships,
    the_page_shows_ways_to_pay_by_hand,
    carts_that_expired_are_forgotten,
);

async fn the_page_asks_for_delivery_where_the_shop_ships(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let show = async |token: &str| {
        let page = app.http.get(&format!("/checkout/{token}"));
        let page = page.header("Accept-Language", "de-DE").send().await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.text
    };
    let bare = app.open_checkout(&store, &cart).await;
    let page = show(&bare).await;
    assert!(
        !page.contains("id=\"delivery\"") && page.contains("12,50\u{a0}€"),
        "{page}"
    );
    app.shipping_method(&store, 490, json!(["DE", "AT"])).await;
    let page = show(&bare).await;
    for text in [
        "<option value=\"AT\">",
        "4,90\u{a0}€",
        "17,40\u{a0}€",
        "data-subtotal>12,50\u{a0}€",
    ] {
        assert!(page.contains(text), "no {text}: {page}");
    }
    assert!(!page.contains("<option value=\"FR\">"));
    // What the shop has told is not asked.
    let method = app.shipping_method(&store, 990, json!([])).await;
    let body = json!({ "cart_id": cart, "shipping_method_id": method, "shipping_address": { "country": "FR" } });
    let told = app
        .store_post(&store, "/checkouts", &body)
        .send()
        .await
        .expect(201);
    let page = show(told["checkout_token"].as_str().unwrap()).await;
    assert!(
        !page.contains("id=\"delivery\"") && page.contains("22,40\u{a0}€"),
        "{page}"
    );
}

async fn the_page_shows_ways_to_pay_by_hand(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = app.manual_method(&store).await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let show = async |path: String| {
        let page = app
            .http
            .get(&path)
            .header("Accept-Language", "de")
            .send()
            .await;
        page.text
    };
    let page = show(format!("/checkout/{token}")).await;
    assert!(
        page.contains("Überweisung") && page.contains(&method),
        "{page}"
    );
    let body = json!({ "cart_id": cart, "payment_method_id": method });
    let order = app
        .store_post(&store, "/orders", &body)
        .bearer(&token)
        .send()
        .await;
    let order = order.expect(201);
    let page = show(format!("/payment/success?checkout={token}")).await;
    for text in ["your order is placed", "Überweisung", "IBAN DE00 BEISPIEL"] {
        assert!(page.contains(text), "no {text}: {page}");
    }
    assert_eq!(
        app.order(&store, &id_of(&order)).await["payment_status"],
        "unpaid"
    );
}

async fn carts_that_expired_are_forgotten(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    app.open_checkout(&store, &cart).await;
    app.order_cart(&store, &cart).await.expect(201);
    app.advance_minutes(8 * 24 * 60);
    let gone = app
        .store_get(&store, &format!("/carts/{cart}"))
        .send()
        .await;
    gone.expect_error(404, "resource_missing");
    while prune::run_once(&app.app).await.unwrap() > 0 {}
    assert_eq!(app.count("carts").await, 1);
    app.advance_minutes(2 * 24 * 60);
    let fresh = app.create_cart(&store).await;
    while prune::run_once(&app.app).await.unwrap() > 0 {}
    let left = app.database.raw("SELECT id FROM carts").await.unwrap();
    assert_eq!(left, [[Some(fresh)]]);
    assert_eq!(
        (app.count("cart_items").await, app.count("checkouts").await),
        (1, 0)
    );
    assert_eq!(
        (app.count("orders").await, app.count("order_items").await),
        (1, 1)
    );
}
