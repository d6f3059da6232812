//! Saved cards: whose they are, and what can be done with them.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_PK, BOB, Stripe, start};

const ATTACH: &str = "/v1/payment_methods/pm_card_visa/attach";

async fn customer(stripe: &Stripe) -> String {
    let made = stripe
        .post(ALICE, "/v1/customers", "email=a@shop.example")
        .await;
    made.id().to_owned()
}

async fn saved(stripe: &Stripe, customer: &str, name: &str) -> Value {
    let path = format!("/v1/payment_methods/{name}/attach");
    let saved = stripe
        .post(ALICE, &path, &format!("customer={customer}"))
        .await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    saved.body
}

fn ids(list: &Value) -> Vec<&str> {
    let items = list["data"].as_array().unwrap();
    items
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn a_card_is_saved_listed_changed_and_detached_for_good() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let card = saved(&stripe, &customer, "pm_card_visa").await;
    assert_eq!(card["customer"], customer);
    let id = card["id"].as_str().unwrap();
    let other = saved(&stripe, &customer, "pm_card_mastercard").await;
    let other = other["id"].as_str().unwrap();
    for path in [
        format!("/v1/payment_methods?customer={customer}&type=card"),
        format!("/v1/customers/{customer}/payment_methods"),
    ] {
        let list = stripe.get(ALICE, &path).await;
        assert_eq!(ids(&list.body), [other, id], "{path}");
    }
    let one = format!("/v1/customers/{customer}/payment_methods/{id}");
    assert_eq!(stripe.get(ALICE, &one).await.body["id"], id);
    let path = format!("/v1/payment_methods/{id}");
    let form = "card[exp_year]=2033&billing_details[name]=Ann&metadata[a]=1&allow_redisplay=always";
    let changed = stripe.post(ALICE, &path, form).await;
    assert_eq!(changed.body["card"]["exp_year"], 2033);
    assert_eq!(changed.body["billing_details"]["name"], "Ann");
    assert_eq!(changed.body["allow_redisplay"], "always");
    let gone = stripe.post(ALICE, &format!("{path}/detach"), "").await;
    assert_eq!(gone.body["customer"], json!(null));
    let again = stripe.post(ALICE, &format!("{path}/detach"), "").await;
    assert_eq!(again.error().1, Some("payment_method_unexpected_state"));
    let back = stripe
        .post(
            ALICE,
            &format!("{path}/attach"),
            &format!("customer={customer}"),
        )
        .await;
    assert_eq!(back.error().0, 400);
    let pay = format!("confirm=true&payment_method={id}");
    let message = stripe.payment(ALICE, &pay).await.body["error"]["message"].clone();
    assert!(
        message
            .as_str()
            .unwrap()
            .contains("It may not be used again"),
        "{message}"
    );
    let told = stripe.event_types(ALICE).await;
    let expected = [
        "customer.created",
        "payment_method.attached",
        "payment_method.attached",
        "payment_method.updated",
        "payment_method.detached",
    ];
    assert_eq!(told, expected);
    let told = stripe
        .get(ALICE, "/v1/events?type=payment_method.detached")
        .await;
    let previous = json!({ "customer": customer });
    assert_eq!(
        told.body["data"][0]["data"]["previous_attributes"],
        previous
    );
}

#[actix_web::test]
async fn a_default_card_must_be_the_customers_own() {
    let stripe = start().await;
    let form = "payment_method=pm_card_visa&invoice_settings[default_payment_method]=pm_card_visa";
    let made = stripe.post(ALICE, "/v1/customers", form).await;
    let card = made.body["invoice_settings"]["default_payment_method"].clone();
    let path = format!("/v1/payment_methods/{}", card.as_str().unwrap());
    assert_eq!(stripe.get(ALICE, &path).await.body["customer"], made.id());
    let stranger = customer(&stripe).await;
    let form = format!(
        "invoice_settings[default_payment_method]={}",
        card.as_str().unwrap()
    );
    let refused = stripe
        .post(ALICE, &format!("/v1/customers/{stranger}"), &form)
        .await;
    let param = Some("invoice_settings[default_payment_method]");
    assert_eq!(refused.error(), (400, Some("resource_missing"), param));
    stripe.post(ALICE, &format!("{path}/detach"), "").await;
    let left = stripe
        .get(ALICE, &format!("/v1/customers/{}", made.id()))
        .await;
    assert_eq!(
        left.body["invoice_settings"]["default_payment_method"],
        json!(null)
    );
}

#[actix_web::test]
async fn cards_that_are_declined_cannot_be_saved() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let form = format!("customer={customer}");
    let path = "/v1/payment_methods/pm_card_visa_chargeDeclined/attach";
    assert_eq!(
        stripe.post(ALICE, path, &form).await.error().1,
        Some("card_declined")
    );
    let card = saved(&stripe, &customer, "pm_card_chargeCustomerFail").await;
    let pay = format!(
        "customer={customer}&confirm=true&off_session=true&payment_method={}",
        card["id"].as_str().unwrap()
    );
    let declined = stripe.payment(ALICE, &pay).await;
    assert_eq!(declined.error(), (402, Some("card_declined"), None));
    let form = "payment_method=pm_card_visa_chargeDeclined&email=x@shop.example";
    assert_eq!(stripe.post(ALICE, "/v1/customers", form).await.status, 402);
    let nobody = stripe
        .get(ALICE, "/v1/customers?email=x@shop.example")
        .await;
    assert_eq!(nobody.body["data"], json!([]));
}

#[actix_web::test]
async fn a_saved_card_pays_for_its_customer_only() {
    let stripe = start().await;
    let (ann, bob) = (customer(&stripe).await, customer(&stripe).await);
    let card = saved(&stripe, &ann, "pm_card_visa").await;
    let id = card["id"].as_str().unwrap();
    for more in [String::new(), format!("customer={bob}&")] {
        let refused = stripe
            .payment(ALICE, &format!("{more}confirm=true&payment_method={id}"))
            .await;
        assert_eq!(
            refused.error(),
            (400, None, Some("payment_method")),
            "{more}"
        );
    }
    let form = format!(
        "customer={ann}&confirm=true&off_session=true&payment_method={id}&expand[]=latest_charge.customer"
    );
    for _ in 0..2 {
        let paid = stripe.payment(ALICE, &form).await;
        assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
        assert_eq!(paid.body["latest_charge"]["customer"]["id"], ann);
    }
    let list = stripe
        .get(ALICE, &format!("/v1/payment_intents?customer={ann}"))
        .await;
    assert_eq!(ids(&list.body).len(), 2);
    let missing = stripe
        .get(ALICE, "/v1/payment_intents?customer=cus_none")
        .await;
    assert_eq!(
        missing.error(),
        (400, Some("resource_missing"), Some("customer"))
    );
    assert_eq!(
        stripe
            .post(BOB, ATTACH, &format!("customer={ann}"))
            .await
            .error()
            .0,
        400
    );
}

#[actix_web::test]
async fn a_card_that_was_used_once_without_a_customer_is_used_up() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let token = stripe
        .post(
            ALICE,
            "/v1/payment_methods",
            "type=card&card[token]=tok_mastercard",
        )
        .await;
    assert_eq!(token.body["card"]["brand"], "mastercard");
    let form = format!("confirm=true&payment_method={}", token.id());
    assert_eq!(
        stripe.payment(ALICE, &form).await.body["status"],
        "succeeded"
    );
    assert_eq!(stripe.payment(ALICE, &form).await.error().0, 400);
    let path = format!("/v1/payment_methods/{}/attach", token.id());
    let refused = stripe
        .post(ALICE, &path, &format!("customer={customer}"))
        .await;
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("This PaymentMethod was previously used"),
        "{message}"
    );
}

#[actix_web::test]
async fn a_payment_saves_the_card_where_it_is_asked_to() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let form = format!("customer={customer}&setup_future_usage=off_session");
    let made = stripe.payment(ALICE, &form).await;
    let pay = json!({ "payment_method": "pm_card_authenticationRequiredOnSetup" });
    let control = format!("/payment_intents/{}", made.id());
    stripe.control("POST", &format!("{control}/pay"), pay).await;
    let passed = json!({ "outcome": "success" });
    let paid = stripe
        .control("POST", &format!("{control}/authenticate"), passed)
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    let card = paid.body["payment_method"].as_str().unwrap();
    let list = stripe
        .get(ALICE, &format!("/v1/customers/{customer}/payment_methods"))
        .await;
    assert_eq!(ids(&list.body), [card]);
    let form = format!("customer={customer}&confirm=true&off_session=true&payment_method={card}");
    assert_eq!(
        stripe.payment(ALICE, &form).await.body["status"],
        "succeeded"
    );
    let fresh = saved(&stripe, &customer, "pm_card_authenticationRequiredOnSetup").await;
    let form = form.replace(card, fresh["id"].as_str().unwrap());
    let absent = stripe.payment(ALICE, &form).await;
    assert_eq!(absent.error().1, Some("authentication_required"));
    assert!(absent.body["error"]["charge"].is_string());
}

#[actix_web::test]
async fn only_cards_are_active_and_tokens_have_to_be_known() {
    let stripe = start().await;
    for (form, param) in [
        (
            "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000",
            "type",
        ),
        ("type=card&card[token]=tok_unheard_of", "card[token]"),
        ("card[token]=tok_visa", "type"),
        ("type=card", "card"),
    ] {
        let refused = stripe.post(ALICE_PK, "/v1/payment_methods", form).await;
        assert_eq!(refused.error().2, Some(param), "{form}: {}", refused.body);
        assert_eq!(refused.status, 400, "{form}");
    }
}
