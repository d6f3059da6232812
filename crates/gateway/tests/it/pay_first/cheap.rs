//! W12, P6: a cheap payment never settles a dear order. Each is refused, and a record of it is kept.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Keys, TestApp, logged, stories};

stories!(
    w12_a_payment_that_is_not_the_carts_own_makes_no_order,
    w12_a_payment_that_changed_after_its_confirmation_makes_no_order,
    p6_a_used_payment_makes_no_second_order,
);

/// A cart of this total whose payment is authorised, and that payment.
async fn paid_first(app: &TestApp, store: &ConnectedStore, amount: i64) -> (String, String) {
    let fields = json!({ "name": "Print", "unit_amount": amount });
    let product = app.create_product(store, fields).await;
    let cart = app.cart_of(store, &product, 1).await;
    let intent = app.prepaid(store, &cart).await;
    (cart, intent)
}

/// Refused with this code, without an order, and written down where the payment is one of the store's.
async fn assert_refused(
    app: &TestApp,
    store: &ConnectedStore,
    (cart, intent): (&str, &str),
    (status, code): (u16, &str),
    what: &str,
) {
    let reply = app.order_prepaid(store, cart, intent).await;
    assert_eq!(reply.status, status, "{what}: {}", reply.text);
    reply.expect_error(status, code);
    let sql = format!("SELECT id FROM orders WHERE cart_id = '{cart}'");
    assert!(app.database.raw(&sql).await.unwrap().is_empty(), "{what}");
    assert!(
        logged(&["WARN", "a payment was refused", code, cart]),
        "{what}"
    );
    let sql = format!(
        "SELECT a.id FROM audit_log a JOIN payments p ON p.store_id = a.store_id WHERE a.action = 'payment.refused' \
         AND a.store_id = '{}' AND p.payment_intent_id = '{intent}'",
        store.id
    );
    let sql_own = format!(
        "SELECT id FROM payments WHERE store_id = '{}' AND payment_intent_id = '{intent}'",
        store.id
    );
    let is_own = !app.database.raw(&sql_own).await.unwrap().is_empty();
    let kept = app.database.raw(&sql).await.unwrap();
    assert_eq!(kept.is_empty(), !is_own, "{what}");
}

async fn w12_a_payment_that_is_not_the_carts_own_makes_no_order(app: &TestApp) {
    let mismatch = (409, "payment_mismatch");
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (dear, dear_intent) = paid_first(app, &store, 99_900).await;
    let (_, cheap) = paid_first(app, &store, 100).await;
    let (_, elsewhere) = paid_first(app, &other, 99_900).await;
    let (_, twin) = paid_first(app, &store, 99_900).await;
    for (intent, what) in [
        (&*cheap, "another cart's, and cheap"),
        (&twin, "another cart's, of the same price"),
        (&elsewhere, "another store's"),
        ("pi_FAKE000000000000000000", "made up"),
    ] {
        assert_refused(app, &store, (&dear, intent), mismatch, what).await;
    }
    // One that the back end made for an amount, by the same store.
    let body = json!({ "amount": 99_900, "currency": "eur" });
    let of_amount = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&store.api_key);
    let of_amount = of_amount.send().await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&of_amount, "pm_card_visa").await;
    assert_refused(app, &store, (&dear, &of_amount), mismatch, "for an amount").await;
    // Its own, of an account that the store never had, as an old backup would have it.
    let (strange, intent) = paid_first(app, &store, 500).await;
    let account = Keys::fake().account_id;
    let sql = format!(
        "UPDATE payments SET account_id = '{account}' WHERE payment_intent_id = '{intent}'"
    );
    app.database.raw(&sql).await.unwrap();
    let changed = (409, "account_changed");
    assert_refused(
        app,
        &store,
        (&strange, &intent),
        changed,
        "another account's",
    )
    .await;
    // Nobody else's money was touched, and the right one is good all the same.
    app.run_actions().await;
    for intent in [&cheap, &twin, &dear_intent] {
        let at_stripe = app.intent_at_stripe(&store, intent).await;
        assert_eq!(at_stripe["status"], "requires_capture", "{intent}");
    }
    app.order_prepaid(&store, &dear, &dear_intent)
        .await
        .expect(201);
}

async fn w12_a_payment_that_changed_after_its_confirmation_makes_no_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (fields, what) in [
        (
            json!({ "amount": 100, "amount_capturable": 100 }),
            "a smaller amount",
        ),
        (json!({ "amount_capturable": 1 }), "less is held"),
        (json!({ "amount_capturable": 0 }), "nothing is held"),
        (json!({ "currency": "huf" }), "a cheaper currency"),
        (json!({ "currency": "xxx" }), "no currency"),
        (json!({ "livemode": true }), "another mode"),
        (
            json!({ "status": "succeeded", "amount_received": 100 }),
            "less was taken",
        ),
    ] {
        let (cart, intent) = paid_first(app, &store, 99_900).await;
        put_over(app, &intent, fields).await;
        let mismatch = (409, "payment_mismatch");
        assert_refused(app, &store, (&cart, &intent), mismatch, what).await;
    }
    for status in [
        "requires_payment_method",
        "requires_action",
        "processing",
        "new_word",
    ] {
        let (cart, intent) = paid_first(app, &store, 99_900).await;
        put_over(app, &intent, json!({ "status": status })).await;
        let incomplete = (402, "payment_incomplete");
        assert_refused(app, &store, (&cart, &intent), incomplete, status).await;
    }
    let (cart, intent) = paid_first(app, &store, 99_900).await;
    put_over(app, &intent, json!({ "status": "canceled" })).await;
    let released = (409, "payment_released");
    assert_refused(app, &store, (&cart, &intent), released, "canceled").await;
    // The cart became dearer after the payment was confirmed.
    let (cart, intent) = paid_first(app, &store, 100).await;
    let fields = json!({ "name": "Painting", "unit_amount": 500_000 });
    let painting = app.create_product(&store, fields).await;
    app.change_cart(&store, &cart, &painting, 1)
        .await
        .expect(200);
    let mismatch = (409, "payment_mismatch");
    assert_refused(app, &store, (&cart, &intent), mismatch, "a dearer cart").await;
    // Money that fits nothing is given free.
    app.run_actions().await;
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("canceled"), &json!(0))
    );
}

async fn p6_a_used_payment_makes_no_second_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (cart, intent) = paid_first(app, &store, 100).await;
    app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let (dear, _) = paid_first(app, &store, 99_900).await;
    let used = (409, "payment_already_used");
    assert_refused(app, &store, (&dear, &intent), used, "used").await;
    assert_eq!(app.count("orders").await, 1);
}

/// Stripe says this of the payment from now on.
async fn put_over(app: &TestApp, intent: &str, fields: Value) {
    let path = format!("/payment_intents/{intent}");
    app.control(Method::POST, &path, fields).await;
}
