//! `PaymentIntents`: what Stripe is told, with whose key, and who may ask how they stand.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestApp, stories};

mod two_stores;

stories!(
    stripe_is_told_which_order_is_paid,
    amounts_are_named_by_the_merchant_only,
    p16_impossible_amounts_never_reach_stripe,
    exactly_one_thing_is_paid,
    too_small_totals_are_told_in_plain_words,
    p7_payments_are_shown_to_their_shopper_and_merchant,
    a_payment_is_shown_as_stripe_says_that_it_stands,
);

async fn stripe_is_told_which_order_is_paid(app: &TestApp) {
    let store = app.connected_store("Coffee & \"Sons\" ☕").await;
    let order = app.place_order(&store).await;
    let placed = app.order(&store, &order.id).await;
    let creations = app.intent_creations().await;
    assert_eq!(creations.len(), 1);
    let number = placed["number"].as_str().unwrap();
    let metadata = json!({
        "tillgate_store_id": store.id, "tillgate_mode": "post_order", "tillgate_order_id": order.id,
        "tillgate_order_number": number, "tillgate_cart_id": creations[0]["params"]["metadata"]["tillgate_cart_id"],
    });
    let params = json!({
        "amount": "1250", "currency": "eur", "capture_method": "automatic",
        "automatic_payment_methods": { "enabled": "true" },
        "description": format!("Coffee & \"Sons\" ☕ order {number}"), "receipt_email": "shopper@example.com",
        "metadata": metadata,
    });
    let mut sent = creations[0]["params"].clone();
    // Stripe's default, which need not be said.
    sent.as_object_mut()
        .unwrap()
        .entry("capture_method")
        .or_insert_with(|| "automatic".into());
    assert_eq!(sent, params);
    assert_eq!(creations[0]["stripe_version"], "2026-10-28.endive");
    assert_eq!(creations[0]["authorization"], store.keys.secret);
    let payments = app.database.raw("SELECT id FROM payments").await.unwrap();
    assert_eq!(
        creations[0]["idempotency_key"].as_str(),
        payments[0][0].as_deref()
    );

    let body = json!({ "order_id": order.id, "order_token": order.token });
    let by_body = app
        .store_post(&store, "/payment-intents", &body)
        .send()
        .await
        .expect(200);
    let by_key = app
        .store_post(&store, "/payment-intents", &json!({ "order_id": order.id }))
        .bearer(&store.api_key);
    assert_eq!(by_key.send().await.expect(200), by_body);
    assert_eq!(by_body["id"], order.intent);
    assert_eq!(app.intent_creations().await.len(), 1);
    app.pay(&order.intent, "pm_card_visa").await;
    let paid = app
        .store_post(&store, "/payment-intents", &body)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&paid["id"], &paid["status"]),
        (&json!(order.intent), &"succeeded".into())
    );
    assert_eq!(
        app.order(&store, &order.id).await["payment_status"],
        "paid",
        "asking again noticed the money"
    );
}

async fn amounts_are_named_by_the_merchant_only(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let ask = |body: &Value| app.store_post(&store, "/payment-intents", body);
    let good = json!({ "amount": 4_200, "currency": "usd" });
    let made = ask(&good).bearer(&store.api_key).send().await.expect(201);
    assert_eq!(
        (&made["amount"], &made["currency"]),
        (&4_200.into(), &"usd".into())
    );
    let intent = app
        .intent_at_stripe(&store, made["id"].as_str().unwrap())
        .await;
    assert_eq!(intent["metadata"], json!({ "tillgate_store_id": store.id }));
    let another = ask(&good).bearer(&store.api_key).send().await.expect(201);
    assert_ne!(
        another["id"], made["id"],
        "two wishes for the same amount are two payments"
    );
    let in_stores_currency = ask(&json!({ "amount": 4_200 }))
        .bearer(&store.api_key)
        .send()
        .await
        .expect(201);
    assert_eq!(in_stores_currency["currency"], "eur");

    let order = app.place_order(&store).await;
    ask(&good)
        .send()
        .await
        .expect_error(401, "api_key_required");
    ask(&good)
        .bearer(&order.token)
        .send()
        .await
        .expect_error(401, "api_key_required");
    ask(&good)
        .bearer(&other.api_key)
        .send()
        .await
        .expect_error(401, "api_key_invalid");
    let live_key = app.create_api_key(&store.id, "live").await;
    let live = ask(&good).bearer(&live_key).send().await;
    live.expect_error(409, "store_not_connected");
}

async fn p16_impossible_amounts_never_reach_stripe(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let bad = [
        (
            json!({ "amount": 0, "currency": "eur" }),
            422,
            "amount_not_positive",
            "amount",
        ),
        (
            json!({ "amount": -1, "currency": "eur" }),
            400,
            "invalid_amount",
            "amount",
        ),
        (
            json!({ "amount": 100_000_000, "currency": "eur" }),
            400,
            "invalid_amount",
            "amount",
        ),
        (
            json!({ "amount": 1_u64 << 63, "currency": "eur" }),
            400,
            "invalid_json",
            "amount",
        ),
        (
            json!({ "amount": 1.5, "currency": "eur" }),
            400,
            "invalid_json",
            "amount",
        ),
        (
            json!({ "amount": "100", "currency": "eur" }),
            400,
            "invalid_json",
            "amount",
        ),
        (
            json!({ "amount": 1_234, "currency": "kwd" }),
            400,
            "invalid_amount",
            "amount",
        ),
        (
            json!({ "amount": 150, "currency": "isk" }),
            400,
            "invalid_amount",
            "amount",
        ),
        (
            json!({ "amount": 100, "currency": "btc" }),
            400,
            "invalid_currency",
            "currency",
        ),
    ];
    for (body, status, code, param) in bad {
        let refused = app
            .store_post(&store, "/payment-intents", &body)
            .bearer(&store.api_key)
            .send()
            .await;
        assert_eq!(
            refused.expect_error(status, code)["error"]["param"],
            param,
            "{body}"
        );
    }
    assert_eq!(
        app.intent_creations().await.len(),
        0,
        "nothing of it reached Stripe"
    );
}

async fn exactly_one_thing_is_paid(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let order = app.place_order(&store).await;
    let foreign = app.place_order(&other).await;
    let cart = app.create_cart(&store).await;
    let ask = |body: &Value| {
        app.store_post(&store, "/payment-intents", body)
            .bearer(&store.api_key)
    };
    let none_or_two = [
        json!({}),
        json!({ "currency": "eur" }),
        json!({ "order_id": order.id, "cart_id": cart }),
        json!({ "order_id": order.id, "amount": 100 }),
        json!({ "cart_id": cart, "amount": 100 }),
    ];
    for body in none_or_two {
        ask(&body)
            .send()
            .await
            .expect_error(400, "parameter_missing");
    }
    ask(&json!({ "order_id": order.id, "capture_method": "manual" }))
        .send()
        .await
        .expect_error(400, "invalid_json");
    let absent = ask(&json!({ "order_id": uuid::Uuid::now_v7() }))
        .send()
        .await;
    absent.expect_error(404, "resource_missing");
    let not_mine = [
        ask(&json!({ "order_id": foreign.id })),
        ask(&json!({ "order_id": foreign.id, "order_token": foreign.token })),
        app.store_post(
            &store,
            "/payment-intents",
            &json!({ "order_id": order.id, "order_token": foreign.token }),
        ),
        app.store_post(&store, "/payment-intents", &json!({ "order_id": order.id }))
            .bearer("ot_FAKE"),
    ];
    for request in not_mine {
        assert_eq!(request.send().await.anonymous(), absent.anonymous());
    }
    let nobody = app
        .store_post(&store, "/payment-intents", &json!({ "order_id": order.id }))
        .send()
        .await;
    nobody.expect_error(401, "order_token_required");
}

async fn too_small_totals_are_told_in_plain_words(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let small = json!({ "amount": 49, "currency": "eur" });
    let refused = app
        .store_post(&store, "/payment-intents", &small)
        .bearer(&store.api_key)
        .send()
        .await;
    assert_eq!(
        refused.expect_error(422, "amount_too_small")["error"]["param"],
        "amount"
    );
    let sticker = app
        .create_product(&store, json!({ "name": "Sticker", "unit_amount": 20 }))
        .await;
    let cart = app.cart_of(&store, &sticker, 1).await;
    let token = app.open_checkout(&store, &cart).await;
    app.prepay(&store, &cart, &token)
        .await
        .expect_error(422, "amount_too_small");
    // The same cart with more in it can be paid.
    app.change_cart(&store, &cart, &sticker, 10)
        .await
        .expect(200);
    let token = app.open_checkout(&store, &cart).await;
    let paid = app.prepay(&store, &cart, &token).await;
    assert_eq!(paid.expect(201)["amount"], 200);
}

async fn p7_payments_are_shown_to_their_shopper_and_merchant(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (order, second) = (app.place_order(&store).await, app.place_order(&store).await);
    let foreign = app.place_order(&other).await;
    let live_key = app.create_api_key(&store.id, "live").await;
    let path = format!("/payments/{}", order.intent);
    let show = |path: &str, credential: &str| app.store_get(&store, path).bearer(credential).send();
    let open = json!({
        "id": order.intent, "status": "requires_payment_method", "payment_link_status": null, "order_id": order.id,
    });
    assert_eq!(show(&path, &order.token).await.expect(200), open);
    app.pay(&order.intent, "pm_card_visa").await;
    let mut paid = show(&path, &store.api_key).await.expect(200);
    // The way to the merchant's dashboard is the merchant's alone.
    let dashboard_url = paid.as_object_mut().unwrap().remove("dashboard_url");
    assert!(
        dashboard_url
            .unwrap()
            .as_str()
            .unwrap()
            .ends_with(&order.intent)
    );
    assert_eq!(
        (&paid["status"], &paid["order_id"]),
        (&"succeeded".into(), &json!(order.id))
    );
    assert_eq!(show(&path, &order.token).await.expect(200), paid);
    assert_eq!(app.order(&store, &order.id).await["payment_status"], "paid");

    let nothing = show("/payments/pi_FAKE000000000000000000", &store.api_key).await;
    nothing.expect_error(404, "resource_missing");
    for credential in [
        &second.token,
        &foreign.token,
        &other.api_key,
        &live_key,
        "ot_FAKE",
        "tgk_test_FAKE",
    ] {
        assert_eq!(
            show(&path, credential).await.anonymous(),
            nothing.anonymous(),
            "{credential}"
        );
    }
    assert_eq!(
        app.store_get(&store, &path).send().await.anonymous(),
        nothing.anonymous()
    );
    let of_other_store = format!("/payments/{}", foreign.intent);
    for credential in [&store.api_key, &order.token, &foreign.token] {
        assert_eq!(
            show(&of_other_store, credential).await.anonymous(),
            nothing.anonymous()
        );
    }
}

/// Whoever is told that another card is needed asks for one, and the shopper may pay twice.
async fn a_payment_is_shown_as_stripe_says_that_it_stands(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let path = format!("/payments/{}", order.intent);
    let shown = async || {
        let reply = app.store_get(&store, &path).bearer(&order.token).send();
        reply.await.expect(200)["status"].clone()
    };
    app.pay(&order.intent, "pm_card_authenticationRequired")
        .await;
    assert_eq!(shown().await, "requires_action");
    let at_stripe = format!("/payment_intents/{}", order.intent);
    for (said, expected) in [
        ("processing", "processing"),
        ("requires_confirmation", "requires_confirmation"),
        ("new_word", "processing"),
        ("requires_payment_method", "requires_payment_method"),
        ("processing", "processing"),
    ] {
        app.control(Method::POST, &at_stripe, json!({ "status": said }))
            .await;
        assert_eq!(shown().await, expected, "{said}");
    }
    // What was known last is told where Stripe cannot be asked.
    app.fault(json!({ "path_prefix": "/v1/", "kind": "500", "times": 100 }))
        .await;
    assert_eq!(shown().await, "processing");
}
