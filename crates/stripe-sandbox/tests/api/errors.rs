//! What Stripe refuses, the sandbox refuses in the same words.

use crate::harness::{ALICE, ALICE_PK, CARD_ONLY, start};

#[actix_web::test]
async fn creation_parameters_are_checked() {
    let stripe = start().await;
    let long = "x".repeat(501);
    for (form, code, param) in [
        ("currency=usd", Some("parameter_missing"), "amount"),
        ("amount=2000", Some("parameter_missing"), "currency"),
        (
            "amount=2000&currency=usd&amonut=1",
            Some("parameter_unknown"),
            "amonut",
        ),
        (
            "amount=ten&currency=usd",
            Some("parameter_invalid_integer"),
            "amount",
        ),
        (
            "amount=19.99&currency=usd",
            Some("parameter_invalid_integer"),
            "amount",
        ),
        (
            "amount=-5&currency=usd",
            Some("parameter_invalid_integer"),
            "amount",
        ),
        (
            "amount=0&currency=usd",
            Some("parameter_invalid_integer"),
            "amount",
        ),
        ("amount=49&currency=usd", Some("amount_too_small"), "amount"),
        (
            "amount=100000000&currency=usd",
            Some("amount_too_large"),
            "amount",
        ),
        ("amount=2000&currency=xxx", None, "currency"),
        (
            "amount=2000&currency=",
            Some("parameter_invalid_empty"),
            "currency",
        ),
        ("amount=2000&currency=usd&confirm=maybe", None, "confirm"),
        (
            "amount=2000&currency=usd&capture_method=never",
            None,
            "capture_method",
        ),
        (
            "amount=2000&currency=usd&automatic_payment_methods[enable]=true",
            Some("parameter_unknown"),
            "automatic_payment_methods[enable]",
        ),
        (
            "amount=2000&currency=usd&automatic_payment_methods[enabled]=true&allowed_payment_method_types[]=card",
            None,
            "automatic_payment_methods",
        ),
        (
            "amount=2000&currency=usd&receipt_email=nobody",
            Some("email_invalid"),
            "receipt_email",
        ),
        (
            "amount=2000&currency=usd&confirm=true&allowed_payment_method_types[]=card&return_url=shop",
            Some("url_invalid"),
            "return_url",
        ),
        (
            "amount=2000&currency=usd&off_session=true",
            None,
            "off_session",
        ),
        (
            "amount=2000&currency=usd&customer=cus_1",
            Some("resource_missing"),
            "customer",
        ),
        (
            "amount=2000&currency=usd&payment_method=pm_1",
            Some("resource_missing"),
            "payment_method",
        ),
        (
            &format!("amount=2000&currency=usd&metadata[a]={long}"),
            None,
            "metadata[a]",
        ),
        ("amount=2000&currency=usd&expand[]=colour", None, "expand"),
    ] {
        let refused = stripe.post(ALICE, "/v1/payment_intents", form).await;
        assert_eq!(
            refused.error(),
            (400, code, Some(param)),
            "{form}: {}",
            refused.body
        );
        assert_eq!(
            refused.body["error"]["type"], "invalid_request_error",
            "{form}"
        );
    }
}

#[actix_web::test]
async fn card_details_are_checked_with_the_publishable_key_only() {
    let stripe = start().await;
    let form = |number: &str, month: &str, year: &str, cvc: &str| {
        format!(
            "type=card&card[number]={number}&card[exp_month]={month}&card[exp_year]={year}&card[cvc]={cvc}"
        )
    };
    for (form, code, param) in [
        (
            form("4242424242424241", "12", "34", "123"),
            "incorrect_number",
            "number",
        ),
        (form("42", "12", "34", "123"), "invalid_number", "number"),
        (
            form("4242424242424242", "13", "34", "123"),
            "invalid_expiry_month",
            "exp_month",
        ),
        (
            form("4242424242424242", "12", "95", "123"),
            "invalid_expiry_year",
            "exp_year",
        ),
        (
            form("4242424242424242", "12", "34", "99"),
            "invalid_cvc",
            "cvc",
        ),
        (
            form("4111111111111111", "12", "34", "123"),
            "card_declined",
            "number",
        ),
    ] {
        let refused = stripe.post(ALICE_PK, "/v1/payment_methods", &form).await;
        assert_eq!(refused.error(), (402, Some(code), Some(param)), "{form}");
        assert_eq!(refused.body["error"]["type"], "card_error");
    }
    let good = form("4242424242424242", "12", "34", "123");
    let made = stripe.post(ALICE_PK, "/v1/payment_methods", &good).await;
    assert_eq!(made.body["card"]["last4"], "4242");
    assert_eq!(made.body["card"]["exp_year"], 2034);
    let server_side = stripe.post(ALICE, "/v1/payment_methods", &good).await;
    assert_eq!(server_side.status, 402);
    let message = server_side.body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Sending credit card numbers directly"),
        "{message}"
    );
}

#[actix_web::test]
async fn answers_carry_stripes_headers() {
    let stripe = start().await;
    let request = stripe.form(
        ALICE,
        "/v1/payment_intents",
        &format!("amount=2000&{CARD_ONLY}"),
    );
    let made = crate::harness::read(request.header("Stripe-Version", "2026-10-28.endive")).await;
    assert!(made.header("Request-Id").unwrap().starts_with("req_"));
    assert_eq!(made.header("Stripe-Version"), Some("2026-10-28.endive"));
    let request = stripe
        .request("GET", ALICE, "/v1/account")
        .header("Stripe-Version", "tomorrow");
    assert_eq!(
        crate::harness::read(request).await.error(),
        (400, None, None)
    );
}

#[actix_web::test]
async fn what_is_no_endpoint_is_said_so() {
    let stripe = start().await;
    let lost = stripe.post(ALICE, "/v1/payment_intent", "").await;
    assert_eq!(lost.status, 404);
    let message = lost.body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("Unrecognized request URL (POST: /v1/payment_intent)."),
        "{message}"
    );
    let malformed = stripe.post(ALICE, "/v1/payment_intents", "a[b=1").await;
    assert_eq!(malformed.error(), (400, None, Some("a[b")));
    let huge = stripe
        .post(ALICE, "/v1/payment_intents", &"x".repeat(1024 * 1024 + 1))
        .await;
    assert_eq!(huge.status, 413);
}
