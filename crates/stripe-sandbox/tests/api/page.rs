//! What the sandbox's own page reads: bounded, live, for one account and mode, and without a trace.

use serde_json::json;

use crate::harness::{ALICE, ALICE_LIVE, BOB, CARD_ONLY, read, start};

const ALICE_TEST: &str = "account=acct_1alice&livemode=false";

#[actix_web::test]
async fn a_list_holds_one_account_in_one_mode() {
    let stripe = start().await;
    let mine = stripe.payment(ALICE, "").await;
    let live = stripe
        .post(
            ALICE_LIVE,
            "/v1/payment_intents",
            &format!("amount=3000&{CARD_ONLY}"),
        )
        .await;
    let other = stripe.payment(BOB, "").await;
    for (who, id) in [
        (ALICE_TEST, mine.id()),
        ("account=acct_1alice&livemode=true", live.id()),
        ("account=acct_1bob&livemode=false", other.id()),
    ] {
        let list = stripe
            .get(
                "",
                &format!("/_sandbox/view/objects?kind=payment_intent&{who}"),
            )
            .await;
        assert_eq!(list.body["data"][0]["id"], id);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
        let events = stripe
            .get("", &format!("/_sandbox/view/events?{who}"))
            .await;
        assert_eq!(events.body["data"][0]["object"]["id"], id);
        assert_eq!(events.body["data"].as_array().unwrap().len(), 1);
    }
    let foreign = format!(
        "/_sandbox/view/object?{ALICE_TEST}&kind=payment_intent&id={}",
        other.id()
    );
    assert_eq!(stripe.get("", &foreign).await.status, 404);
    let nobody = "/_sandbox/view/objects?kind=payment_intent&account=acct_1nobody&livemode=false";
    assert_eq!(stripe.get("", nobody).await.status, 404);
}

#[actix_web::test]
async fn lists_are_searched_and_turned_page_by_page() {
    let stripe = start().await;
    let mut ids = Vec::new();
    for description in ["one mug", "two mugs", "a jug"] {
        let made = stripe
            .payment(ALICE, &format!("&description={description}"))
            .await;
        ids.push(made.id().to_owned());
    }
    let path = format!("/_sandbox/view/objects?kind=payment_intent&{ALICE_TEST}");
    let first = stripe.get("", &format!("{path}&limit=2")).await;
    assert_eq!(
        (&first.body["data"][0]["id"], &first.body["has_more"]),
        (&json!(ids[2]), &json!(true))
    );
    let rest = stripe
        .get("", &format!("{path}&limit=2&before={}", ids[1]))
        .await;
    assert_eq!(
        (&rest.body["data"][0]["id"], &rest.body["has_more"]),
        (&json!(ids[0]), &json!(false))
    );
    let found = stripe.get("", &format!("{path}&search=MUG")).await;
    assert_eq!(found.body["data"].as_array().unwrap().len(), 2);
    let long = format!("kind=payment_intent&search={}", "x".repeat(401));
    for refused in [
        long.as_str(),
        "kind=webhook_endpoint",
        "kind=payment_intent&limit=ten",
        "kind=payment_intent&colour=red",
    ] {
        let path = format!("/_sandbox/view/objects?{ALICE_TEST}&{refused}");
        let status = stripe.get("", &path).await.status;
        assert!((400..500).contains(&status), "{refused}: {status}");
    }
}

#[actix_web::test]
async fn a_payment_comes_with_its_charges_and_events() {
    let stripe = start().await;
    let paid = stripe
        .payment(ALICE, "&payment_method=pm_card_visa&confirm=true")
        .await;
    let path = format!(
        "/_sandbox/view/object?{ALICE_TEST}&kind=payment_intent&id={}",
        paid.id()
    );
    let found = stripe.get("", &path).await;
    assert_eq!(found.body["object"]["id"], paid.id());
    assert_eq!(found.body["charges"][0]["payment_intent"], paid.id());
    let kinds: Vec<_> = found.body["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.last(), Some(&"payment_intent.created"));
    assert!(kinds.contains(&"payment_intent.succeeded"), "{kinds:?}");
    let event = found.body["events"][0]["id"].as_str().unwrap();
    let detail = stripe
        .get("", &format!("/_sandbox/view/event?{ALICE_TEST}&id={event}"))
        .await;
    assert_eq!(detail.body["event"]["id"], event);
    assert_eq!(detail.body["deliveries"], json!([]));
}

#[actix_web::test]
async fn looking_meets_no_fault_and_leaves_no_trace() {
    let stripe = start().await;
    stripe.fault("/", json!("500")).await;
    let path = format!("/_sandbox/view/objects?kind=payment_intent&{ALICE_TEST}");
    assert_eq!(stripe.get("", &path).await.status, 200);
    let requests = stripe.get("", "/_sandbox/requests").await;
    assert_eq!(requests.body["requests"], json!([]));
    assert_eq!(stripe.get(ALICE, "/v1/account").await.status, 500);
}

#[actix_web::test]
async fn who_waits_hears_of_a_change() {
    let stripe = start().await;
    let now = stripe.get("", "/_sandbox/view/changes").await.body["revision"].clone();
    let path = format!("/_sandbox/view/changes?since={now}");
    let looks = stripe.get("", "/_sandbox/accounts");
    assert_eq!(looks.await.status, 200);
    let (heard, _) = tokio::join!(stripe.get("", &path), stripe.payment(ALICE, ""));
    assert_ne!(heard.body["revision"], now);
}

#[actix_web::test]
async fn the_page_may_not_be_framed_and_its_data_is_for_this_machine_only() {
    let stripe = start().await;
    let page = stripe.get("", "/").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
    assert_eq!(stripe.get("", "/page/main.js").await.status, 200);
    assert_eq!(stripe.get("", "/page/nothing.js").await.status, 404);
    let path = format!("/_sandbox/view/objects?kind=payment_intent&{ALICE_TEST}");
    for (header, value) in [
        ("Host", "sandbox.example"),
        ("Origin", "http://shop.example"),
    ] {
        let answer = read(stripe.request("GET", "", &path).header(header, value)).await;
        assert_eq!(answer.status, 404, "{header}");
    }
}
