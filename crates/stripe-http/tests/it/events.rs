//! Listing events: what is asked, and what is made of a page.

use serde_json::json;
use stripe_http::events::{self, Created, ListParams, MAX_TYPES};
use stripe_http::webhook::EventError;
use stripe_http::{Error, Unsendable};

use crate::stripe::{Stripe, ok};

fn event(id: &str) -> String {
    // Spaces and the order of names as they come.
    format!(
        r#"{{"object": "event",  "id":"{id}","type":"payment_intent.succeeded","created":1760000000,
            "livemode":false,"data":{{"object":{{"id":"pi_1","object":"payment_intent","amount":10.0}}}}}}"#
    )
}

fn page(events: &[String], has_more: bool) -> String {
    format!(
        r#"{{"object":"list","data":[{}],"has_more":{has_more},"url":"/v1/events"}}"#,
        events.join(",")
    )
}

#[tokio::test]
async fn a_page_is_asked_for_by_type_time_and_place() {
    let stripe = Stripe::playing([ok(&page(&[], false))]).await;
    let params = ListParams {
        types: &["payment_intent.succeeded", "payment_intent.canceled"],
        created: Created {
            gte: Some(1_760_000_000),
        },
        limit: Some(100),
        starting_after: Some("evt_1"),
    };
    let page = events::list(&stripe.client(), &params).await.unwrap();
    assert!(page.events.is_empty() && !page.has_more && page.last_id.is_none());
    assert_eq!(
        stripe.received()[0].line,
        "GET /v1/events?types%5B0%5D=payment_intent.succeeded&types%5B1%5D=payment_intent.canceled\
         &created%5Bgte%5D=1760000000&limit=100&starting_after=evt_1 HTTP/1.1"
    );
}

#[tokio::test]
async fn each_event_is_kept_as_received_and_an_unreadable_one_hides_no_other() {
    let unreadable = json!({"id": "evt_2", "object": "event"}).to_string();
    let sent = [event("evt_1"), unreadable.clone(), event("evt_3")];
    let stripe = Stripe::playing([ok(&page(&sent, true))]).await;
    let page = events::list(&stripe.client(), &ListParams::default())
        .await
        .unwrap();
    assert!(page.has_more);
    assert_eq!(page.last_id.as_deref(), Some("evt_3"));
    let raw: Vec<&str> = page.events.iter().map(|listed| listed.raw.get()).collect();
    assert_eq!(raw, sent.each_ref().map(String::as_str));
    let ids: Vec<_> = page
        .events
        .iter()
        .map(|listed| listed.event.as_ref().map(|event| event.id.as_str()))
        .collect();
    assert_eq!(
        ids,
        [Ok("evt_1"), Err(&EventError::NotAnEvent), Ok("evt_3")]
    );
}

#[tokio::test]
async fn a_page_without_a_way_on_is_no_page() {
    let nameless = json!({"object": "event"}).to_string();
    let too_long = event(&"x".repeat(256));
    for body in [
        page(std::slice::from_ref(&nameless), true),
        page(&[], true),
        page(&[too_long], true),
        json!({"data": []}).to_string(),
        json!({"has_more": false}).to_string(),
        json!([]).to_string(),
    ] {
        let stripe = Stripe::playing([ok(&body)]).await;
        let listed = events::list(&stripe.client(), &ListParams::default()).await;
        assert!(matches!(listed, Err(Error::Undecodable { .. })), "{body}");
    }
    let stripe = Stripe::playing([ok(&page(&[nameless], false))]).await;
    let last = events::list(&stripe.client(), &ListParams::default())
        .await
        .unwrap();
    assert_eq!((last.events.len(), last.last_id), (1, None));
}

#[tokio::test]
async fn more_than_stripe_takes_is_not_sent() {
    let stripe = Stripe::playing([]).await;
    let types = ["payment_intent.succeeded"; MAX_TYPES + 1];
    for params in [
        ListParams {
            types: &types,
            ..ListParams::default()
        },
        ListParams {
            limit: Some(101),
            ..ListParams::default()
        },
    ] {
        let refused = events::list(&stripe.client(), &params).await.unwrap_err();
        assert!(matches!(refused, Error::Unsendable(Unsendable::OverLimit)));
    }
    assert!(stripe.received().is_empty());
}
