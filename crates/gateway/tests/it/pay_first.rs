//! Pay first, order then: one payment makes one order, for the cart and the amount that it was made for.

mod cheap;
mod labels;
mod lost_updates;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::harness::{TestApp, stories};

stories!(
    a_cart_has_one_payment_that_follows_its_total,
    an_authorised_payment_becomes_a_paid_order,
    a_paid_cart_takes_no_second_payment,
    an_authorisation_waits_where_the_store_captures_later,
    p6_only_a_complete_payment_of_this_cart_makes_an_order,
    p6_one_payment_makes_one_order,
    p6_twenty_at_once_make_one_order,
    p3_a_payment_for_another_total_makes_no_order,
    p4_a_sold_out_cart_gives_the_money_back,
    an_unpaid_order_does_not_stop_a_payment_made_first,
);

async fn a_cart_has_one_payment_that_follows_its_total(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let first = app.prepay(&store, &cart, &token).await.expect(201);
    assert_eq!(
        (&first["amount"], &first["currency"]),
        (&1250.into(), &"eur".into())
    );
    assert_eq!(first["publishable_key"], store.keys.publishable);
    assert_eq!(first["status"], "requires_payment_method");
    let id = first["id"].as_str().unwrap();
    assert!(
        first["client_secret"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{id}_secret_"))
    );
    assert_eq!(app.prepay(&store, &cart, &token).await.expect(200), first);

    let intent = app.intent_at_stripe(&store, id).await;
    assert_eq!(intent["capture_method"], "manual");
    assert_eq!(intent["automatic_payment_methods"]["enabled"], true);
    let metadata = json!({ "tillgate_store_id": store.id, "tillgate_mode": "pre_order", "tillgate_cart_id": cart });
    assert_eq!(intent["metadata"], metadata);
    assert_eq!(
        (&intent["description"], &intent["receipt_email"]),
        (&"Coffee".into(), &"shopper@example.com".into())
    );

    app.change_cart(&store, &cart, &mug, 2).await.expect(200);
    let token = app.open_checkout(&store, &cart).await;
    let updated = app.prepay(&store, &cart, &token).await.expect(200);
    assert_eq!(
        (&updated["id"], &updated["amount"]),
        (&first["id"], &798.into())
    );
    assert_eq!(app.intents_at_stripe(&store).await.len(), 1);
    app.pay(id, "pm_card_visa").await;
    let authorised = app.prepay(&store, &cart, &token).await.expect(200);
    assert_eq!(
        (&authorised["id"], &authorised["status"]),
        (&first["id"], &"requires_capture".into())
    );
    // What is authorised is seen at once, so the cart is locked before any webhook.
    app.change_cart(&store, &cart, &mug, 1)
        .await
        .expect_error(409, "cart_locked");
}

async fn an_authorised_payment_becomes_a_paid_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    let body =
        json!({ "cart_id": cart, "payment_reference": intent, "email": "shopper@example.com" });
    let order = app
        .store_post(&store, "/orders", &body)
        .send()
        .await
        .expect(201);
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&"confirmed".into(), &"paid".into())
    );
    assert_eq!(order["payment_intent_id"], intent);
    let id = order["id"].as_str().unwrap();
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&"succeeded".into(), &1250.into())
    );
    let captures = app.stripe_requests().await;
    let captures = captures
        .iter()
        .filter(|request| request["path"].as_str().unwrap().ends_with("/capture"));
    assert_eq!(captures.count(), 1);
    app.deliver(&store, "payment_intent.succeeded", 2).await;
    app.run_work().await;
    assert_eq!(app.order(&store, id).await["payment_status"], "paid");
    assert_eq!(app.times_paid(id).await, 1);
}

async fn a_paid_cart_takes_no_second_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let first = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &first).await;
    let token = app.open_checkout(&store, &first).await;
    app.order_prepaid(&store, &first, &intent).await.expect(201);
    let again = app.prepay(&store, &first, &token).await.expect(200);
    assert_eq!(
        (&again["id"], &again["status"]),
        (&json!(intent), &"succeeded".into()),
        "as it is once paid"
    );

    // The same for a cart that was ordered first; and a payment that was made beside it is given back.
    let second = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &second).await;
    let order = app.order_cart(&store, &second).await.expect(201);
    let body = json!({ "order_id": order["id"] });
    let of_order = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&token)
        .send()
        .await
        .expect(201);
    let beside = app.prepaid(&store, &second).await;
    app.pay(of_order["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let shown = app.prepay(&store, &second, &token).await.expect(200);
    assert_eq!(
        (&shown["id"], &shown["status"]),
        (&of_order["id"], &"succeeded".into())
    );
    app.order_prepaid(&store, &second, &beside)
        .await
        .expect_error(409, "cart_locked");
    app.run_actions().await;
    assert_eq!(
        app.intent_at_stripe(&store, &beside).await["status"],
        "canceled"
    );
    assert_eq!(app.count("orders").await, 2);
}

async fn an_authorisation_waits_where_the_store_captures_later(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let later = json!({ "capture_on": "shipped" });
    app.internal(Method::PATCH, &format!("/stores/{}", store.id), &later)
        .await
        .expect(200);
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&"confirmed".into(), &"authorized".into())
    );
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&"requires_capture".into(), &0.into())
    );
    let again = app
        .store_post(
            &store,
            "/payment-intents",
            &json!({ "order_id": order["id"] }),
        )
        .bearer(&store.api_key);
    let again = again.send().await.expect(200);
    assert_eq!(
        (&again["id"], &again["status"]),
        (&json!(intent), &"requires_capture".into()),
        "as it is once authorised"
    );
    app.deliver(&store, "payment_intent.amount_capturable_updated", 2)
        .await;
    app.run_work().await;
    assert_eq!(
        app.order(&store, order["id"].as_str().unwrap()).await["payment_status"],
        "authorized"
    );
}

async fn p6_only_a_complete_payment_of_this_cart_makes_an_order(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let intent = app.prepay(&store, &cart, &token).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.order_prepaid(&store, &cart, &intent)
        .await
        .expect_error(402, "payment_incomplete");
    app.pay(&intent, "pm_card_visa_chargeDeclined").await;
    app.order_prepaid(&store, &cart, &intent)
        .await
        .expect_error(402, "payment_incomplete");
    app.pay(&intent, "pm_card_authenticationRequired").await;
    app.order_prepaid(&store, &cart, &intent)
        .await
        .expect_error(402, "payment_incomplete");

    let twin = app.create_cart(&store).await;
    let of_twin = app.prepaid(&store, &twin).await;
    let foreign_cart = app.create_cart(&other).await;
    let foreign = app.prepaid(&other, &foreign_cart).await;
    let amount = app.store_post(
        &store,
        "/payment-intents",
        &json!({ "amount": 1250, "currency": "eur" }),
    );
    let amount = amount.bearer(&store.api_key).send().await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&amount, "pm_card_visa").await;
    let mut answers = Vec::new();
    let references = [
        &*of_twin,
        &foreign,
        &amount,
        "pi_FAKE000000000000000000",
        "pi_",
        "",
        "x",
        "pi_\u{0}",
        "cs_test_1",
    ];
    for reference in references {
        let reply = app.order_prepaid(&store, &cart, reference).await;
        assert_eq!(reply.status, 409, "{reference}: {}", reply.text);
        reply.expect_error(409, "payment_mismatch");
        answers.push(reply.anonymous());
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "another store's payment looks like none"
    );
    assert_eq!(app.count("orders").await, 0);
    for (store, intent) in [(&store, &of_twin), (&other, &foreign)] {
        assert_eq!(
            app.intent_at_stripe(store, intent).await["status"],
            "requires_capture",
            "nobody voids another's payment"
        );
    }
    app.order_prepaid(&store, &twin, &of_twin).await.expect(201);
}

async fn p6_one_payment_makes_one_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let again = app.order_prepaid(&store, &cart, &intent).await.expect(200);
    assert_eq!(again, order, "the same order, with its token");
    let twin = app.create_cart(&store).await;
    app.order_prepaid(&store, &twin, &intent)
        .await
        .expect_error(409, "payment_already_used");
    // And the payment of an order is none for a cart.
    let paid = app.place_order(&store).await;
    app.pay(&paid.intent, "pm_card_visa").await;
    app.order_prepaid(&store, &twin, &paid.intent)
        .await
        .expect_error(409, "payment_already_used");
    assert_eq!(app.count("orders").await, 2);
    assert_eq!(app.times_paid(order["id"].as_str().unwrap()).await, 1);
}

async fn p6_twenty_at_once_make_one_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let product = app
        .create_product(
            &store,
            json!({ "name": "Print", "unit_amount": 5_000, "stock": 100 }),
        )
        .await;
    let cart = app.cart_of(&store, &product, 1).await;
    let intent = app.prepaid(&store, &cart).await;
    let replies =
        join_all((0..20).map(|_| app.patiently(|| app.order_prepaid(&store, &cart, &intent))))
            .await;
    // One of them, unless its 201 was lost to a busy moment after it had been done.
    assert!(replies.iter().filter(|reply| reply.status == 201).count() <= 1);
    for reply in &replies {
        assert!(matches!(reply.status.as_u16(), 200 | 201), "{}", reply.text);
        assert_eq!(reply.json()["id"], replies[0].json()["id"]);
        assert_eq!(
            reply.json()["order_token"],
            replies[0].json()["order_token"]
        );
    }
    assert_eq!(app.stock(&store, &product).await, 99);
    let orders = app
        .store_get(&store, "/orders")
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    let orders = orders["data"].as_array().unwrap();
    assert_eq!(
        (orders.len(), &orders[0]["payment_status"]),
        (1, &"paid".into())
    );
    assert_eq!(app.times_paid(orders[0]["id"].as_str().unwrap()).await, 1);
}

async fn p3_a_payment_for_another_total_makes_no_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 99_900 }))
        .await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    // We have not heard of the authorisation yet, so the cart can still be made dearer.
    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    app.order_prepaid(&store, &cart, &intent)
        .await
        .expect_error(409, "payment_mismatch");
    assert_eq!(app.count("orders").await, 0);
    app.deliver(&store, "payment_intent.amount_capturable_updated", 1)
        .await;
    app.run_work().await;
    app.change_cart(&store, &cart, &mug, 2)
        .await
        .expect_error(409, "cart_locked");
    // What is held fits nothing: it is given back, and the shopper pays the right total.
    app.run_actions().await;
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(at_stripe["status"], "canceled");
    let right = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &right).await.expect(201);
    assert_eq!(
        (&order["amount"], &order["payment_status"]),
        (&99_900.into(), &"paid".into())
    );
}

async fn p4_a_sold_out_cart_gives_the_money_back(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let print = app
        .create_product(
            &store,
            json!({ "name": "Print", "unit_amount": 5_000, "stock": 1 }),
        )
        .await;
    let (slow, fast) = (
        app.cart_of(&store, &print, 1).await,
        app.cart_of(&store, &print, 1).await,
    );
    let intent = app.prepaid(&store, &slow).await;
    app.order_cart(&store, &fast).await.expect(201);
    app.order_prepaid(&store, &slow, &intent)
        .await
        .expect_error(422, "insufficient_stock");
    let asked = app.stripe_requests().await;
    let cancels = |requests: &[serde_json::Value]| {
        let is_cancel = |request: &&serde_json::Value| {
            request["path"] == format!("/v1/payment_intents/{intent}/cancel")
        };
        requests.iter().filter(is_cancel).count()
    };
    assert_eq!(cancels(&asked), 0, "the shopper does not wait for Stripe");
    app.run_actions().await;
    assert_eq!(cancels(&app.stripe_requests().await), 1);
    let at_stripe = app.intent_at_stripe(&store, &intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&"canceled".into(), &0.into())
    );
    assert_eq!(app.count("orders").await, 1);
    assert_eq!(app.stock(&store, &print).await, 0);
    app.deliver(&store, "payment_intent.canceled", 1).await;
    app.run_work().await;
    // The shopper takes something else and pays again, with a payment of its own.
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    app.change_cart(&store, &slow, &mug, 1).await.expect(200);
    let second = app.prepaid(&store, &slow).await;
    assert_ne!(second, intent);
    assert_eq!(
        app.order_prepaid(&store, &slow, &second).await.expect(201)["payment_status"],
        "paid"
    );
}

async fn an_unpaid_order_does_not_stop_a_payment_made_first(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let pending = app.order_cart(&store, &cart).await.expect(201);
    let intent = app.prepaid(&store, &cart).await;
    let order = app.order_prepaid(&store, &cart, &intent).await;
    assert_eq!(order.status, 201, "{}", order.text);
    assert_eq!(order.json()["payment_status"], "paid");
    let open = app
        .database
        .raw("SELECT id FROM orders WHERE status <> 'cancelled'")
        .await
        .unwrap();
    assert_eq!(open.len(), 1);
    let pending = app.order(&store, pending["id"].as_str().unwrap()).await;
    assert_eq!(pending["status"], "cancelled");
}
