//! An unpaid order keeps its pieces for a while; paid after that it takes them again, or says that it cannot.

use reqwest::Method;
use serde_json::json;

use super::{codes, id_of};
use crate::harness::{TestApp, stories};

stories!(
    an_unpaid_order_gives_its_pieces_back_once,
    an_order_that_was_paid_keeps_its_pieces,
    a_payment_on_its_way_keeps_the_pieces,
    a_late_payment_takes_the_pieces_again,
    a_late_payment_for_what_is_gone_needs_a_person,
    what_was_refunded_takes_no_pieces,
    what_is_gone_is_not_payable,
    pieces_wait_while_stripe_does_not_answer,
    pieces_wait_while_the_bank_is_at_work,
);

async fn an_unpaid_order_gives_its_pieces_back_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 3).await;
    let cart = app.cart_of(&store, &product, 2).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    app.advance_minutes(59);
    assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(app.stock(&store, &product).await, 1);
    app.advance_minutes(1);
    let second = app.second_gateway().await;
    let (one, other) = tokio::join!(
        gateway::work::stock::run_once(&app.app),
        gateway::work::stock::run_once(&second)
    );
    assert!(one.unwrap() + other.unwrap() >= 1);
    assert_eq!(app.stock(&store, &product).await, 3);
    assert_eq!(app.order(&store, &id_of(&order)).await["status"], "pending");
    // Withdrawing it afterwards gives nothing back a second time.
    app.change_cart(&store, &cart, &product, 1)
        .await
        .expect(200);
    app.order_cart(&store, &cart).await.expect(201);
    assert_eq!(app.stock(&store, &product).await, 2);
}

async fn an_order_that_was_paid_keeps_its_pieces(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let intent = id_of(&app.intent_of(&store, &order).await.expect(201));
    // Nobody has heard of it yet when the time is over.
    app.pay(&intent, "pm_card_visa").await;
    app.advance_minutes(61);
    assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(app.stock(&store, &product).await, 0);
    assert_eq!(
        app.order(&store, &id_of(&order)).await["payment_status"],
        "paid"
    );
    assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 0);
}

async fn a_payment_on_its_way_keeps_the_pieces(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let intent = app.prepaid(&store, &cart).await;
    app.order_prepaid(&store, &cart, &intent).await.expect(201);
    app.advance_minutes(600);
    assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 0);
    assert_eq!(app.stock(&store, &product).await, 0);
}

async fn a_late_payment_takes_the_pieces_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let intent = id_of(&app.intent_of(&store, &order).await.expect(201));
    app.advance_minutes(61);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    assert_eq!(app.stock(&store, &product).await, 1);
    app.pay(&intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 3).await;
    app.run_work().await;
    assert_eq!(app.stock(&store, &product).await, 0);
    let paid = app.order(&store, &id_of(&order)).await;
    assert_eq!(paid["payment_status"], "paid");
    assert!(codes(&paid).is_empty());
}

async fn a_late_payment_for_what_is_gone_needs_a_person(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let intent = id_of(&app.intent_of(&store, &order).await.expect(201));
    app.advance_minutes(61);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    let faster = app.cart_of(&store, &product, 1).await;
    app.order_cart(&store, &faster).await.expect(201);
    app.pay(&intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    let paid = app.order(&store, &id_of(&order)).await;
    assert_eq!(
        (&paid["payment_status"], codes(&paid)),
        (&json!("paid"), vec!["unfulfillable"])
    );
    let path = format!("/orders/{}/restock", id_of(&order));
    app.merchant(&store, Method::POST, &path, json!({}))
        .await
        .expect_error(422, "insufficient_stock");
    app.store_post(&store, &path, &json!({}))
        .send()
        .await
        .expect_error(401, "api_key_invalid");
    app.merchant(
        &store,
        Method::PATCH,
        &format!("/products/{product}"),
        json!({ "stock": 5 }),
    )
    .await
    .expect(200);
    for _ in 0..2 {
        let restocked = app
            .merchant(&store, Method::POST, &path, json!({}))
            .await
            .expect(200);
        assert!(codes(&restocked).is_empty());
        assert_eq!(app.stock(&store, &product).await, 4);
    }
}

async fn what_was_refunded_takes_no_pieces(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let intent = id_of(&app.intent_of(&store, &order).await.expect(201));
    app.advance_minutes(61);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    let faster = app.cart_of(&store, &product, 1).await;
    app.order_cart(&store, &faster).await.expect(201);
    app.pay(&intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    let path = format!("/orders/{}", id_of(&order));
    let refund = format!("{path}/refunds");
    app.merchant(&store, Method::POST, &refund, json!({}))
        .await
        .expect(201);
    let stock = format!("/products/{product}");
    app.merchant(&store, Method::PATCH, &stock, json!({ "stock": 5 }))
        .await
        .expect(200);
    let refunded = app.order(&store, &id_of(&order)).await;
    assert_eq!(
        (&refunded["payment_status"], codes(&refunded)),
        (&json!("refunded"), vec![])
    );
    let restock = format!("{path}/restock");
    app.merchant(&store, Method::POST, &restock, json!({}))
        .await
        .expect_error(409, "order_refunded");
    assert_eq!(app.stock(&store, &product).await, 5);
}

async fn what_is_gone_is_not_payable(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    app.advance_minutes(61);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    let faster = app.cart_of(&store, &product, 1).await;
    app.order_cart(&store, &faster).await.expect(201);
    app.intent_of(&store, &order)
        .await
        .expect_error(422, "insufficient_stock");
    app.merchant(
        &store,
        Method::PATCH,
        &format!("/products/{product}"),
        json!({ "stock": 1 }),
    )
    .await
    .expect(200);
    app.intent_of(&store, &order).await.expect(201);
    assert_eq!(app.stock(&store, &product).await, 0);
}

async fn pieces_wait_while_stripe_does_not_answer(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    app.intent_of(&store, &order).await.expect(201);
    app.advance_minutes(61);
    app.fault(json!({ "path_prefix": "/v1/payment_intents/", "kind": "500", "times": 9 }))
        .await;
    assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 1);
    assert_eq!(app.stock(&store, &product).await, 0);
    app.control(Method::DELETE, "/faults", serde_json::Value::Null)
        .await;
    app.advance_minutes(11);
    gateway::work::stock::run_once(&app.app).await.unwrap();
    assert_eq!(app.stock(&store, &product).await, 1);
}

async fn pieces_wait_while_the_bank_is_at_work(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app.stocked(&store, 1).await;
    let cart = app.cart_of(&store, &product, 1).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let intent = id_of(&app.intent_of(&store, &order).await.expect(201));
    let path = format!("/payment_intents/{intent}");
    app.control(Method::POST, &path, json!({ "status": "processing" }))
        .await;
    // A bank debit takes days: nobody else may buy the piece meanwhile.
    app.advance_minutes(61);
    for _ in 0..3 {
        assert_eq!(gateway::work::stock::run_once(&app.app).await.unwrap(), 1);
        assert_eq!(app.stock(&store, &product).await, 0);
        app.advance_minutes(24 * 60);
    }
    // The bank has no money to give.
    app.control(
        Method::POST,
        &path,
        json!({ "status": "requires_payment_method" }),
    )
    .await;
    gateway::work::stock::run_once(&app.app).await.unwrap();
    assert_eq!(app.stock(&store, &product).await, 1);
    let shown = app.order(&store, &id_of(&order)).await;
    assert_eq!(shown["status"], "pending");
}
