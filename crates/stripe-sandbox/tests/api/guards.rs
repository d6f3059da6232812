//! What a key, a proxy or a careless caller must not get.

use serde_json::json;

use crate::harness::{ALICE, ALICE_PK, Receiver, read, start};

#[actix_web::test]
async fn a_shopper_sees_the_card_and_nothing_of_the_customer() {
    let stripe = start().await;
    let form = "email=ann@shop.example&payment_method=pm_card_visa";
    let customer = stripe.post(ALICE, "/v1/customers", form).await;
    let card = stripe
        .get(
            ALICE,
            &format!("/v1/payment_methods?customer={}", customer.id()),
        )
        .await;
    let card = card.body["data"][0]["id"].as_str().unwrap().to_owned();
    let form = format!("customer={}&payment_method={card}", customer.id());
    let payment = stripe.payment(ALICE, &form).await;
    let secret = payment.body["client_secret"].as_str().unwrap();
    let path = |expand: &str| {
        let id = payment.id();
        format!("/v1/payment_intents/{id}?client_secret={secret}&expand[]={expand}")
    };
    let seen = stripe.get(ALICE_PK, &path("payment_method")).await;
    assert_eq!(seen.body["payment_method"]["card"]["last4"], "4242");
    for hidden in ["customer", "payment_method.customer", "latest_charge"] {
        let refused = stripe.get(ALICE_PK, &path(hidden)).await;
        assert_eq!(refused.error(), (400, None, Some("expand")), "{hidden}");
    }
}

#[actix_web::test]
async fn expanding_needs_the_permission_that_reading_needs() {
    let stripe = start().await;
    let customer = stripe.post(ALICE, "/v1/customers", "").await;
    let form = format!("customer={}", customer.id());
    let payment = stripe.payment(ALICE, &form).await;
    let key = "rk_test_FAKE_alice_payments";
    let permissions = json!({ "payment_intents": "read" });
    let made = json!({ "account_id": "acct_1alice", "key": key, "permissions": permissions });
    assert_eq!(stripe.control("POST", "/keys", made).await.status, 201);
    let path = format!("/v1/payment_intents/{}", payment.id());
    assert_eq!(stripe.get(key, &path).await.status, 200);
    let expanded = stripe.get(key, &format!("{path}?expand[]=customer")).await;
    assert_eq!(
        expanded.error(),
        (403, Some("more_permissions_required"), None)
    );
}

#[actix_web::test]
async fn the_control_api_is_not_for_those_behind_a_proxy() {
    let stripe = start().await;
    let accounts = || stripe.request("GET", ALICE, "/_sandbox/accounts");
    assert_eq!(read(accounts()).await.status, 200);
    for header in ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"] {
        let refused = accounts().header(header, "203.0.113.9").send().await;
        assert_eq!(refused.unwrap().status(), 404, "{header}");
    }
}

#[actix_web::test]
async fn a_shopper_is_not_told_what_the_merchant_was_answered() {
    let stripe = start().await;
    let payment = stripe.payment(ALICE, "metadata[secret]=plan").await;
    let secret = payment.body["client_secret"].as_str().unwrap();
    let path = format!("/v1/payment_intents/{}/confirm", payment.id());
    let form = format!("client_secret={secret}&payment_method=pm_card_visa");
    let merchant = stripe.post_with_key(ALICE, &path, &form, "same").await;
    assert_eq!(merchant.body["metadata"]["secret"], "plan");
    let shopper = stripe.post_with_key(ALICE_PK, &path, &form, "same").await;
    assert_eq!(shopper.status, 400);
    assert_eq!(shopper.body["error"]["type"], "idempotency_error");
}

#[actix_web::test]
async fn a_webhook_that_time_brings_needs_no_request() {
    let stripe = start().await;
    let receiver = Receiver::start();
    let hook = format!("url={}&enabled_events[]=refund.updated", receiver.url);
    stripe.post(ALICE, "/v1/webhook_endpoints", &hook).await;
    let payment = stripe
        .payment(ALICE, "confirm=true&payment_method=pm_card_pendingRefund")
        .await;
    let form = format!("payment_intent={}", payment.id());
    let refund = stripe.post(ALICE, "/v1/refunds", &form).await;
    assert_eq!(refund.body["status"], "pending", "{}", refund.body);
    stripe.advance(30 * 24 * 60 * 60);
    receiver.wait_for(1).await;
    let told = receiver.received()[0].event();
    assert_eq!(told["data"]["object"]["status"], "succeeded");
}

#[actix_web::test]
async fn the_request_log_is_bounded_and_shows_no_foreign_key() {
    let stripe = start().await;
    let long = format!("name={}", "x".repeat(100_000));
    stripe
        .post("sk_test_FAKE_of_nobody_1234", "/v1/customers", &long)
        .await;
    let log = stripe.control("GET", "/requests", json!(null)).await;
    let [record] = log.body["requests"].as_array().unwrap().as_slice() else {
        panic!("one request: {}", log.body);
    };
    assert_eq!(record["params"], "100005 bytes");
    let key = record["authorization"].as_str().unwrap();
    assert!(
        key.starts_with("sk_test_***") && key.ends_with("1234"),
        "{key}"
    );
}
