//! Who a link is not for, and what it is not made from.

use jiff::SignedDuration;
use serde_json::{Value, json};
use test_database::TestDatabase;

use crate::harness::{TestApp, stories};

stories!(
    p13_guessed_and_foreign_tokens_look_alike,
    p13_another_payment_does_not_complete_a_link,
    p7_a_payment_is_shown_to_its_own_links_holder,
    a_link_is_made_from_a_whole_order_only,
    a10_a_links_store_decides_which_pages_may_read,
);

async fn p13_guessed_and_foreign_tokens_look_alike(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    let order = app.place_order(&store).await;
    let swapped = if link.token.ends_with('A') { "B" } else { "A" };
    let tokens = [
        format!("{}{swapped}", &link.token[..link.token.len() - 1]),
        link.token.to_ascii_uppercase(),
        link.token[1..].to_owned(),
        link.token[3..].to_owned(),
        format!("{}A", link.token),
        gateway::guards::sha256_hex(&link.token),
        order.token.clone(),
        store.api_key.clone(),
        "%00".to_owned(),
        "%FF%FE".to_owned(),
        "pl_".to_owned(),
        "x".repeat(2000),
        "'%20OR%201=1--".to_owned(),
    ];
    let mut answers = Vec::new();
    for token in &tokens {
        for reply in [
            app.show_link(token).await,
            app.complete_link(token, &link.intent).await,
        ] {
            reply.expect_error(404, "resource_missing");
            answers.push(reply.anonymous());
        }
        let page = app.link_page(token, "").await;
        assert_eq!(page.status, 404, "{}", page.text);
        assert!(page.text.contains("This payment link does not exist"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let done = app.complete_link(&link.token, &link.intent).await;
    done.expect(200);
}

async fn p13_another_payment_does_not_complete_a_link(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (cart, twin) = (app.create_cart(&store).await, app.create_cart(&store).await);
    let link = app.create_link(&store, &cart).await;
    let of_twin = app.paid_link(&store, &twin).await;
    let foreign_cart = app.create_cart(&other).await;
    let foreign = app.paid_link(&other, &foreign_cart).await;
    let mut answers = Vec::new();
    for intent in [
        of_twin.intent.as_str(),
        &foreign.intent,
        "pi_FAKE000000000000000000",
        "pi_",
        "",
        "pi_\u{0}",
    ] {
        let reply = app.complete_link(&link.token, intent).await;
        reply.expect_error(409, "payment_mismatch");
        answers.push(reply.anonymous());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    // The link and both payments are as they were.
    assert_eq!(app.link_status(&store, &link).await, "open");
    assert_eq!(app.count("orders").await, 0);
    app.complete_link(&of_twin.token, &of_twin.intent)
        .await
        .expect(200);
    app.complete_link(&foreign.token, &foreign.intent)
        .await
        .expect(200);
    app.pay(&link.intent, "pm_card_visa").await;
    app.complete_link(&link.token, &link.intent)
        .await
        .expect(200);
    assert_eq!(app.count("orders").await, 3);
}

async fn p7_a_payment_is_shown_to_its_own_links_holder(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (cart, twin) = (app.create_cart(&store).await, app.create_cart(&store).await);
    let link = app.create_link(&store, &cart).await;
    let of_twin = app.create_link(&store, &twin).await;
    let path = format!("/payments/{}", link.intent);
    let shown = app
        .store_get(&store, &path)
        .bearer(&link.token)
        .send()
        .await;
    let expected = json!({
        "id": link.intent, "status": "requires_payment_method", "payment_link_status": "open", "order_id": null,
    });
    assert_eq!(shown.expect(200), expected);
    let by_key = app
        .store_get(&store, &path)
        .bearer(&store.api_key)
        .send()
        .await;
    // A shopper sees nothing of the merchant's dashboard.
    let mut by_key = by_key.expect(200);
    let dashboard_url = by_key["dashboard_url"].take();
    assert!(dashboard_url.as_str().unwrap().ends_with(&link.intent));
    by_key.as_object_mut().unwrap().remove("dashboard_url");
    assert_eq!(by_key, expected);
    for (store, token) in [(&store, &of_twin.token), (&other, &link.token)] {
        let refused = app.store_get(store, &path).bearer(token).send().await;
        refused.expect_error(404, "resource_missing");
    }
    // A payment without a link has no such state.
    let order = app.place_order(&store).await;
    let path = format!("/payments/{}", order.intent);
    let shown = app
        .store_get(&store, &path)
        .bearer(&order.token)
        .send()
        .await;
    assert_eq!(shown.expect(200)["payment_link_status"], Value::Null);
}

async fn a_link_is_made_from_a_whole_order_only(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let cart = app.create_cart(&store).await;
    let method = json!({ "name": "Post", "amount": 490, "currency": "eur", "countries": ["FR"] });
    let writes = app.store_post(&store, "/shipping-methods", &method);
    let method = writes.bearer(&store.api_key).send().await.expect(201);
    let address = json!({ "name": "Ada", "country": "DE" });
    let cases = [
        (json!({ "cart_id": cart }), 400, "parameter_missing"),
        (json!({ "shipping_address": address }), 400, "invalid_json"),
        (
            json!({ "cart_id": cart, "shipping_address": address, "email": "no address" }),
            400,
            "invalid_value",
        ),
        (
            json!({ "cart_id": cart, "shipping_address": { "planet": "Mars" } }),
            400,
            "invalid_json",
        ),
        (
            json!({ "cart_id": cart, "shipping_address": address, "amount": 1 }),
            400,
            "invalid_json",
        ),
        (
            json!({ "cart_id": uuid::Uuid::now_v7(), "shipping_address": address }),
            404,
            "resource_missing",
        ),
        (
            json!({ "cart_id": cart, "shipping_address": address, "shipping_method_id": uuid::Uuid::now_v7() }),
            404,
            "resource_missing",
        ),
        (
            json!({ "cart_id": cart, "shipping_address": address, "shipping_method_id": method["id"] }),
            422,
            "shipping_not_available",
        ),
    ];
    for (body, status, code) in cases {
        let reply = app.store_post(&store, "/payment-links", &body).send().await;
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
        reply.expect_error(status, code);
    }
    let body = TestApp::link_body(&cart);
    let foreign = app.store_post(&other, "/payment-links", &body).send().await;
    foreign.expect_error(404, "resource_missing");
    let live_key = app.create_api_key(&store.id, "live").await;
    let other_mode = app
        .store_post(&store, "/payment-links", &body)
        .bearer(&live_key);
    other_mode
        .send()
        .await
        .expect_error(404, "resource_missing");
    assert_eq!(app.count("payment_links").await, 0);
    assert!(app.intent_creations().await.is_empty());
    let none_yet = app.create_store("Unconnected").await;
    let unconnected = app
        .http
        .post(&format!("/api/v1/stores/{none_yet}/payment-links"), &body);
    unconnected
        .send()
        .await
        .expect_error(404, "resource_missing");
}

async fn a10_a_links_store_decides_which_pages_may_read(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let origins = json!({ "allowed_origins": ["https://shop.example.com"] });
    let path = format!("/stores/{}", store.id);
    app.internal(reqwest::Method::PATCH, &path, &origins)
        .await
        .expect(200);
    let cart = app.create_cart(&store).await;
    let link = app.create_link(&store, &cart).await;
    for (token, origin, allowed) in [
        (link.token.as_str(), "https://shop.example.com", true),
        (&link.token, "https://evil.example", false),
        ("pl_nobodys", "https://shop.example.com", false),
    ] {
        let path = format!("/api/v1/payment-links/{token}");
        let reply = app.http.get(&path).header("Origin", origin).send().await;
        let expected = if allowed { origin } else { "" };
        assert_eq!(reply.header("access-control-allow-origin"), expected);
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        let preflight = app
            .http
            .request(reqwest::Method::OPTIONS, &format!("{path}/complete"));
        let preflight = preflight
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST");
        let preflight = preflight.send().await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), expected);
    }
}

/// The smallest scale that may be set: one call of a link's holder, the next in minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_links_holder_has_a_budget_of_its_own() {
    let app = TestApp::start_with(TestDatabase::sqlite().await, |settings| {
        settings.rate_limit_scale = 0.01;
    })
    .await;
    for token in ["pl_made_up_first_0000", "pl_made_up_second_000"] {
        app.show_link(token)
            .await
            .expect_error(404, "resource_missing");
        let refused = app.show_link(token).await;
        refused.expect_error(429, "rate_limit");
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    app.clock.advance(SignedDuration::from_secs(1));
    app.finish().await;
}
