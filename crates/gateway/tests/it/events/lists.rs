//! Pages and filters.

use serde_json::{Value, json};

use super::{get, ids, park};
use crate::harness::{ConnectedStore, TestApp, event_of, stories};

stories!(
    a_store_without_events_has_an_empty_list,
    events_page_by_cursor_newest_first,
    cursors_of_others_are_refused,
    events_are_filtered,
    wrong_filters_are_named,
    another_key_sees_nothing,
);

async fn a_store_without_events_has_an_empty_list(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let list = get(app, &store, "").await.expect(200);
    assert_eq!(
        list,
        json!({ "object": "list", "data": [], "has_more": false })
    );
}

/// Events as they arrive; every second one in the same instant as the one before.
async fn arrive(app: &TestApp, store: &ConnectedStore, count: usize) -> Vec<String> {
    let mut events = Vec::new();
    for number in 0..count {
        if number % 2 == 0 {
            app.wait_s(1);
        }
        let mut event = event_of("customer.updated", &json!({ "id": "cus_1" }));
        event["id"] = json!(format!("evt_FAKE{number}"));
        app.post_event(store, &event).await.expect(200);
        events.push(event["id"].as_str().unwrap().to_owned());
    }
    events.reverse();
    events
}

async fn events_page_by_cursor_newest_first(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let events = arrive(app, &store, 7).await;
    let page = async |query: String| ids(&get(app, &store, &query).await.expect(200));
    assert_eq!(page(String::new()).await, (events.clone(), false));
    assert_eq!(page("?limit=7".into()).await, (events.clone(), false));
    for size in 1..=7 {
        // Forward from the newest, then back from the oldest: every event once.
        let mut forward = Vec::new();
        let mut query = format!("?limit={size}");
        loop {
            let (part, has_more) = page(query).await;
            forward.extend(part);
            assert_eq!(has_more, forward.len() < 7);
            if !has_more {
                break;
            }
            query = format!("?limit={size}&starting_after={}", forward.last().unwrap());
        }
        assert_eq!(forward, events);
        let mut backward = vec![events[6].clone()];
        loop {
            let (part, has_more) =
                page(format!("?limit={size}&ending_before={}", backward[0])).await;
            backward.splice(0..0, part);
            if !has_more {
                break;
            }
        }
        assert_eq!(backward, events);
    }
    let end = page(format!("?starting_after={}", events[6])).await;
    assert_eq!(end, (Vec::new(), false));
}

async fn cursors_of_others_are_refused(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let foreign = event_of("customer.updated", &json!({ "id": "cus_1" }));
    app.post_event(&other, &foreign).await.expect(200);
    let long = "e".repeat(256);
    let foreign = foreign["id"].as_str().unwrap();
    for cursor in [
        foreign,
        "evt_FAKE",
        "%00",
        "%F0%9F%92%B3",
        "'%20OR%20'1'='1",
        &long,
    ] {
        for direction in ["starting_after", "ending_before"] {
            let reply = get(app, &store, &format!("?{direction}={cursor}")).await;
            let error = reply.expect_error(400, "invalid_cursor");
            assert_eq!(error["error"]["param"], direction);
        }
    }
}

async fn events_are_filtered(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let events = arrive(app, &store, 6).await;
    let other_type = app
        .hint(&store, "payment_intent.succeeded", "pi_FAKE")
        .await;
    park(app, &events[2]).await;
    let found = async |query: &str| ids(&get(app, &store, query).await.expect(200)).0;
    assert_eq!(found("?state=parked").await, [events[2].clone()]);
    assert_eq!(found("?state=received").await, [&*other_type]);
    assert_eq!(found("?state=processed").await, [""; 0]);
    assert_eq!(
        found("?type=payment_intent.succeeded").await,
        [&*other_type]
    );
    assert_eq!(found("?type=nonsense").await, [""; 0]);
    assert_eq!(
        found("?type=customer.updated&state=ignored&limit=100")
            .await
            .len(),
        5
    );
    // evt 0, 1 at second 1; 2, 3 at second 2; 4, 5 and the other type at second 3.
    let now = app.clock.now().as_second();
    let middle = [events[2].clone(), events[3].clone()];
    for query in [
        format!("?received[gte]={}&received[lt]={now}", now - 1),
        format!("?received[gt]={}&received[lte]={}", now - 2, now - 1),
        format!("?received%5Bgt%5D={}&received%5Blt%5D={now}", now - 2),
    ] {
        assert_eq!(found(&query).await, middle, "{query}");
    }
    let instant = app.clock.now();
    assert_eq!(found(&format!("?received[gte]={instant}")).await.len(), 3);
    assert_eq!(found(&format!("?received[gt]={instant}")).await.len(), 0);
    // With a cursor.
    let query = format!("?received[lt]={now}&starting_after={}&limit=2", events[2]);
    let page = ids(&get(app, &store, &query).await.expect(200));
    assert_eq!(page, (events[3..5].to_vec(), true));
}

async fn wrong_filters_are_named(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let long = format!("type={}", "x".repeat(256));
    for (query, param) in [
        ("state=done", "state"),
        ("state=", "state"),
        ("state=PARKED", "state"),
        ("type=", "type"),
        ("type=a%00", "type"),
        (&long, "type"),
        ("received[gte]=yesterday", "received[gte]"),
        ("received[gt]=-1", "received[gt]"),
        ("received[lt]=99999999999999999999", "received[lt]"),
        ("received[lte]=2026-13-01T00:00:00Z", "received[lte]"),
    ] {
        let reply = get(app, &store, &format!("?{query}")).await;
        let error = reply.expect_error(400, "invalid_value");
        assert_eq!(error["error"]["param"], param, "{query}");
    }
    let twice = get(app, &store, "?state=parked&state=waiting").await;
    twice.expect_error(400, "invalid_query");
}

async fn another_key_sees_nothing(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let event = app.hint(&store, "payment_intent.succeeded", "pi_1").await;
    let live = ConnectedStore {
        api_key: app.create_api_key(&store.id, "live").await,
        ..store.clone()
    };
    let nothing: Value = get(app, &live, "").await.expect(200);
    assert_eq!(ids(&nothing), (Vec::new(), false));
    get(app, &live, &format!("?starting_after={event}"))
        .await
        .expect_error(400, "invalid_cursor");
    get(app, &live, &format!("/{event}"))
        .await
        .expect_error(404, "resource_missing");
    for credential in ["", "tgk_test_FAKE", &*other.api_key] {
        for path in [String::new(), format!("/{event}")] {
            let request = app.store_get(&store, &format!("/events{path}"));
            let request = if credential.is_empty() {
                request
            } else {
                request.bearer(credential)
            };
            request.send().await.expect_error(401, "api_key_invalid");
        }
    }
    get(app, &other, &format!("/{event}"))
        .await
        .expect_error(404, "resource_missing");
}
