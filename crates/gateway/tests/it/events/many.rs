//! Replaying many events: by id, by state, by type, by time.

use db::inbox::{EventState, NewEvent, Source};
use domain::Mode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{paid, park, post};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    a_time_range_is_replayed,
    ids_states_and_types_narrow_each_other,
    a_thousand_at_a_time,
    wrong_choices_are_named,
);

async fn replay(app: &TestApp, store: &ConnectedStore, body: &Value) -> Value {
    post(app, store, "/replay", body).await.expect(200)
}

/// An outage: three events were parked, in three hours.
async fn a_time_range_is_replayed(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mut parked = Vec::new();
    for _ in 0..3 {
        parked.push((app.clock.now(), paid(app, &store).await));
        app.wait_s(3600);
    }
    for (_, (_, event)) in &parked {
        park(app, event).await;
    }
    let (second, third) = (parked[1].0, parked[2].0);
    let reply = replay(
        app,
        &store,
        &json!({ "received": { "gte": second, "lt": third }, "states": ["parked"] }),
    )
    .await;
    assert_eq!(
        reply,
        json!({
            "matched": 1, "replayed": 1, "in_progress": 0, "without_effect": 0, "not_found": [],
            "has_more": false, "next_starting_after": null,
        })
    );
    app.run_work().await;
    let mut ends = Vec::new();
    for (_, (order, _)) in &parked {
        ends.push(app.recorded(&order.id).await.1);
    }
    assert_eq!(ends, ["unpaid", "paid", "unpaid"]);
    // All of that day, whatever their state.
    let day = json!({ "received": { "gte": parked[0].0, "lte": app.clock.now() } });
    assert_eq!(replay(app, &store, &day).await["replayed"], 3);
    app.run_work().await;
    for (_, (order, event)) in &parked {
        assert_eq!(app.times_paid(&order.id).await, 1);
        assert_eq!(app.inbox(event).await.unwrap().state, "processed");
    }
}

async fn ids_states_and_types_narrow_each_other(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (_, first) = paid(app, &store).await;
    let (_, second) = paid(app, &store).await;
    let (_, foreign) = paid(app, &other).await;
    for event in [&first, &second, &foreign] {
        park(app, event).await;
    }
    let unknown = "evt_FAKEabsent";
    let body = json!({ "ids": [first, foreign, unknown], "states": ["parked", "waiting"],
        "types": ["payment_intent.succeeded"] });
    let reply = replay(app, &store, &body).await;
    assert_eq!(
        (&reply["matched"], &reply["replayed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(reply["not_found"], json!([foreign, unknown]));
    for (event, state) in [
        (&first, "received"),
        (&second, "parked"),
        (&foreign, "parked"),
    ] {
        assert_eq!(app.inbox(event).await.unwrap().state, state);
    }
    for nothing in [
        json!({ "ids": [second], "states": ["processed"] }),
        json!({ "ids": [second], "types": ["customer.updated"] }),
        json!({ "ids": [second], "received": { "gt": app.clock.now() } }),
    ] {
        assert_eq!(replay(app, &store, &nothing).await["matched"], 0);
    }
}

async fn a_thousand_at_a_time(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let new = |number: usize| NewEvent {
        store_id: store.id.parse().unwrap(),
        account_id: store.keys.account_id.clone(),
        mode: Mode::Test,
        event_id: format!("evt_FAKE{number:04}"),
        event_type: "payment_intent.succeeded".to_owned(),
        api_version: None,
        object_id: None,
        created_at: app.clock.now(),
        source: Source::Reconcile,
        payload: db::columns::SealedBytes {
            key_id: "none".to_owned(),
            bytes: Vec::new(),
        },
        state: EventState::Parked,
        last_error: None,
        received_at: app.clock.now()
            + SignedDuration::from_micros(i64::try_from(number / 7).unwrap()),
    };
    for batch in 0..3 {
        let events = (batch * 335..(batch + 1) * 335).map(new).collect();
        db::inbox::record(&app.app.db, events).await.unwrap();
    }
    let parked = json!({ "states": ["parked"] });
    let first = app
        .patiently(|| post(app, &store, "/replay", &parked))
        .await;
    let first = first.expect(200);
    assert_eq!(
        [&first["matched"], &first["replayed"], &first["has_more"]],
        [&json!(1000), &json!(1000), &json!(true)]
    );
    // Whatever their state is now, the next ones come behind the last of these.
    let rest = json!({ "received": {}, "starting_after": first["next_starting_after"] });
    let rest = replay(app, &store, &rest).await;
    assert_eq!(
        [
            &rest["matched"],
            &rest["replayed"],
            &rest["has_more"],
            &rest["next_starting_after"]
        ],
        [&json!(5), &json!(5), &json!(false), &Value::Null]
    );
    assert!(app.inbox_where("state <> 'received'").await.is_empty());
}

async fn wrong_choices_are_named(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let many: Vec<String> = (0..101).map(|number| format!("evt_{number}")).collect();
    for (body, code, param) in [
        (json!({}), "parameter_missing", "ids"),
        (json!({ "preview": true }), "parameter_missing", "ids"),
        (json!({ "ids": [] }), "invalid_value", "ids"),
        (json!({ "ids": many }), "invalid_value", "ids"),
        (json!({ "ids": ["a\u{0}"] }), "invalid_value", "ids"),
        (json!({ "types": [""] }), "invalid_value", "types"),
        (json!({ "types": many }), "invalid_value", "types"),
        (json!({ "states": [] }), "invalid_value", "states"),
        (json!({ "states": ["gone"] }), "invalid_value", "states"),
        (
            json!({ "received": { "gte": "x" } }),
            "invalid_value",
            "received[gte]",
        ),
        (
            json!({ "received": { "gte": 1 } }),
            "invalid_json",
            "received.gte",
        ),
        (
            json!({ "received": { "since": "1" } }),
            "invalid_json",
            "received.since",
        ),
        (json!({ "everything": true }), "invalid_json", "everything"),
        (
            json!({ "ids": ["evt_1"], "preview": "yes" }),
            "invalid_json",
            "preview",
        ),
        (
            json!({ "states": ["parked"], "starting_after": "evt_FAKE" }),
            "invalid_cursor",
            "starting_after",
        ),
        (
            json!({ "states": ["parked"], "starting_after": "" }),
            "invalid_cursor",
            "starting_after",
        ),
    ] {
        let error = post(app, &store, "/replay", &body).await;
        let error = error.expect_error(400, code);
        assert_eq!(error["error"]["param"], param, "{body}");
    }
}
