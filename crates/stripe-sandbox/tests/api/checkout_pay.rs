//! Checkout sessions that are paid: what completes, in which order it is told, and that it is once.

use serde_json::{Value, json};

use crate::checkout_create::{TEA, session};
use crate::harness::{ALICE, Reply, Stripe, start};

async fn pay(stripe: &Stripe, session: &Reply, body: Value) -> Reply {
    let path = format!("/checkout/sessions/{}/pay", session.id());
    stripe.control("POST", &path, body).await
}

async fn authenticate(stripe: &Stripe, paid: &Reply, outcome: &str) {
    let intent = paid.body["payment_intent"].as_str().unwrap();
    let path = format!("/payment_intents/{intent}/authenticate");
    let answer = stripe
        .control("POST", &path, json!({ "outcome": outcome }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn now(stripe: &Stripe, session: &Reply) -> Value {
    let path = format!(
        "/v1/checkout/sessions/{}?expand[]=payment_intent",
        session.id()
    );
    stripe.get(ALICE, &path).await.body
}

/// The types of the events about the session and its payment, without those of the catalogue.
async fn told(stripe: &Stripe) -> Vec<String> {
    let mut types = stripe.event_types(ALICE).await;
    types.retain(|kind| !kind.starts_with("product.") && !kind.starts_with("price."));
    types
}

#[actix_web::test]
async fn a_paid_session_is_complete_and_told_after_its_payment() {
    let stripe = start().await;
    let more = format!(
        "{TEA}&customer_creation=always&metadata[order]=7&payment_intent_data[metadata][order]=8&payment_intent_data[description]=Tea&phone_number_collection[enabled]=true"
    );
    let made = session(&stripe, &more).await;
    let payer = json!({ "email": "ann@shop.example", "name": "Ann", "phone": "+49 1" });
    let paid = pay(&stripe, &made, payer).await;
    assert_eq!(paid.status, 200, "{}", paid.body);
    let complete = now(&stripe, &made).await;
    assert_eq!(complete["status"], "complete");
    assert_eq!(complete["payment_status"], "paid");
    assert_eq!(complete["url"], json!(null));
    assert_eq!(complete["customer_details"]["email"], "ann@shop.example");
    assert_eq!(complete["customer_details"]["tax_exempt"], "none");
    let intent = &complete["payment_intent"];
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount"], 2500);
    assert_eq!(intent["metadata"], json!({ "order": "8" }));
    assert_eq!(intent["description"], "Tea");
    assert_eq!(intent["customer"], complete["customer"]);
    let told = told(&stripe).await;
    let expected = [
        "customer.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ];
    assert_eq!(&told[..5], &expected);
    let again = pay(&stripe, &made, json!({ "phone": "1" })).await;
    assert_eq!(again.status, 200);
    let charges = stripe.get(ALICE, "/v1/charges").await;
    assert_eq!(charges.body["data"].as_array().map(Vec::len), Some(1));
    let list = stripe
        .get(ALICE, "/v1/checkout/sessions?status=complete")
        .await;
    assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn a_declined_card_leaves_the_session_open_for_another() {
    let stripe = start().await;
    let made = session(&stripe, TEA).await;
    let declined = pay(
        &stripe,
        &made,
        json!({ "payment_method": "pm_card_visa_chargeDeclined" }),
    )
    .await;
    assert_eq!(declined.body["status"], "open", "{}", declined.body);
    let first = declined.body["payment_intent"].clone();
    let paid = pay(&stripe, &made, json!({})).await;
    assert_eq!(paid.body["status"], "complete", "{}", paid.body);
    assert_eq!(
        paid.body["payment_intent"], first,
        "the same payment is tried again"
    );
    assert_eq!(paid.body["customer"], json!(null));
}

#[actix_web::test]
async fn a_challenge_completes_the_session_wherever_it_is_passed() {
    let stripe = start().await;
    let made = session(&stripe, TEA).await;
    let card = json!({ "payment_method": "pm_card_threeDSecure2Required" });
    let waiting = pay(&stripe, &made, card.clone()).await;
    assert_eq!(waiting.body["status"], "open", "{}", waiting.body);
    authenticate(&stripe, &waiting, "fail").await;
    assert_eq!(now(&stripe, &made).await["status"], "open");
    let waiting = pay(&stripe, &made, card).await;
    authenticate(&stripe, &waiting, "success").await;
    assert_eq!(now(&stripe, &made).await["payment_status"], "paid");
}

#[actix_web::test]
async fn an_expired_session_takes_no_money_any_more() {
    let stripe = start().await;
    let made = session(&stripe, TEA).await;
    let card = json!({ "payment_method": "pm_card_threeDSecure2Required" });
    let waiting = pay(&stripe, &made, card).await;
    assert_eq!(waiting.body["status"], "open");
    stripe.advance(24 * 60 * 60);
    let expired = now(&stripe, &made).await;
    assert_eq!(expired["status"], "expired");
    assert_eq!(expired["payment_intent"]["status"], "canceled");
    assert_eq!(pay(&stripe, &made, json!({})).await.status, 409);
}

#[actix_web::test]
async fn money_that_comes_later_is_told_of_when_it_comes_or_does_not() {
    let stripe = start().await;
    for (outcome, status, event) in [
        (
            "succeeded",
            "paid",
            "checkout.session.async_payment_succeeded",
        ),
        ("failed", "unpaid", "checkout.session.async_payment_failed"),
    ] {
        let made = session(&stripe, TEA).await;
        let begun = pay(&stripe, &made, json!({ "pays_later": true })).await;
        assert_eq!(begun.body["status"], "complete", "{}", begun.body);
        assert_eq!(begun.body["payment_status"], "unpaid");
        assert_eq!(
            now(&stripe, &made).await["payment_intent"]["status"],
            "processing"
        );
        let path = format!("/checkout/sessions/{}/settle", made.id());
        let settled = stripe
            .control("POST", &path, json!({ "outcome": outcome }))
            .await;
        assert_eq!(settled.body["payment_status"], status, "{}", settled.body);
        let told = stripe.get(ALICE, &format!("/v1/events?type={event}")).await;
        assert_eq!(told.body["data"][0]["data"]["object"]["id"], made.id());
        let twice = stripe
            .control("POST", &path, json!({ "outcome": outcome }))
            .await;
        assert_eq!(twice.status, 409);
    }
    let completed = stripe
        .get(ALICE, "/v1/events?type=checkout.session.completed")
        .await;
    assert_eq!(completed.body["data"].as_array().map(Vec::len), Some(2));
}

#[actix_web::test]
async fn what_costs_nothing_needs_no_payment_and_held_money_is_unpaid() {
    let stripe = start().await;
    let free = TEA.replace("=1250", "=0");
    let made = session(&stripe, &free).await;
    let done = pay(&stripe, &made, json!({})).await;
    assert_eq!(
        done.body["payment_status"], "no_payment_required",
        "{}",
        done.body
    );
    assert_eq!(done.body["payment_intent"], json!(null));
    let made = session(
        &stripe,
        &format!("{TEA}&payment_intent_data[capture_method]=manual"),
    )
    .await;
    let held = pay(&stripe, &made, json!({})).await;
    assert_eq!(held.body["status"], "complete");
    assert_eq!(held.body["payment_status"], "unpaid");
}

#[actix_web::test]
async fn what_the_shop_asks_for_has_to_be_answered() {
    let stripe = start().await;
    let more = format!(
        "{TEA}&shipping_address_collection[allowed_countries][0]=DE&consent_collection[terms_of_service]=required&custom_fields[0][key]=size&custom_fields[0][label][type]=custom&custom_fields[0][label][custom]=Size&custom_fields[0][type]=dropdown&custom_fields[0][dropdown][options][0][label]=Small&custom_fields[0][dropdown][options][0][value]=s"
    );
    let made = session(&stripe, &more).await;
    let address =
        json!({ "line1": "Am Markt 1", "city": "Ulm", "postal_code": "89073", "country": "DE" });
    let mut payer = json!({ "shipping": { "name": "Ann", "address": address },
        "accepts_terms": true, "custom_fields": { "size": "s" } });
    for (pointer, wrong) in [
        ("/shipping", json!(null)),
        ("/shipping/address/country", json!("US")),
        ("/accepts_terms", json!(false)),
        ("/custom_fields/size", json!("xl")),
        ("/custom_fields", json!({})),
    ] {
        let mut wrong_payer = payer.clone();
        *wrong_payer.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(
            pay(&stripe, &made, wrong_payer).await.status,
            409,
            "{pointer}"
        );
    }
    payer["name"] = json!("Ann");
    let paid = pay(&stripe, &made, payer).await;
    assert_eq!(paid.body["status"], "complete", "{}", paid.body);
    assert_eq!(paid.body["consent"]["terms_of_service"], "accepted");
    assert_eq!(paid.body["custom_fields"][0]["dropdown"]["value"], "s");
    let shipping = &paid.body["collected_information"]["shipping_details"];
    assert_eq!(shipping["address"]["city"], "Ulm");
    assert_eq!(
        now(&stripe, &made).await["payment_intent"]["shipping"]["name"],
        "Ann"
    );
}
