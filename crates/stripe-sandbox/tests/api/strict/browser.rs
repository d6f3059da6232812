//! What the publishable key may not do.

use serde_json::json;

use crate::harness::{ALICE, ALICE_PK, Reply, Stripe, start};

/// Confirms with the publishable key, as a browser does.
async fn confirm(stripe: &Stripe, kind: &str, made: &Reply, form: &str) -> Reply {
    let secret = made.body["client_secret"].as_str().unwrap();
    let path = format!("/v1/{kind}/{}/confirm", made.id());
    let form = format!("client_secret={secret}&return_url=https://shop.example/&{form}");
    stripe.post(ALICE_PK, &path, &form).await
}

async fn confirm_payment(stripe: &Stripe, made: &Reply, form: &str) -> Reply {
    confirm(stripe, "payment_intents", made, form).await
}

#[actix_web::test]
async fn a_paid_payment_is_not_rewritten_by_its_shopper() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "metadata[a]=1").await;
    let paid = confirm_payment(&stripe, &made, "payment_method=pm_card_visa").await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
    let path = format!("/v1/payment_intents/{}", made.id());
    let before = stripe.get(ALICE, &path).await.body;
    let form = "shipping[name]=Thief&shipping[address][line1]=Elsewhere&receipt_email=thief@example.com&setup_future_usage=off_session";
    let refused = confirm_payment(&stripe, &made, form).await;
    assert_eq!(
        refused.error(),
        (400, Some("payment_intent_unexpected_state"), None)
    );
    assert_eq!(stripe.get(ALICE, &path).await.body, before);
    let form = "payment_method_options[card][request_three_d_secure]=any&capture_method=manual";
    let confirm = format!("{path}/confirm");
    assert_eq!(stripe.post(ALICE, &confirm, form).await.status, 400);
    assert_eq!(stripe.get(ALICE, &path).await.body, before);
}

#[actix_web::test]
async fn a_refused_confirmation_of_a_set_up_changes_nothing() {
    let stripe = start().await;
    let form = "allowed_payment_method_types[0]=card&confirm=true&payment_method=pm_card_visa";
    let made = stripe.post(ALICE, "/v1/setup_intents", form).await;
    assert_eq!(made.body["status"], "succeeded", "{}", made.body);
    let path = format!("/v1/setup_intents/{}", made.id());
    let form = "payment_method_options[card][request_three_d_secure]=any";
    let refused = stripe.post(ALICE, &format!("{path}/confirm"), form).await;
    assert_eq!(
        refused.error(),
        (400, Some("setup_intent_unexpected_state"), None)
    );
    assert_eq!(stripe.get(ALICE, &path).await.body, made.body);
}

#[actix_web::test]
async fn what_is_the_merchants_to_decide_needs_the_secret_key() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "capture_method=manual").await;
    let moto = "payment_method_options[card][moto]";
    for (param, value) in [
        (moto, "true"),
        ("off_session", "true"),
        ("capture_method", "automatic"),
        (
            "payment_method_options[card][request_three_d_secure]",
            "any",
        ),
        ("error_on_requires_action", "true"),
    ] {
        let form = format!("payment_method=pm_card_visa&{param}={value}");
        let refused = confirm_payment(&stripe, &made, &form).await;
        assert_eq!(refused.error(), (400, None, Some(param)));
    }
    let path = format!("/v1/payment_intents/{}", made.id());
    let after = stripe.get(ALICE, &path).await;
    assert_eq!(
        (&after.body["status"], &after.body["capture_method"]),
        (&json!("requires_payment_method"), &json!("manual"))
    );
    let form = "allowed_payment_method_types[0]=card";
    let made = stripe.post(ALICE, "/v1/setup_intents", form).await;
    let form = format!("payment_method=pm_card_visa&{moto}=true");
    let refused = confirm(&stripe, "setup_intents", &made, &form).await;
    assert_eq!(refused.error(), (400, None, Some(moto)));
}

#[actix_web::test]
async fn a_browser_does_not_undo_what_the_merchant_said() {
    let stripe = start().await;
    let shipping = "shipping[name]=A&shipping[address][line1]=B";
    let fixed = stripe
        .payment(ALICE, &format!("{shipping}&setup_future_usage=off_session"))
        .await;
    let form = "payment_method=pm_card_visa&shipping[name]=Thief&shipping[address][line1]=C";
    let refused = confirm_payment(&stripe, &fixed, form).await;
    assert_eq!(refused.error(), (400, None, Some("shipping")));
    let less = "payment_method=pm_card_visa&setup_future_usage=on_session";
    let refused = confirm_payment(&stripe, &fixed, less).await;
    assert_eq!(refused.error(), (400, None, Some("setup_future_usage")));

    let free = stripe.payment(ALICE, "setup_future_usage=on_session").await;
    let declined = format!("payment_method=pm_card_visa_chargeDeclined&{shipping}");
    assert_eq!(
        confirm_payment(&stripe, &free, &declined).await.status,
        402,
        "the browser may set what nobody has set"
    );
    let again = format!("{form}&setup_future_usage=off_session");
    let paid = confirm_payment(&stripe, &free, &again).await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
    assert_eq!(paid.body["shipping"]["name"], "Thief");
    assert_eq!(paid.body["setup_future_usage"], "off_session");
}
