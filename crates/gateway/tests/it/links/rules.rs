//! What a link is for, from its making to its order.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, stories};

stories!(
    p13_a_link_is_paid_once_and_makes_one_order,
    p13_a_link_keeps_what_it_was_made_with,
    p13_a_link_that_sold_out_gives_the_money_back,
    p13_a_changed_cart_ends_its_link,
    p13_a_newer_link_ends_the_older_one,
    p13_a_link_ends_after_thirty_minutes,
    the_same_call_with_its_key_gets_the_same_answer,
);

async fn p13_a_link_is_paid_once_and_makes_one_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.create_link(&store, &cart).await;
    let expires_at = (app.clock.now() + SignedDuration::from_mins(30)).to_string();
    assert_eq!(link.answer["expires_at"], expires_at);
    // 256 bits in base64url, behind what tells the kind.
    assert_eq!(link.token.len(), "pl_".len() + 43);

    let reply = app.show_link(&link.token).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    let shown = reply.expect(200);
    let secret = shown["client_secret"].as_str().unwrap();
    assert!(secret.starts_with(&format!("{}_secret_", link.intent)));
    let expected = json!({
        "client_secret": secret, "publishable_key": store.keys.publishable, "amount": 1250, "currency": "eur",
        "email": "ada@example.com",
    });
    assert_eq!(shown, expected, "and never an address");
    let at_stripe = app.intent_at_stripe(&store, &link.intent).await;
    assert_eq!(at_stripe["capture_method"], "manual");
    assert_eq!(at_stripe["receipt_email"], "ada@example.com");

    app.complete_link(&link.token, &link.intent)
        .await
        .expect_error(402, "payment_incomplete");
    assert_eq!(app.link_status(&store, &link).await, "open");
    app.pay(&link.intent, "pm_card_visa").await;
    let done = app.complete_link(&link.token, &link.intent).await;
    let done = done.expect(200);
    let order_id = done["order_id"].as_str().unwrap();
    let expected =
        json!({ "status": "completed", "payment_intent_id": link.intent, "order_id": order_id });
    assert_eq!(done, expected);
    let order = app.order(&store, order_id).await;
    assert_eq!(order["payment_status"], "paid");
    assert_eq!(order["email"], "ada@example.com");
    assert_eq!(order["shipping_address"]["line1"], "Hidden Street 12");

    for _ in 0..2 {
        let again = app.complete_link(&link.token, &link.intent).await;
        again.expect_error(410, "link_used");
        app.show_link(&link.token)
            .await
            .expect_error(410, "link_used");
    }
    assert_eq!(app.link_status(&store, &link).await, "completed");
    assert_eq!(app.times_paid(order_id).await, 1);
    assert_eq!(app.count("orders").await, 1);
    assert_eq!(app.intents_at_stripe(&store).await.len(), 1);
    app.store_post(&store, "/payment-links", &TestApp::link_body(&cart))
        .send()
        .await
        .expect_error(409, "cart_locked");
}

async fn p13_a_link_keeps_what_it_was_made_with(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = json!({ "name": "Beans", "unit_amount": 1000 });
    let product = app.create_product(&store, product).await;
    let cart = app.cart_of(&store, &product, 2).await;
    let method = json!({ "name": "Post", "amount": 490, "currency": "eur", "countries": ["DE"] });
    let writes = app.store_post(&store, "/shipping-methods", &method);
    let method = writes.bearer(&store.api_key).send().await.expect(201);
    let mut body = TestApp::link_body(&cart);
    body["shipping_method_id"] = method["id"].clone();
    let link = app.link_of(&store, &body).await;
    assert_eq!(app.show_link(&link.token).await.expect(200)["amount"], 2490);

    // From here on everything costs more; the link does not.
    for path in [
        format!("/products/{product}"),
        format!("/shipping-methods/{}", method["id"].as_str().unwrap()),
    ] {
        let dearer = json!(if path.starts_with("/p") {
            json!({ "unit_amount": 9999 })
        } else {
            json!({ "amount": 9999 })
        });
        let path = format!("/api/v1/stores/{}{path}", store.id);
        let change = app.http.request(Method::PATCH, &path).json(&dearer);
        change.bearer(&store.api_key).send().await.expect(200);
    }
    assert_eq!(app.show_link(&link.token).await.expect(200)["amount"], 2490);
    app.pay(&link.intent, "pm_card_visa").await;
    let done = app.complete_link(&link.token, &link.intent).await;
    let order_id = done.expect(200)["order_id"].as_str().unwrap().to_owned();
    let order = app.order(&store, &order_id).await;
    assert_eq!(
        (
            &order["amount"],
            &order["subtotal"],
            &order["shipping"]["amount"]
        ),
        (&json!(2490), &json!(2000), &json!(490))
    );
    assert_eq!(order["payment_status"], "paid");
}

async fn p13_a_link_that_sold_out_gives_the_money_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let print = json!({ "name": "Print", "unit_amount": 5_000, "stock": 1 });
    let print = app.create_product(&store, print).await;
    let (slow, fast) = (
        app.cart_of(&store, &print, 1).await,
        app.cart_of(&store, &print, 1).await,
    );
    let link = app.paid_link(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    let refused = app.complete_link(&link.token, &link.intent).await;
    refused.expect_error(422, "insufficient_stock");
    let again = app.complete_link(&link.token, &link.intent).await;
    again.expect_error(410, "link_expired");
    assert_eq!(app.link_status(&store, &link).await, "closed");
    app.run_actions().await;
    let at_stripe = app.intent_at_stripe(&store, &link.intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("canceled"), &json!(0))
    );
    assert_eq!(app.count("orders").await, 1);
    assert_eq!(app.stock(&store, &print).await, 0);
}

async fn p13_a_changed_cart_ends_its_link(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = json!({ "name": "Mug", "unit_amount": 99_900 });
    let mug = app.create_product(&store, mug).await;
    let cart = app.create_cart(&store).await;
    let link = app.create_link(&store, &cart).await;
    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    app.show_link(&link.token)
        .await
        .expect_error(409, "link_outdated");

    // A cheap payment never makes a dear order: not even where it was begun before the change.
    app.pay(&link.intent, "pm_card_visa").await;
    let refused = app.complete_link(&link.token, &link.intent).await;
    refused.expect_error(409, "link_outdated");
    app.run_actions().await;
    let at_stripe = app.intent_at_stripe(&store, &link.intent).await;
    assert_eq!(at_stripe["status"], "canceled");
    assert_eq!(app.count("orders").await, 0);
    assert_eq!(app.link_status(&store, &link).await, "closed");

    let right = app.paid_link(&store, &cart).await;
    let done = app.complete_link(&right.token, &right.intent).await;
    let order_id = done.expect(200)["order_id"].as_str().unwrap().to_owned();
    assert_eq!(app.order(&store, &order_id).await["amount"], 99_900);
}

async fn p13_a_newer_link_ends_the_older_one(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let older = app.create_link(&store, &cart).await;
    let newer = app.create_link(&store, &cart).await;
    assert_ne!(older.token, newer.token);
    assert_eq!(older.intent, newer.intent, "one cart, one payment");
    app.show_link(&older.token)
        .await
        .expect_error(410, "link_expired");
    app.pay(&newer.intent, "pm_card_visa").await;
    let refused = app.complete_link(&older.token, &older.intent).await;
    refused.expect_error(410, "link_expired");
    app.complete_link(&newer.token, &newer.intent)
        .await
        .expect(200);
    assert_eq!(app.link_status(&store, &older).await, "closed");
    assert_eq!(app.link_status(&store, &newer).await, "completed");
    assert_eq!(app.count("orders").await, 1);
}

async fn p13_a_link_ends_after_thirty_minutes(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.create_link(&store, &cart).await;
    app.wait_s(30 * 60 - 1);
    app.show_link(&link.token).await.expect(200);
    app.run_links().await;
    assert_eq!(app.link_status(&store, &link).await, "open");
    app.wait_s(1);
    app.show_link(&link.token)
        .await
        .expect_error(410, "link_expired");
    let late = app.complete_link(&link.token, &link.intent).await;
    late.expect_error(410, "link_expired");
    assert_eq!(app.link_status(&store, &link).await, "expired");
    // Nobody can pay for nothing afterwards: its payment ends with it.
    app.run_links().await;
    app.run_actions().await;
    assert_eq!(app.link_status(&store, &link).await, "closed");
    let at_stripe = app.intent_at_stripe(&store, &link.intent).await;
    assert_eq!(at_stripe["status"], "canceled");
    // The cart is there still, for another link with another payment.
    let second = app.paid_link(&store, &cart).await;
    assert_ne!(second.intent, link.intent);
    app.complete_link(&second.token, &second.intent)
        .await
        .expect(200);
}

async fn the_same_call_with_its_key_gets_the_same_answer(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let create = async || {
        let body = TestApp::link_body(&cart);
        let call = app.store_post(&store, "/payment-links", &body);
        call.header("Idempotency-Key", "make-1").send().await
    };
    let first = create().await;
    let url = first.expect(201)["payment_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let token = url.rsplit('/').next().unwrap();
    app.keep_token(token);
    let again = create().await;
    assert_eq!(
        (again.expect(201), again.header("idempotent-replayed")),
        (first.json(), "true")
    );
    let intent = first.json()["payment_intent_id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&intent, "pm_card_visa").await;
    let complete = async |token: &str| {
        let path = format!("/api/v1/payment-links/{token}/complete");
        let call = app
            .http
            .post(&path, &json!({ "payment_intent_id": intent }));
        call.header("Idempotency-Key", "complete-1").send().await
    };
    let stranger = complete("pl_nobodys").await;
    stranger.expect_error(404, "resource_missing");
    let done = complete(token).await;
    let again = complete(token).await;
    assert_eq!(
        (again.expect(200), again.header("idempotent-replayed")),
        (done.expect(200), "true")
    );
}
