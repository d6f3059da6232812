//! Checkouts: what they are opened with, where they may send a shopper back to, and how long their token is worth.

use jiff::SignedDuration;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    a_checkout_opens_for_half_an_hour,
    c3_every_return_url_vector_holds,
    what_cannot_be_paid_opens_no_checkout,
    a_checkout_token_serves_its_checkout_until_it_expires,
    a3_forged_and_foreign_tokens_open_nothing,
    a_changed_cart_outdates_its_checkout,
    an_outcome_is_shown_to_its_checkout_only,
);

async fn open(app: &TestApp, store: &ConnectedStore, body: &Value) -> Reply {
    app.store_post(store, "/checkouts", body).send().await
}

async fn a_checkout_opens_for_half_an_hour(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let body = json!({
        "cart_id": cart, "email": "shopper@example.com",
        "shipping_address": { "name": "Ada", "line1": "1 Street", "city": "Berlin", "postal_code": "10115", "country": "DE" },
        "success_url": "https://platform.example.com/thanks", "cancel_url": "https://platform.example.com/cart",
    });
    let opened = open(app, &store, &body).await.expect(201);
    let token = opened["checkout_token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3, "a JWT");
    let expires_at = (app.clock.now() + SignedDuration::from_mins(30)).to_string();
    let expected = json!({
        "id": opened["id"], "checkout_token": token, "checkout_url": format!("{}/checkout/{token}", app.url),
        "amount": 1250, "currency": "eur", "expires_at": expires_at,
    });
    assert_eq!(opened, expected);
    assert!(opened["id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    assert!(
        app.stripe_requests()
            .await
            .iter()
            .all(|request| request["path"] != "/v1/payment_intents")
    );
    let again = open(app, &store, &json!({ "cart_id": cart }))
        .await
        .expect(201);
    assert_ne!(again["id"], opened["id"]);
}

#[derive(Deserialize)]
struct Vectors {
    allow_list: Vec<String>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    return_url: String,
    expect: String,
    note: String,
}

async fn c3_every_return_url_vector_holds(app: &TestApp) {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../vectors/extra_return_urls.json")).unwrap();
    assert_eq!(vectors.vectors.len(), 54);
    let store = app.connected_store("Coffee").await;
    let origins = json!({ "return_origins": vectors.allow_list });
    app.internal(Method::PATCH, &format!("/stores/{}", store.id), &origins)
        .await
        .expect(200);
    let cart = app.create_cart(&store).await;
    for param in ["success_url", "cancel_url"] {
        for vector in &vectors.vectors {
            let reply = open(
                app,
                &store,
                &json!({ "cart_id": cart, param: vector.return_url }),
            )
            .await;
            let note = format!("{param}, {}: {:.80}", vector.note, vector.return_url);
            if vector.expect == "allow" {
                assert_eq!(reply.status, 201, "{note}");
            } else {
                assert_eq!(reply.status, 400, "{note}");
                assert_eq!(
                    reply.expect_error(400, "invalid_url")["error"]["param"],
                    param,
                    "{note}"
                );
            }
        }
    }
}

async fn what_cannot_be_paid_opens_no_checkout(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let free = app
        .create_product(&store, json!({ "name": "Sample", "unit_amount": 0 }))
        .await;
    let free = app.cart_of(&store, &free, 1).await;
    open(app, &store, &json!({ "cart_id": free }))
        .await
        .expect_error(422, "amount_not_positive");
    let cart = app.create_cart(&store).await;
    let bad = [
        (
            json!({ "cart_id": cart, "email": "no address" }),
            400,
            "email",
        ),
        (
            json!({ "cart_id": cart, "email": format!("{}@example.com", "x".repeat(250)) }),
            400,
            "email",
        ),
        (json!({ "cart_id": cart, "amount": 1 }), 400, "amount"),
        (
            json!({ "cart_id": cart, "shipping_method_id": "1" }),
            404,
            "shipping_method_id",
        ),
        (json!({ "cart_id": 7 }), 400, "cart_id"),
    ];
    for (body, status, param) in bad {
        let reply = open(app, &store, &body).await;
        assert_eq!(reply.expect(status)["error"]["param"], param, "{body}");
    }
    let address = json!({ "cart_id": cart, "shipping_address": { "line1": "x".repeat(201) } });
    let param = open(app, &store, &address).await.expect(400)["error"]["param"].clone();
    assert!(
        param.as_str().unwrap().starts_with("shipping_address"),
        "{param}"
    );
    assert_eq!(app.count("checkouts").await, 0);

    let bare = app.create_store("Not connected").await;
    let key = app.create_api_key(&bare, "test").await;
    let items = json!({ "items": [{ "name": "Consulting", "unit_amount": 5_000, "quantity": 1 }] });
    let path = format!("/api/v1/stores/{bare}");
    let cart = app
        .http
        .post(&format!("{path}/carts"), &items)
        .bearer(&key)
        .send()
        .await
        .expect(201)["id"]
        .clone();
    let refused = app
        .http
        .post(&format!("{path}/checkouts"), &json!({ "cart_id": cart }))
        .send()
        .await;
    refused.expect_error(409, "store_not_connected");
    let intent = app
        .http
        .post(
            &format!("{path}/payment-intents"),
            &json!({ "cart_id": cart }),
        )
        .bearer(&key)
        .send()
        .await;
    intent.expect_error(409, "store_not_connected");
}

async fn a_checkout_token_serves_its_checkout_until_it_expires(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let other_cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    app.clock
        .advance(SignedDuration::from_mins(30) - SignedDuration::from_secs(1));
    let foreign_cart = app.prepay(&store, &other_cart, &token).await;
    foreign_cart.expect_error(404, "resource_missing");
    app.prepay(&store, &cart, &token).await.expect(201);
    app.clock.advance(SignedDuration::from_secs(1));
    app.prepay(&store, &cart, &token)
        .await
        .expect_error(410, "checkout_expired");
    let order = app
        .store_post(&store, "/orders", &json!({ "cart_id": cart }))
        .bearer(&token)
        .send()
        .await;
    order.expect_error(410, "checkout_expired");
}

async fn a3_forged_and_foreign_tokens_open_nothing(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let foreign_cart = app.create_cart(&other).await;
    let foreign = app.open_checkout(&other, &foreign_cart).await;
    let link = app
        .internal(
            Method::POST,
            &format!("/stores/{}/connect-links", store.id),
            &json!({}),
        )
        .await
        .expect(201);
    let link = link["url"].as_str().unwrap().parse::<url::Url>().unwrap();
    let connect_token = link
        .query_pairs()
        .find(|(name, _)| name == "token")
        .unwrap()
        .1
        .into_owned();
    let parts: Vec<&str> = token.split('.').collect();
    let foreign_parts: Vec<&str> = foreign.split('.').collect();
    let flipped = if parts[2].starts_with('A') { "B" } else { "A" };
    let forged = [
        (
            "tampered signature",
            format!("{}.{}.{flipped}{}", parts[0], parts[1], &parts[2][1..]),
        ),
        (
            "another's claims",
            format!("{}.{}.{}", parts[0], foreign_parts[1], parts[2]),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        // {"alg":"none"}
        ("alg none", format!("eyJhbGciOiJub25lIn0.{}.", parts[1])),
        ("another store's", foreign),
        ("a connect token", connect_token),
        ("dots", "..".to_owned()),
    ];
    for (what, token) in &forged {
        let reply = app.prepay(&store, &cart, token).await;
        assert_eq!(reply.status, 401, "{what}: {}", reply.text);
        reply.expect_error(401, "checkout_token_invalid");
        let order = app
            .store_post(&store, "/orders", &json!({ "cart_id": cart }))
            .bearer(token)
            .send()
            .await;
        order.expect_error(401, "checkout_token_invalid");
    }
    let nothing = app
        .store_post(&store, "/payment-intents", &json!({ "cart_id": cart }))
        .send()
        .await;
    nothing.expect_error(401, "checkout_token_required");
    let order_token = app.prepay(&store, &cart, "ot_FAKE").await;
    order_token.expect_error(401, "checkout_token_required");
    assert_eq!(
        (app.count("orders").await, app.count("payments").await),
        (0, 0)
    );
    app.prepay(&store, &cart, &token).await.expect(201);
}

async fn a_changed_cart_outdates_its_checkout(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    app.prepay(&store, &cart, &token)
        .await
        .expect_error(409, "checkout_outdated");
    let order = app
        .store_post(&store, "/orders", &json!({ "cart_id": cart }))
        .bearer(&token)
        .send()
        .await;
    order.expect_error(409, "checkout_outdated");
    let fresh = app.open_checkout(&store, &cart).await;
    assert_eq!(
        app.prepay(&store, &cart, &fresh).await.expect(201)["amount"],
        399
    );
}

async fn an_outcome_is_shown_to_its_checkout_only(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let body = json!({ "cart_id": cart });
    let checkout = open(app, &store, &body).await.expect(201);
    let (id, token) = (
        checkout["id"].as_str().unwrap(),
        checkout["checkout_token"].as_str().unwrap(),
    );
    let path = format!("/checkouts/{id}");
    let show = || app.store_get(&store, &path).bearer(token);
    let shown = show().send().await.expect(200);
    assert_eq!(
        (&shown["id"], &shown["status"], &shown["order"]),
        (&json!(id), &json!("open"), &json!(null))
    );
    assert_eq!(shown["amount"], checkout["amount"]);
    let order = app.order_cart(&store, &cart).await.expect(201);
    let body = json!({ "order_id": order["id"] });
    let intent = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(token)
        .send()
        .await
        .expect(201);
    app.clock.advance(SignedDuration::from_mins(31));
    let expired = show().send().await.expect(200);
    assert_eq!(
        (&expired["status"], &expired["order"]["id"]),
        (&"expired".into(), &order["id"])
    );
    app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let paid = show().send().await.expect(200);
    assert_eq!(
        (&paid["status"], &paid["order"]["payment_status"]),
        (&"completed".into(), &"paid".into())
    );

    let other_cart = app.create_cart(&store).await;
    let other = app.open_checkout(&store, &other_cart).await;
    app.store_get(&store, &path)
        .bearer(&other)
        .send()
        .await
        .expect_error(404, "resource_missing");
    for credential in ["ot_FAKE", &store.api_key, "a.b.c"] {
        let refused = app.store_get(&store, &path).bearer(credential).send().await;
        refused.expect_error(401, "checkout_token_invalid");
    }
    app.store_get(&store, &path)
        .send()
        .await
        .expect_error(401, "checkout_token_invalid");
    app.clock.advance(SignedDuration::from_hours(25));
    show()
        .send()
        .await
        .expect_error(401, "checkout_token_invalid");
}
