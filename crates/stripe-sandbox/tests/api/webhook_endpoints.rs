//! Registering where events go.

use serde_json::json;

use crate::harness::{ALICE, ALICE_LIVE, start};

const PATH: &str = "/v1/webhook_endpoints";

#[actix_web::test]
async fn the_signing_secret_is_shown_once() {
    let stripe = start().await;
    let form = "url=https://shop.example/hook&enabled_events[]=payment_intent.succeeded&description=Ours&metadata[store]=1&api_version=2026-10-28.endive";
    let made = stripe.post(ALICE, PATH, form).await;
    assert!(made.body["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made.body["status"], "enabled");
    assert_eq!(made.body["metadata"]["store"], "1");
    let path = format!("{PATH}/{}", made.id());
    for reply in [
        stripe.get(ALICE, &path).await,
        stripe.post(ALICE, &path, "description=").await,
    ] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body.get("secret"), None);
    }
    let list = stripe.get(ALICE, PATH).await;
    assert_eq!(list.body["data"][0].get("secret"), None);
}

#[actix_web::test]
async fn an_endpoint_is_changed_disabled_and_deleted() {
    let stripe = start().await;
    let made = stripe
        .post(ALICE, PATH, "url=https://a.example/&enabled_events[]=*")
        .await;
    let path = format!("{PATH}/{}", made.id());
    let form = "url=https://b.example/&disabled=true&enabled_events[0]=charge.failed&enabled_events[1]=charge.succeeded";
    let changed = stripe.post(ALICE, &path, form).await;
    assert_eq!(changed.body["url"], "https://b.example/");
    assert_eq!(changed.body["status"], "disabled");
    assert_eq!(
        changed.body["enabled_events"],
        json!(["charge.failed", "charge.succeeded"])
    );
    assert_eq!(
        stripe.post(ALICE, &path, "disabled=false").await.body["status"],
        "enabled"
    );
    let gone = stripe.delete(ALICE, &path).await;
    assert_eq!(
        gone.body,
        json!({ "id": made.id(), "object": "webhook_endpoint", "deleted": true })
    );
    assert_eq!(stripe.get(ALICE, &path).await.status, 404);
    assert_eq!(stripe.delete(ALICE, &path).await.status, 404);
}

#[actix_web::test]
async fn sixteen_endpoints_are_the_most_in_each_mode() {
    let stripe = start().await;
    for number in 0..16 {
        let form = format!("url=https://shop.example/{number}&enabled_events[]=*");
        assert_eq!(stripe.post(ALICE, PATH, &form).await.status, 200);
    }
    let form = "url=https://shop.example/16&enabled_events[]=*";
    let refused = stripe.post(ALICE, PATH, form).await;
    assert_eq!(
        refused.body["error"]["message"],
        "You have reached the maximum of 16 test webhook endpoints."
    );
    assert_eq!(stripe.post(ALICE_LIVE, PATH, form).await.status, 200);
}

#[actix_web::test]
async fn what_is_no_address_or_no_event_is_refused() {
    let stripe = start().await;
    for (form, code, param) in [
        ("enabled_events[]=*", Some("parameter_missing"), "url"),
        (
            "url=https://shop.example/",
            Some("parameter_missing"),
            "enabled_events",
        ),
        ("url=shop&enabled_events[]=*", Some("url_invalid"), "url"),
        (
            "url=ftp://shop.example/&enabled_events[]=*",
            Some("url_invalid"),
            "url",
        ),
        (
            "url=https://shop.example/&enabled_events[]=order.paid",
            None,
            "enabled_events[0]",
        ),
        (
            "url=https://shop.example/&enabled_events=*",
            None,
            "enabled_events",
        ),
    ] {
        assert_eq!(
            stripe.post(ALICE, PATH, form).await.error(),
            (400, code, Some(param)),
            "{form}"
        );
    }
}
