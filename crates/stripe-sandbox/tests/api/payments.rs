//! The state machine of payments.

use serde_json::json;

use crate::harness::{ALICE, ALICE_PK, start};

#[actix_web::test]
async fn an_automatic_payment_succeeds_at_once() {
    let stripe = start().await;
    let made = stripe.post(ALICE, "/v1/payment_intents", "amount=4999&currency=EUR&automatic_payment_methods[enabled]=true&metadata[order]=1&receipt_email=max@example.com&description=Order%201").await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["status"], "requires_payment_method");
    assert_eq!(made.body["currency"], "eur");
    assert_eq!(made.body["capture_method"], "automatic_async");
    assert_eq!(made.body["receipt_email"], "max@example.com");
    assert_eq!(made.body["livemode"], false);
    let paid = stripe
        .control(
            "POST",
            &format!("/payment_intents/{}/pay", made.id()),
            json!({}),
        )
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    assert_eq!(paid.body["amount_received"], 4999);
    let charge = stripe
        .get(
            ALICE,
            &format!(
                "/v1/charges/{}",
                paid.body["latest_charge"].as_str().unwrap()
            ),
        )
        .await;
    assert_eq!(charge.body["paid"], true);
    assert_eq!(charge.body["captured"], true);
    assert_eq!(charge.body["metadata"]["order"], "1");
    assert_eq!(
        stripe.event_types(ALICE).await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated"
        ]
    );
}

#[actix_web::test]
async fn a_manual_payment_is_held_and_captured_in_part() {
    let stripe = start().await;
    let held = stripe
        .payment(
            ALICE,
            "capture_method=manual&confirm=true&payment_method=pm_card_visa",
        )
        .await;
    assert_eq!(held.body["status"], "requires_capture");
    assert_eq!(held.body["amount_capturable"], 2000);
    assert_eq!(held.body["amount_received"], 0);
    let path = format!("/v1/payment_intents/{}/capture", held.id());
    let too_much = stripe.post(ALICE, &path, "amount_to_capture=2001").await;
    assert_eq!(
        too_much.error(),
        (400, Some("amount_too_large"), Some("amount_to_capture"))
    );
    let taken = stripe
        .post(
            ALICE,
            &path,
            "amount_to_capture=1500&expand[0]=latest_charge",
        )
        .await;
    assert_eq!(taken.body["status"], "succeeded");
    assert_eq!(taken.body["amount_received"], 1500);
    assert_eq!(taken.body["amount_capturable"], 0);
    assert_eq!(taken.body["latest_charge"]["amount_captured"], 1500);
    assert_eq!(taken.body["latest_charge"]["amount_refunded"], 500);
    assert_eq!(taken.body["latest_charge"]["refunded"], false);
    let again = stripe.post(ALICE, &path, "").await;
    assert_eq!(
        again.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
    assert_eq!(again.body["error"]["payment_intent"]["id"], held.id());
    assert_eq!(
        stripe.event_types(ALICE).await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated",
            "charge.captured",
            "payment_intent.succeeded"
        ]
    );
}

#[actix_web::test]
async fn cancelling_releases_a_held_payment_and_ends_it() {
    let stripe = start().await;
    let held = stripe
        .payment(
            ALICE,
            "capture_method=manual&confirm=true&payment_method=pm_card_visa",
        )
        .await;
    let path = format!("/v1/payment_intents/{}", held.id());
    let gone = stripe
        .post(
            ALICE,
            &format!("{path}/cancel"),
            "cancellation_reason=abandoned&expand[]=latest_charge",
        )
        .await;
    assert_eq!(gone.body["status"], "canceled");
    assert_eq!(gone.body["cancellation_reason"], "abandoned");
    assert_eq!(gone.body["canceled_at"], crate::harness::NOW);
    assert_eq!(gone.body["latest_charge"]["refunded"], true);
    for action in ["cancel", "capture", "confirm"] {
        let refused = stripe.post(ALICE, &format!("{path}/{action}"), "").await;
        assert_eq!(
            refused.error(),
            (400, Some("payment_intent_unexpected_state"), None),
            "{action}"
        );
        assert_eq!(
            refused.body["error"]["payment_intent"]["status"],
            "canceled"
        );
    }
    let paid = stripe
        .payment(ALICE, "confirm=true&payment_method=pm_card_visa")
        .await;
    let late = stripe
        .post(
            ALICE,
            &format!("/v1/payment_intents/{}/cancel", paid.id()),
            "",
        )
        .await;
    assert_eq!(
        late.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
}

#[actix_web::test]
async fn a_declined_payment_can_be_paid_again() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "").await;
    let confirm = format!("/v1/payment_intents/{}/confirm", made.id());
    let declined = stripe
        .post(
            ALICE,
            &confirm,
            "payment_method=pm_card_visa_chargeDeclinedInsufficientFunds",
        )
        .await;
    assert_eq!(declined.status, 402);
    let error = &declined.body["error"];
    assert_eq!(error["type"], "card_error");
    assert_eq!(error["code"], "card_declined");
    assert_eq!(error["decline_code"], "insufficient_funds");
    assert_eq!(error["message"], "Your card has insufficient funds.");
    assert_eq!(error["payment_method"]["card"]["last4"], "9995");
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    assert_eq!(error["payment_intent"]["payment_method"], json!(null));
    assert_eq!(
        error["payment_intent"]["last_payment_error"]["decline_code"],
        "insufficient_funds"
    );
    assert_eq!(error["payment_intent"]["latest_charge"], error["charge"]);
    assert_eq!(declined.header("Stripe-Should-Retry"), Some("false"));
    let bare = stripe.post(ALICE, &confirm, "").await;
    assert_eq!(
        bare.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
    let paid = stripe
        .post(ALICE, &confirm, "payment_method=pm_card_visa")
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    assert_eq!(paid.body["last_payment_error"], json!(null));
    assert_eq!(
        stripe.event_types(ALICE).await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated"
        ]
    );
}

#[actix_web::test]
async fn a_challenge_is_passed_or_failed() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "capture_method=manual").await;
    let control = format!("/payment_intents/{}", made.id());
    let pay = json!({ "payment_method": "pm_card_authenticationRequired" });
    let asked = stripe
        .control("POST", &format!("{control}/pay"), pay.clone())
        .await;
    assert_eq!(asked.body["status"], "requires_action");
    assert_eq!(asked.body["next_action"]["type"], "use_stripe_sdk");
    let failed = stripe
        .control(
            "POST",
            &format!("{control}/authenticate"),
            json!({ "outcome": "fail" }),
        )
        .await;
    assert_eq!(failed.body["status"], "requires_payment_method");
    assert_eq!(
        failed.body["last_payment_error"]["code"],
        "payment_intent_authentication_failure"
    );
    assert_eq!(failed.body["last_payment_error"]["type"], "card_error");
    assert_eq!(failed.body["latest_charge"], json!(null));
    let idle = stripe
        .control(
            "POST",
            &format!("{control}/authenticate"),
            json!({ "outcome": "success" }),
        )
        .await;
    assert_eq!(idle.status, 409);
    stripe.control("POST", &format!("{control}/pay"), pay).await;
    let passed = stripe
        .control(
            "POST",
            &format!("{control}/authenticate"),
            json!({ "outcome": "success" }),
        )
        .await;
    assert_eq!(passed.body["status"], "requires_capture");
    assert_eq!(
        stripe.event_types(ALICE).await,
        [
            "payment_intent.created",
            "payment_intent.requires_action",
            "payment_intent.payment_failed",
            "payment_intent.requires_action",
            "charge.succeeded",
            "payment_intent.amount_capturable_updated"
        ]
    );
}

#[actix_web::test]
async fn a_card_can_be_declined_after_the_challenge_or_for_an_absent_shopper() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "").await;
    let control = format!("/payment_intents/{}", made.id());
    let pay = json!({ "payment_method": "pm_card_threeDSecureRequiredChargeDeclined" });
    stripe.control("POST", &format!("{control}/pay"), pay).await;
    let declined = stripe
        .control(
            "POST",
            &format!("{control}/authenticate"),
            json!({ "outcome": "success" }),
        )
        .await;
    assert_eq!(
        declined.body["last_payment_error"]["decline_code"],
        "generic_decline"
    );
    let absent = stripe
        .payment(
            ALICE,
            "confirm=true&off_session=true&payment_method=pm_card_authenticationRequired",
        )
        .await;
    assert_eq!(absent.error(), (402, Some("authentication_required"), None));
    let prepared = stripe
        .payment(ALICE, "confirm=true&off_session=true&payment_method=pm_card_authenticationRequiredSetupForOffSession")
        .await;
    assert_eq!(prepared.body["status"], "succeeded");
}

#[actix_web::test]
async fn a_hosted_challenge_leads_back_to_the_merchant() {
    let stripe = start().await;
    let asked = stripe
        .payment(ALICE, "confirm=true&payment_method=pm_card_authenticationRequired&return_url=https://shop.example/back?a=1")
        .await;
    let action = &asked.body["next_action"];
    assert_eq!(action["type"], "redirect_to_url");
    let url = action["redirect_to_url"]["url"].as_str().unwrap();
    let path = url.strip_prefix(&stripe.url()).unwrap().to_owned();
    assert_eq!(stripe.get(ALICE_PK, &path).await.status, 200);
    let (page, secret) = path.split_once("?client_secret=").unwrap();
    let wrong = json!({ "outcome": "success", "client_secret": "pi_guess_secret_guess" });
    let finish = |body| crate::harness::read(stripe.request("POST", "", page).json(body));
    assert_eq!(finish(&wrong).await.status, 404);
    let done = finish(&json!({ "outcome": "success", "client_secret": secret })).await;
    let expected = format!(
        "https://shop.example/back?a=1&payment_intent={}&payment_intent_client_secret={secret}&redirect_status=succeeded",
        asked.id()
    );
    assert_eq!(done.body["redirect"], expected);
}

#[actix_web::test]
async fn an_open_payment_can_be_changed_and_a_paid_one_only_described() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "metadata[a]=1&metadata[b]=2").await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let changed = stripe
        .post(ALICE, &path, "amount=2500&currency=eur&metadata[a]=&metadata[c]=3&description=New&payment_method=pm_card_visa")
        .await;
    assert_eq!(changed.body["amount"], 2500);
    assert_eq!(changed.body["currency"], "eur");
    assert_eq!(changed.body["metadata"], json!({ "b": "2", "c": "3" }));
    assert_eq!(changed.body["status"], "requires_confirmation");
    let paid = stripe.post(ALICE, &format!("{path}/confirm"), "").await;
    assert_eq!(paid.body["status"], "succeeded");
    let late = stripe.post(ALICE, &path, "amount=3000").await;
    assert_eq!(
        late.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
    let described = stripe.post(ALICE, &path, "description=&metadata=").await;
    assert_eq!(described.body["description"], json!(null));
    assert_eq!(described.body["metadata"], json!({}));
    assert_eq!(described.body["amount"], 2500);
}

#[actix_web::test]
async fn automatic_payment_methods_need_a_way_back() {
    let stripe = start().await;
    let form = "amount=2000&currency=usd&confirm=true&payment_method=pm_card_visa&automatic_payment_methods[enabled]=true";
    assert_eq!(
        stripe
            .post(ALICE, "/v1/payment_intents", form)
            .await
            .error(),
        (400, None, None)
    );
    for more in [
        "return_url=https://shop.example/",
        "automatic_payment_methods[allow_redirects]=never",
    ] {
        let paid = stripe
            .post(ALICE, "/v1/payment_intents", &format!("{form}&{more}"))
            .await;
        assert_eq!(paid.body["status"], "succeeded", "{more}: {}", paid.body);
    }
}

#[actix_web::test]
async fn a_tampered_payment_says_what_a_test_wants_and_works_as_before() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "").await;
    let control = format!("/payment_intents/{}", made.id());
    stripe
        .control(
            "POST",
            &control,
            json!({ "amount": 1, "currency": "jpy", "livemode": true }),
        )
        .await;
    let read = stripe
        .get(ALICE, &format!("/v1/payment_intents/{}", made.id()))
        .await;
    assert_eq!(read.body["amount"], 1);
    assert_eq!(read.body["currency"], "jpy");
    assert_eq!(read.body["livemode"], true);
    let paid = stripe
        .control("POST", &format!("{control}/pay"), json!(null))
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    assert_eq!(paid.body["amount_received"], 2000);
}
