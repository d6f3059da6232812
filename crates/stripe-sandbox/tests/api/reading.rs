//! Lists, cursors, expansion, and what Stripe.js may see.

use std::collections::BTreeSet;

use serde_json::json;

use crate::harness::{ALICE, ALICE_PK, BOB_PK, NOW, start};

#[actix_web::test]
async fn cursors_walk_a_list_in_both_directions() {
    let stripe = start().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        made.push(stripe.payment(ALICE, "").await.id().to_owned());
        stripe.advance(1);
    }
    made.reverse();
    let ids = |body: &serde_json::Value| -> Vec<String> {
        body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = "/v1/payment_intents";
    let first = stripe.get(ALICE, &format!("{path}?limit=3")).await;
    assert_eq!(
        (ids(&first.body), &first.body["has_more"]),
        (made[..3].to_vec(), &json!(true))
    );
    assert_eq!(first.body["url"], path);
    let next = stripe
        .get(ALICE, &format!("{path}?limit=4&starting_after={}", made[2]))
        .await;
    assert_eq!(
        (ids(&next.body), &next.body["has_more"]),
        (made[3..].to_vec(), &json!(false))
    );
    let back = stripe
        .get(ALICE, &format!("{path}?limit=2&ending_before={}", made[3]))
        .await;
    assert_eq!(
        (ids(&back.body), &back.body["has_more"]),
        (made[1..3].to_vec(), &json!(true))
    );
    let window = stripe
        .get(
            ALICE,
            &format!("{path}?created[gte]={}&created[lt]={}", NOW + 2, NOW + 4),
        )
        .await;
    assert_eq!(ids(&window.body), made[3..5].to_vec());
    for (query, param) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("starting_after=pi_x", "starting_after"),
    ] {
        assert_eq!(
            stripe
                .get(ALICE, &format!("{path}?{query}"))
                .await
                .error()
                .2,
            Some(param)
        );
    }
}

#[actix_web::test]
async fn events_are_listed_by_type_for_thirty_days() {
    let stripe = start().await;
    stripe
        .payment(ALICE, "confirm=true&payment_method=pm_card_visa")
        .await;
    let list = async |query: &str| {
        let reply = stripe.get(ALICE, &format!("/v1/events?{query}")).await;
        let types = reply.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["type"].as_str().unwrap().to_owned());
        types.collect::<Vec<_>>()
    };
    assert_eq!(list("type=charge.succeeded").await, ["charge.succeeded"]);
    assert_eq!(
        list("type=payment_intent.*").await,
        ["payment_intent.succeeded", "payment_intent.created"]
    );
    assert_eq!(
        list("types[]=charge.succeeded&types[]=payment_intent.created").await,
        ["charge.succeeded", "payment_intent.created"]
    );
    stripe.advance(30 * 24 * 60 * 60);
    assert_eq!(list("").await, ["balance.available"]);
}

#[actix_web::test]
async fn an_event_holds_the_object_as_it_was() {
    let stripe = start().await;
    let request = stripe
        .form(ALICE, "/v1/payment_intents", "amount=2000&currency=usd")
        .header("Idempotency-Key", "key");
    let made = crate::harness::read(request).await;
    stripe
        .post(
            ALICE,
            &format!("/v1/payment_intents/{}", made.id()),
            "amount=9000",
        )
        .await;
    let event = stripe
        .get(ALICE, "/v1/events?type=payment_intent.created")
        .await
        .body["data"][0]
        .clone();
    assert_eq!(event["object"], "event");
    assert_eq!(event["api_version"], stripe_sandbox::API_VERSION);
    assert_eq!(event["created"], NOW);
    assert_eq!(event["data"]["object"]["amount"], 2000);
    assert_eq!(event["request"]["id"], made.header("Request-Id").unwrap());
    assert_eq!(event["request"]["idempotency_key"], "key");
    let read = stripe
        .get(
            ALICE,
            &format!("/v1/events/{}", event["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!(read.body, event);
}

#[actix_web::test]
async fn expansion_reaches_into_objects_and_lists() {
    let stripe = start().await;
    let made = stripe
        .payment(
            ALICE,
            "confirm=true&payment_method=pm_card_visa&expand[0]=latest_charge.payment_intent",
        )
        .await;
    assert_eq!(
        made.body["latest_charge"]["payment_intent"]["id"],
        made.id()
    );
    let list = stripe
        .get(ALICE, "/v1/payment_intents?expand[]=data.payment_method")
        .await;
    assert_eq!(
        list.body["data"][0]["payment_method"]["card"]["last4"],
        "4242"
    );
    let refused = stripe
        .get(
            ALICE,
            &format!("/v1/payment_intents/{}?expand[]=amount", made.id()),
        )
        .await;
    assert_eq!(refused.error(), (400, None, Some("expand")));
    let before = stripe.event_types(ALICE).await.len();
    let form = "expand[]=colour&confirm=true&payment_method=pm_card_visa";
    assert_eq!(
        stripe.payment(ALICE, form).await.error(),
        (400, None, Some("expand"))
    );
    assert_eq!(
        stripe.event_types(ALICE).await.len(),
        before,
        "refused before any effect"
    );
}

#[actix_web::test]
async fn stripe_js_sees_the_public_part_with_the_client_secret_only() {
    let stripe = start().await;
    let made = stripe.payment(ALICE, "metadata[internal]=1").await;
    let path = format!("/v1/payment_intents/{}", made.id());
    let secret = made.body["client_secret"].as_str().unwrap();
    let public = stripe
        .get(ALICE_PK, &format!("{path}?client_secret={secret}"))
        .await;
    let names: BTreeSet<&str> = public
        .body
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert!(names.is_superset(&BTreeSet::from([
        "id",
        "status",
        "amount",
        "client_secret",
        "next_action"
    ])));
    assert!(names.is_disjoint(&BTreeSet::from([
        "metadata",
        "latest_charge",
        "amount_received",
        "customer"
    ])));
    assert_eq!(
        stripe.get(ALICE_PK, &path).await.error(),
        (400, Some("parameter_missing"), Some("client_secret"))
    );
    assert_eq!(
        stripe
            .get(ALICE_PK, &format!("{path}?client_secret=pi_guess"))
            .await
            .status,
        400
    );
    assert_eq!(
        stripe
            .get(BOB_PK, &format!("{path}?client_secret={secret}"))
            .await
            .status,
        404
    );
    for action in ["capture", "cancel"] {
        let refused = stripe.post(ALICE_PK, &format!("{path}/{action}"), "").await;
        assert_eq!(refused.error(), (401, Some("secret_key_required"), None));
    }
}
