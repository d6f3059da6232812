//! What each function sends.

use secrecy::{ExposeSecret, SecretString};
use stripe_http::payment_intents::{
    self, CancelParams, CancellationReason, CaptureParams, CreateParams, UpdateParams,
};
use stripe_http::{
    API_VERSION, Error, Metadata, SetupIntentId, Unsendable, account, balance, setup_intents,
    webhook_endpoints,
};

use crate::stripe::{INTENT, KEY, Stripe, failed, intent_id, key, ok};

const SETUP: &str = r#"{"id":"seti_1","object":"setup_intent","status":"requires_payment_method",
    "client_secret":"seti_1_secret_FAKE","livemode":false}"#;

#[tokio::test]
async fn creating_a_payment_intent_pins_version_and_key() {
    let stripe = Stripe::playing([ok(INTENT)]).await;
    let mut params = CreateParams::new(4999, "eur");
    params.receipt_email = Some("max+test@example.com".to_owned());
    params.metadata.insert("order_id", "o&1").unwrap();

    let intent = payment_intents::create(&stripe.client(), &params, &key())
        .await
        .unwrap();

    assert_eq!(
        (intent.id.as_str(), intent.amount, intent.currency.as_str()),
        ("pi_1", 4999, "eur")
    );
    assert_eq!(
        intent.client_secret.unwrap().expose_secret(),
        "pi_1_secret_FAKECANARYCS"
    );
    let sent = &stripe.received()[0];
    assert_eq!(sent.line, "POST /v1/payment_intents HTTP/1.1");
    assert_eq!(
        sent.header("authorization"),
        Some(&*format!("Bearer {KEY}"))
    );
    assert_eq!(sent.header("stripe-version"), Some("2026-10-28.endive"));
    assert_eq!(API_VERSION, "2026-10-28.endive");
    assert_eq!(sent.header("idempotency-key"), Some("op_1"));
    assert_eq!(
        sent.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        sent.body,
        "amount=4999&currency=eur&capture_method=automatic&automatic_payment_methods%5Benabled%5D=true\
         &receipt_email=max%2Btest%40example.com&metadata%5Border_id%5D=o%261"
    );
}

#[tokio::test]
async fn every_mutation_has_its_path_and_the_key() {
    let stripe = Stripe::playing([ok(INTENT), ok(INTENT), ok(INTENT), ok(SETUP), ok(SETUP)]).await;
    let client = stripe.client();
    let setup_id = SetupIntentId::parse("seti_1").unwrap();
    let update = UpdateParams {
        amount: Some(5),
        ..UpdateParams::default()
    };
    let capture = CaptureParams {
        amount_to_capture: Some(7),
    };
    let cancel = CancelParams {
        cancellation_reason: Some(CancellationReason::RequestedByCustomer),
    };

    let updated = payment_intents::update(&client, &intent_id(), &update, &key())
        .await
        .unwrap();
    assert_eq!(updated.request_id.as_deref(), Some("req_OK"));
    payment_intents::capture(&client, &intent_id(), &capture, &key())
        .await
        .unwrap();
    payment_intents::cancel(&client, &intent_id(), &cancel, &key())
        .await
        .unwrap();
    setup_intents::create(&client, &setup_intents::CreateParams::default(), &key())
        .await
        .unwrap();
    setup_intents::cancel(&client, &setup_id, &key())
        .await
        .unwrap();

    let received = stripe.received();
    let sent: Vec<(&str, &str)> = received
        .iter()
        .map(|sent| (sent.line.as_str(), sent.body.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            ("POST /v1/payment_intents/pi_1 HTTP/1.1", "amount=5"),
            (
                "POST /v1/payment_intents/pi_1/capture HTTP/1.1",
                "amount_to_capture=7"
            ),
            (
                "POST /v1/payment_intents/pi_1/cancel HTTP/1.1",
                "cancellation_reason=requested_by_customer"
            ),
            (
                "POST /v1/setup_intents HTTP/1.1",
                "allowed_payment_method_types%5B0%5D=card"
            ),
            ("POST /v1/setup_intents/seti_1/cancel HTTP/1.1", ""),
        ]
    );
    assert!(
        received
            .iter()
            .all(|sent| sent.header("idempotency-key") == Some("op_1"))
    );
}

const ENDPOINT: &str = r#"{"id":"we_1","object":"webhook_endpoint","url":"https://pay.example.com/hook","status":"enabled",
    "enabled_events":["*"],"api_version":null,"metadata":{},"livemode":false,"secret":"whsec_FAKECANARY"}"#;

#[tokio::test]
async fn webhook_endpoints_are_made_changed_and_deleted() {
    let gone = r#"{"id":"we_1","object":"webhook_endpoint","deleted":true}"#;
    let missing = failed(404, &[], "resource_missing");
    let stripe = Stripe::playing([ok(ENDPOINT), ok(ENDPOINT), ok(gone), missing]).await;
    let client = stripe.client();
    let mut metadata = Metadata::default();
    metadata.insert("mine", "1").unwrap();
    let params = webhook_endpoints::CreateParams {
        url: "https://pay.example.com/hook".to_owned(),
        enabled_events: vec!["a".to_owned(), "b".to_owned()],
        api_version: API_VERSION.to_owned(),
        description: "Ours".to_owned(),
        metadata,
    };
    let made = webhook_endpoints::create(&client, &params, &key())
        .await
        .unwrap();
    assert_eq!(made.secret.unwrap().expose_secret(), "whsec_FAKECANARY");
    assert_eq!(made.api_version, None);
    let change = webhook_endpoints::UpdateParams {
        disabled: Some(false),
        ..webhook_endpoints::UpdateParams::default()
    };
    webhook_endpoints::update(&client, &made.id, &change, &key())
        .await
        .unwrap();
    // Once deleted, it may be deleted again.
    for _ in 0..2 {
        webhook_endpoints::delete(&client, &made.id).await.unwrap();
    }
    let received = stripe.received();
    let sent: Vec<_> = received
        .iter()
        .map(|sent| {
            (
                sent.line.as_str(),
                sent.header("idempotency-key"),
                sent.body.as_str(),
            )
        })
        .collect();
    let deletion = ("DELETE /v1/webhook_endpoints/we_1 HTTP/1.1", None, "");
    assert_eq!(
        sent,
        [
            (
                "POST /v1/webhook_endpoints HTTP/1.1",
                Some("op_1"),
                "url=https%3A%2F%2Fpay.example.com%2Fhook&enabled_events%5B0%5D=a&enabled_events%5B1%5D=b\
                 &api_version=2026-10-28.endive&description=Ours&metadata%5Bmine%5D=1"
            ),
            (
                "POST /v1/webhook_endpoints/we_1 HTTP/1.1",
                Some("op_1"),
                "disabled=false"
            ),
            deletion,
            deletion,
        ]
    );
}

#[tokio::test]
async fn webhook_endpoints_are_listed_to_the_end() {
    let page = |id: &str, has_more: bool| {
        let endpoint = ENDPOINT.replace("we_1", id);
        ok(&format!(
            r#"{{"object":"list","data":[{endpoint}],"has_more":{has_more}}}"#
        ))
    };
    let stripe = Stripe::playing([page("we_2", true), page("we_1", false)]).await;
    let all = webhook_endpoints::list(&stripe.client()).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["we_2", "we_1"]);
    let received = stripe.received();
    assert_eq!(
        received[1].line,
        "GET /v1/webhook_endpoints?limit=100&starting_after=we_2 HTTP/1.1"
    );
}

#[tokio::test]
async fn reads_carry_no_idempotency_key() {
    let account = r#"{"id":"acct_1EXAMPLE","object":"account","country":"DE","default_currency":"eur","charges_enabled":true}"#;
    let balance = r#"{"object":"balance","livemode":true,"available":[{"amount":-5,"currency":"eur","source_types":{}}]}"#;
    let stripe = Stripe::playing([ok(account), ok(balance), ok(INTENT)]).await;
    let client = stripe.client();

    let account = account::retrieve(&client).await.unwrap();
    let balance = balance::retrieve(&client).await.unwrap();
    payment_intents::retrieve(&client, &intent_id())
        .await
        .unwrap();

    assert_eq!(
        (
            account.id.as_str(),
            account.country.as_deref(),
            account.charges_enabled
        ),
        ("acct_1EXAMPLE", Some("DE"), true)
    );
    assert!(balance.livemode);
    assert_eq!(
        (balance.available[0].amount, balance.pending.len()),
        (-5, 0)
    );
    let received = stripe.received();
    let lines: Vec<&str> = received.iter().map(|sent| sent.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/account HTTP/1.1",
            "GET /v1/balance HTTP/1.1",
            "GET /v1/payment_intents/pi_1 HTTP/1.1"
        ]
    );
    assert!(
        received
            .iter()
            .all(|sent| sent.header("idempotency-key").is_none() && sent.body.is_empty())
    );
}

#[tokio::test]
async fn a_setup_intent_is_read_with_the_publishable_key() {
    let stripe = Stripe::playing([ok(SETUP)]).await;
    let id = SetupIntentId::parse("seti_1").unwrap();
    let secret = SecretString::from("seti_1_secret_FAKE&x=/");

    let intent = setup_intents::retrieve_with_publishable_key(
        &stripe.transport(),
        "pk_test_FAKE",
        &id,
        &secret,
    )
    .await
    .unwrap();

    assert_eq!(
        (intent.id, intent.status),
        (id, setup_intents::Status::RequiresPaymentMethod)
    );
    let sent = &stripe.received()[0];
    assert_eq!(
        sent.line,
        "GET /v1/setup_intents/seti_1?client_secret=seti_1_secret_FAKE%26x%3D%2F HTTP/1.1"
    );
    assert_eq!(sent.header("authorization"), Some("Bearer pk_test_FAKE"));
}

#[tokio::test]
async fn each_client_sends_its_own_key() {
    let stripe = Stripe::playing([ok(INTENT), ok(INTENT), ok(INTENT)]).await;
    let transport = stripe.transport();
    for key in ["sk_test_FAKE_A", "sk_test_FAKE_B", "rk_test_FAKE_C"] {
        let client = transport.client(SecretString::from(key));
        payment_intents::retrieve(&client, &intent_id())
            .await
            .unwrap();
        let received = stripe.received();
        let sent = received.last().unwrap();
        assert_eq!(
            sent.header("authorization"),
            Some(&*format!("Bearer {key}"))
        );
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_sends_nothing() {
    let stripe = Stripe::playing([]).await;
    for key in ["", "  ", "sk_test_FAKE\r\nX-Evil: 1", "sk_test_FAKE\0"] {
        let client = stripe.transport().client(SecretString::from(key));
        let error = balance::retrieve(&client).await.unwrap_err();
        assert!(
            matches!(error, Error::Unsendable(Unsendable::Key)),
            "{key:?}: {error:?}"
        );
        assert!(!error.is_outcome_unknown() && !error.is_transient());
    }
    assert!(stripe.received().is_empty());
}
