//! Idempotency keys, as Stripe documents them.

use serde_json::json;

use crate::harness::{ALICE, BOB, CARD_ONLY, read, start};

const PATH: &str = "/v1/payment_intents";

fn form(amount: u32) -> String {
    format!("amount={amount}&{CARD_ONLY}")
}

#[actix_web::test]
async fn the_same_request_is_replayed_and_another_is_refused() {
    let stripe = start().await;
    let first = stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
    assert_eq!(first.header("Idempotent-Replayed"), None);
    let again = stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.header("Original-Request"), first.header("Request-Id"));
    assert_ne!(again.header("Request-Id"), first.header("Request-Id"));
    let other = stripe.post_with_key(ALICE, PATH, &form(3000), "key").await;
    assert_eq!(other.status, 400);
    assert_eq!(other.body["error"]["type"], "idempotency_error");
    let cancel = stripe
        .post_with_key(ALICE, &format!("{PATH}/{}/cancel", first.id()), "", "key")
        .await;
    assert_eq!(cancel.body["error"]["type"], "idempotency_error");
    let list = stripe.get(ALICE, PATH).await;
    assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_key_is_the_accounts_own_and_lives_for_a_day() {
    let stripe = start().await;
    let alice = stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
    let bob = stripe.post_with_key(BOB, PATH, &form(3000), "key").await;
    assert_eq!(bob.status, 200);
    assert_ne!(alice.id(), bob.id());
    stripe.advance(24 * 60 * 60);
    let later = stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
    assert_ne!(later.id(), alice.id());
}

#[actix_web::test]
async fn declines_are_kept_and_invalid_requests_are_not() {
    let stripe = start().await;
    let declined = format!(
        "{}&confirm=true&payment_method=pm_card_visa_chargeDeclined",
        form(2000)
    );
    let first = stripe
        .post_with_key(ALICE, PATH, &declined, "declined")
        .await;
    assert_eq!(first.status, 402);
    let again = stripe
        .post_with_key(ALICE, PATH, &declined, "declined")
        .await;
    assert_eq!(again.header("Idempotent-Replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    assert_eq!(
        stripe
            .post_with_key(ALICE, PATH, &form(1), "invalid")
            .await
            .status,
        400
    );
    assert_eq!(
        stripe
            .post_with_key(ALICE, PATH, &form(2000), "invalid")
            .await
            .status,
        200
    );
    let long = "k".repeat(256);
    assert_eq!(
        stripe
            .post_with_key(ALICE, PATH, &form(2000), &long)
            .await
            .status,
        400
    );
}

#[actix_web::test]
async fn a_request_that_is_still_running_holds_its_key() {
    let stripe = start().await;
    // Long enough for the second request to arrive meanwhile, whichever of the two is first.
    stripe.fault(PATH, json!({ "latency_ms": 1000 })).await;
    let form = form(2000);
    let both = [
        stripe.post_with_key(ALICE, PATH, &form, "key"),
        stripe.post_with_key(ALICE, PATH, &form, "key"),
    ];
    let [one, two] = both;
    let (one, two) = tokio::join!(one, two);
    let (made, refused) = if one.status == 200 {
        (one, two)
    } else {
        (two, one)
    };
    assert_eq!(refused.error(), (409, Some("idempotency_key_in_use"), None));
    let replay = stripe.post_with_key(ALICE, PATH, &form, "key").await;
    assert_eq!(replay.id(), made.id());
}

#[actix_web::test]
async fn only_what_is_posted_takes_a_key() {
    let stripe = start().await;
    let with_key = async |method: &str, path: &str| {
        let request = stripe.request(method, ALICE, path);
        read(request.header("Idempotency-Key", "key")).await
    };
    let made = stripe.post_with_key(ALICE, PATH, &form(2000), "key").await;
    let path = format!("{PATH}/{}", made.id());
    let hook = stripe
        .post(
            ALICE,
            "/v1/webhook_endpoints",
            "url=https://x.example/&enabled_events[]=*",
        )
        .await;
    let endpoint = format!("/v1/webhook_endpoints/{}", hook.id());
    for (method, path) in [("GET", path.as_str()), ("GET", PATH), ("DELETE", &endpoint)] {
        let answer = with_key(method, path).await;
        assert_eq!(
            (answer.status, answer.header("Idempotent-Replayed")),
            (200, None),
            "{method} {path}"
        );
        assert_eq!(answer.header("Original-Request"), None);
    }
}
