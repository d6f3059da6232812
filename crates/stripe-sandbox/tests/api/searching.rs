//! The search endpoints.

use serde_json::{Value, json};

use crate::harness::{ALICE, Reply, Stripe, start};

async fn search(stripe: &Stripe, kind: &str, query: &str, more: &str) -> Reply {
    let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
    stripe
        .get(ALICE, &format!("/v1/{kind}/search?query={query}&{more}"))
        .await
}

#[actix_web::test]
async fn payments_charges_and_customers_are_found_page_by_page() {
    let stripe = start().await;
    let customer = stripe
        .post(ALICE, "/v1/customers", "email=ann@shop.example&name=Ann")
        .await;
    for order in 0..5 {
        let form = format!(
            "confirm=true&payment_method=pm_card_visa&customer={}&metadata[order]={}",
            customer.id(),
            order % 2
        );
        stripe.payment(ALICE, &form).await;
    }
    let query = r#"status:'succeeded' AND metadata["order"]:"0""#;
    let first = search(&stripe, "payment_intents", query, "limit=2").await;
    assert_eq!(
        (&first.body["object"], &first.body["has_more"]),
        (&json!("search_result"), &json!(true)),
        "{}",
        first.body
    );
    let page = first.body["next_page"].as_str().unwrap();
    let last = search(
        &stripe,
        "payment_intents",
        query,
        &format!("limit=2&page={page}"),
    )
    .await;
    let len = |reply: &Reply| reply.body["data"].as_array().map(Vec::len);
    assert_eq!(
        (len(&first), len(&last), &last.body["next_page"]),
        (Some(2), Some(1), &Value::Null)
    );
    let query = format!(
        "customer:'{}' AND payment_method_details.card.last4:4242",
        customer.id()
    );
    assert_eq!(len(&search(&stripe, "charges", &query, "").await), Some(5));
    let found = search(&stripe, "customers", "email~'shop.ex'", "").await;
    assert_eq!(found.body["data"][0]["id"], customer.id());
    for (query, more, param) in [
        ("colour:'red'", "", "query"),
        ("status", "", "query"),
        ("status:'succeeded'", "limit=101", "limit"),
        ("status:'succeeded'", "page=no", "page"),
    ] {
        let refused = search(&stripe, "payment_intents", query, more).await;
        assert_eq!(
            (refused.status, refused.error().2),
            (400, Some(param)),
            "{query} {more}"
        );
    }
}

#[actix_web::test]
async fn what_the_sandboxs_payments_cannot_do_is_refused_in_words() {
    let stripe = start().await;
    let held = stripe
        .payment(
            ALICE,
            "capture_method=manual&confirm=true&payment_method=pm_card_visa",
        )
        .await;
    let path = format!("/v1/payment_intents/{}", held.id());
    for (action, form, param) in [
        ("increment_authorization", "amount=3000", None),
        ("increment_authorization", "amount=2000", Some("amount")),
        ("apply_customer_balance", "", None),
        ("verify_microdeposits", "amounts[]=32&amounts[]=45", None),
        ("capture", "final_capture=false", Some("final_capture")),
        (
            "capture",
            "application_fee_amount=1",
            Some("application_fee_amount"),
        ),
    ] {
        let refused = stripe.post(ALICE, &format!("{path}/{action}"), form).await;
        assert_eq!(
            (refused.status, refused.error().2),
            (400, param),
            "{action}: {}",
            refused.body
        );
    }
    for (form, param) in [
        ("application_fee_amount=1", "application_fee_amount"),
        (
            "transfer_data[destination]=acct_2",
            "transfer_data[destination]",
        ),
        ("on_behalf_of=acct_2", "on_behalf_of"),
        (
            "hooks[inputs][tax][calculation]=taxcalc_1",
            "hooks[inputs][tax][calculation]",
        ),
        ("confirmation_token=ctoken_1", "confirmation_token"),
    ] {
        assert_eq!(
            stripe.payment(ALICE, form).await.error().2,
            Some(param),
            "{form}"
        );
    }
    let types = "amount=2000&currency=eur&allowed_payment_method_types[]=sepa_debit";
    assert_eq!(
        stripe
            .post(ALICE, "/v1/payment_intents", types)
            .await
            .error()
            .2,
        Some("allowed_payment_method_types")
    );
}

#[actix_web::test]
async fn a_payment_that_the_server_confirms_is_confirmed_twice() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "confirmation_method=manual").await;
    assert_eq!(made.body["confirmation_method"], "manual");
    let path = format!("/v1/payment_intents/{}/confirm", made.id());
    let secret = made.body["client_secret"].as_str().unwrap();
    let browser = stripe
        .post(
            crate::harness::ALICE_PK,
            &path,
            &format!("client_secret={secret}&payment_method=pm_card_visa"),
        )
        .await;
    assert_eq!(browser.status, 400);
    let asked = stripe
        .post(
            ALICE,
            &path,
            "payment_method=pm_card_authenticationRequired",
        )
        .await;
    assert_eq!(asked.body["status"], "requires_action");
    let control = format!("/payment_intents/{}/authenticate", made.id());
    let passed = stripe
        .control("POST", &control, json!({ "outcome": "success" }))
        .await;
    assert_eq!(passed.body["status"], "requires_confirmation");
    let wrong = stripe.post(ALICE, &path, "amount_to_confirm=1").await;
    assert_eq!(wrong.error().2, Some("amount_to_confirm"));
    let paid = stripe
        .post(
            ALICE,
            &path,
            "amount_to_confirm=2000&expand[]=latest_charge",
        )
        .await;
    assert_eq!(paid.body["status"], "succeeded");
    let details = &paid.body["latest_charge"]["payment_method_details"]["card"];
    assert_eq!(details["three_d_secure"]["result"], "authenticated");
}
