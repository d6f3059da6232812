//! What a shopper's browser loads and calls.

use serde_json::json;

use crate::harness::{ALICE, ALICE_PK, BOB_PK, read, start};

#[actix_web::test]
async fn the_scripts_and_pages_are_served_with_a_strict_policy() {
    let stripe = start().await;
    for (path, kind, part) in [
        ("/v3/", "text/javascript; charset=utf-8", "confirmPayment"),
        ("/v3", "text/javascript; charset=utf-8", "confirmPayment"),
        (
            "/v3/card_frame",
            "text/html; charset=utf-8",
            "autocomplete=\"cc-number\"",
        ),
        (
            "/v3/card_frame.js",
            "text/javascript; charset=utf-8",
            "billing_details",
        ),
        (
            "/v3/card_frame.css",
            "text/css; charset=utf-8",
            "focus-visible",
        ),
        (
            "/3ds/challenge.js",
            "text/javascript; charset=utf-8",
            "challenge-done",
        ),
        ("/", "text/html; charset=utf-8", "4000 0025 0000 3155"),
    ] {
        let page = stripe.get("", path).await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some(kind)),
            "{path}"
        );
        assert!(
            page.body.as_str().unwrap().contains(part),
            "{path} has no {part}"
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
    }
}

#[actix_web::test]
async fn the_api_may_be_called_from_a_merchants_page() {
    let stripe = start().await;
    let preflight = read(
        stripe
            .request("OPTIONS", "", "/v1/payment_intents/pi_1")
            .header("Origin", "https://shop.example"),
    )
    .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert!(
        preflight
            .header("access-control-allow-headers")
            .unwrap()
            .contains("authorization")
    );
    let answer = stripe
        .get("pk_test_FAKE_nobody", "/v1/payment_intents/pi_1")
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[actix_web::test]
async fn the_card_frame_confirms_with_the_publishable_key() {
    let stripe = start().await;
    let made = stripe
        .post(ALICE, "/v1/payment_intents", "amount=2000&currency=usd")
        .await;
    let secret = made.body["client_secret"].as_str().unwrap();
    let path = format!("/v1/payment_intents/{}/confirm", made.id());
    let form = |number: &str| {
        format!(
            "client_secret={secret}&use_stripe_sdk=true&return_url=https://shop.example/&payment_method_data[type]=card&payment_method_data[card][number]={number}&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2034&payment_method_data[card][cvc]=123&payment_method_data[billing_details][address][country]=DE"
        )
    };
    let stranger = stripe.post(BOB_PK, &path, &form("4242424242424242")).await;
    assert_eq!(stranger.status, 404, "{}", stranger.body);
    let declined = stripe
        .post(ALICE_PK, &path, &form("4000000000000002"))
        .await;
    assert_eq!(declined.error(), (402, Some("card_declined"), None));
    assert_eq!(
        declined.body["error"]["payment_intent"]["metadata"],
        json!(null)
    );
    let asked = stripe
        .post(ALICE_PK, &path, &form("4000002500003155"))
        .await;
    assert_eq!(asked.body["next_action"]["type"], "use_stripe_sdk");
    let paid = stripe
        .post(ALICE_PK, &path, &form("4242424242424242"))
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    let charge = stripe
        .get(
            ALICE,
            &format!("/v1/payment_intents/{}?expand[]=latest_charge", made.id()),
        )
        .await;
    assert_eq!(
        charge.body["latest_charge"]["billing_details"]["address"]["country"],
        "DE"
    );
}

#[actix_web::test]
async fn elements_learn_early_that_a_key_or_secret_is_unusable() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "").await;
    let secret = made.body["client_secret"].as_str().unwrap();
    let path = "/v1/elements/sessions";
    let session = stripe
        .get(ALICE_PK, &format!("{path}?client_secret={secret}"))
        .await;
    assert_eq!(session.body["payment_intent"]["id"], made.id());
    let later = stripe
        .get(
            ALICE_PK,
            &format!("{path}?type=deferred_intent&deferred_intent[mode]=payment"),
        )
        .await;
    assert_eq!(later.body["payment_intent"], json!(null));
    let agreement = stripe.post(ALICE, "/v1/setup_intents", "").await;
    let agreed = agreement.body["client_secret"].as_str().unwrap();
    let session = stripe
        .get(ALICE_PK, &format!("{path}?client_secret={agreed}"))
        .await;
    assert_eq!(session.body["setup_intent"]["id"], agreement.id());
    assert_eq!(
        stripe
            .get(BOB_PK, &format!("{path}?client_secret={secret}"))
            .await
            .status,
        400
    );
    assert_eq!(stripe.get("pk_test_FAKE_nobody", path).await.status, 401);
}
