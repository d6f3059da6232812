//! Set-ups: cards kept for later, with and without a challenge, and those that cannot be kept.

use serde_json::{Value, json};

use crate::harness::{ALICE, ALICE_PK, Reply, Stripe, read, start};

const SETUPS: &str = "/v1/setup_intents";
const CARD_ONLY: &str = "allowed_payment_method_types[0]=card";

async fn setup(stripe: &Stripe, more: &str) -> Reply {
    let made = stripe
        .post(ALICE, SETUPS, &format!("{CARD_ONLY}&{more}"))
        .await;
    assert!(made.status == 200 || made.status == 402, "{}", made.body);
    made
}

async fn customer(stripe: &Stripe) -> String {
    stripe
        .post(ALICE, "/v1/customers", "")
        .await
        .id()
        .to_owned()
}

/// Passes or fails the challenge of the bank's page that `asked` leads to.
async fn challenge(stripe: &Stripe, asked: &Value, outcome: &str) -> Reply {
    let url = asked["next_action"]["redirect_to_url"]["url"]
        .as_str()
        .unwrap();
    let path = url.strip_prefix(&stripe.url()).unwrap();
    let (page, secret) = path.split_once("?client_secret=").unwrap();
    let body = json!({ "outcome": outcome, "client_secret": secret });
    read(stripe.request("POST", "", page).json(&body)).await
}

#[actix_web::test]
async fn a_card_is_set_up_for_a_customer_and_charged_later() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let done = setup(
        &stripe,
        &format!(
            "customer={customer}&confirm=true&payment_method=pm_card_visa&expand[]=latest_attempt"
        ),
    )
    .await;
    assert_eq!(done.body["status"], "succeeded");
    assert_eq!(done.body["latest_attempt"]["status"], "succeeded");
    assert_eq!(done.body["latest_attempt"]["setup_intent"], done.id());
    let card = done.body["payment_method"].as_str().unwrap();
    let form = format!("customer={customer}&confirm=true&off_session=true&payment_method={card}");
    assert_eq!(
        stripe.payment(ALICE, &form).await.body["status"],
        "succeeded"
    );
    let told = stripe.event_types(ALICE).await;
    let expected = [
        "customer.created",
        "setup_intent.created",
        "payment_method.attached",
        "setup_intent.succeeded",
    ];
    assert_eq!(told[..4], expected);
    for action in ["confirm", "cancel"] {
        let refused = stripe
            .post(ALICE, &format!("{SETUPS}/{}/{action}", done.id()), "")
            .await;
        assert_eq!(
            refused.error(),
            (400, Some("setup_intent_unexpected_state"), None),
            "{action}"
        );
        assert_eq!(refused.body["error"]["setup_intent"]["status"], "succeeded");
    }
    let list = stripe
        .get(
            ALICE,
            &format!("{SETUPS}?customer={customer}&payment_method={card}"),
        )
        .await;
    assert_eq!(list.body["data"][0]["id"], done.id());
}

#[actix_web::test]
async fn a_challenge_that_is_passed_lets_later_payments_go_without() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let made = setup(&stripe, &format!("customer={customer}")).await;
    let secret = made.body["client_secret"].as_str().unwrap();
    let confirm = format!("{SETUPS}/{}/confirm", made.id());
    let form = format!(
        "client_secret={secret}&payment_method=pm_card_authenticationRequiredOnSetup&return_url=https://shop.example/back"
    );
    let asked = stripe.post(ALICE_PK, &confirm, &form).await;
    assert_eq!(asked.body["status"], "requires_action", "{}", asked.body);
    assert_eq!(
        asked.body["customer"],
        json!(null),
        "Stripe.js does not see the customer"
    );
    let failed = challenge(&stripe, &asked.body, "fail").await;
    let redirect = failed.body["redirect"].as_str().unwrap();
    assert!(redirect.contains(&format!(
        "setup_intent={}&setup_intent_client_secret=",
        made.id()
    )));
    assert!(redirect.ends_with("redirect_status=failed"));
    let path = format!("{SETUPS}/{}", made.id());
    let after = stripe.get(ALICE, &path).await;
    assert_eq!(after.body["status"], "requires_payment_method");
    assert_eq!(
        after.body["last_setup_error"]["code"],
        "setup_intent_authentication_failure"
    );
    let asked = stripe.post(ALICE_PK, &confirm, &form).await;
    challenge(&stripe, &asked.body, "success").await;
    let done = stripe.get(ALICE, &path).await;
    assert_eq!(done.body["status"], "succeeded");
    assert_eq!(done.body["last_setup_error"], json!(null));
    let card = done.body["payment_method"].as_str().unwrap();
    let pay = format!("customer={customer}&confirm=true&payment_method={card}");
    assert_eq!(
        stripe
            .payment(ALICE, &format!("{pay}&off_session=true"))
            .await
            .body["status"],
        "succeeded"
    );
    assert_eq!(
        stripe.payment(ALICE, &pay).await.body["status"],
        "requires_action"
    );
    let attempts = stripe
        .get(
            ALICE,
            &format!("/v1/setup_attempts?setup_intent={}", made.id()),
        )
        .await;
    let states: Vec<_> = attempts.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(states, ["succeeded", "failed"]);
}

#[actix_web::test]
async fn a_declined_card_is_not_set_up() {
    let stripe = start().await;
    let declined = setup(
        &stripe,
        "confirm=true&payment_method=pm_card_visa_chargeDeclined",
    )
    .await;
    assert_eq!(declined.error(), (402, Some("card_declined"), None));
    let intent = &declined.body["error"]["setup_intent"];
    assert_eq!(intent["status"], "requires_payment_method");
    assert_eq!(
        intent["last_setup_error"]["decline_code"],
        "generic_decline"
    );
    assert_eq!(
        stripe.event_types(ALICE).await,
        ["setup_intent.created", "setup_intent.setup_failed"]
    );
    let kept = setup(
        &stripe,
        "confirm=true&payment_method=pm_card_chargeCustomerFail",
    )
    .await;
    assert_eq!(kept.body["status"], "succeeded");
}

#[actix_web::test]
async fn an_open_set_up_is_changed_and_given_up() {
    let stripe = start().await;
    let customer = customer(&stripe).await;
    let made = setup(&stripe, "usage=on_session&metadata[a]=1").await;
    assert_eq!(
        (&made.body["usage"], &made.body["status"]),
        (&json!("on_session"), &json!("requires_payment_method"))
    );
    let path = format!("{SETUPS}/{}", made.id());
    let form = format!(
        "customer={customer}&description=Later&payment_method=pm_card_visa&payment_method_options[card][request_three_d_secure]=any"
    );
    let changed = stripe.post(ALICE, &path, &form).await;
    assert_eq!(
        (&changed.body["status"], &changed.body["description"]),
        (&json!("requires_confirmation"), &json!("Later"))
    );
    assert_eq!(
        changed.body["payment_method_options"]["card"]["request_three_d_secure"],
        "any"
    );
    let gone = stripe
        .post(
            ALICE,
            &format!("{path}/cancel"),
            "cancellation_reason=abandoned",
        )
        .await;
    assert_eq!(
        (&gone.body["status"], &gone.body["cancellation_reason"]),
        (&json!("canceled"), &json!("abandoned"))
    );
    let late = stripe
        .post(ALICE, &path, "payment_method=pm_card_visa")
        .await;
    assert_eq!(
        late.error(),
        (400, Some("setup_intent_unexpected_state"), None)
    );
    assert_eq!(
        stripe.post(ALICE, &path, "metadata[b]=2").await.body["metadata"],
        json!({ "a": "1", "b": "2" })
    );
}

#[actix_web::test]
async fn what_a_set_up_cannot_have_is_refused() {
    let stripe = start().await;
    for (form, param) in [
        ("customer=cus_none", Some("customer")),
        ("attach_to_self=true", Some("attach_to_self")),
        ("usage=never", Some("usage")),
        (
            "payment_method_types[]=card&automatic_payment_methods[enabled]=true",
            None,
        ),
        ("confirm=true&payment_method=pm_card_visa", None),
        ("on_behalf_of=acct_1", Some("on_behalf_of")),
    ] {
        let refused = stripe.post(ALICE, SETUPS, form).await;
        assert_eq!(refused.status, 400, "{form}: {}", refused.body);
        if param.is_some() {
            assert_eq!(refused.error().2, param, "{form}");
        }
    }
    let made = setup(&stripe, "").await;
    let path = format!("{SETUPS}/{}/verify_microdeposits", made.id());
    assert_eq!(
        stripe
            .post(ALICE, &path, "amounts[]=32&amounts[]=45")
            .await
            .error()
            .1,
        Some("setup_intent_unexpected_state")
    );
}
