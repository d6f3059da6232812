//! One event, with what Stripe sent.

use serde_json::{Value, json};

use super::{get, set};
use crate::harness::{TestApp, event_of, stories};

stories!(
    an_event_is_shown_from_arrival_to_its_end,
    the_payload_is_what_was_delivered_byte_by_byte,
    of_two_events_with_one_id_the_newest_is_shown,
);

async fn an_event_is_shown_from_arrival_to_its_end(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let (order, event) = super::paid(app, &store).await;
    let received_at = app.clock.now();
    let mut expected = json!({
        "id": event, "type": "payment_intent.succeeded", "state": "received", "attempts": 0, "last_error": null,
        "received_at": received_at, "processed_at": null, "source": "webhook", "object_id": order.intent,
        "dashboard_url": format!("https://dashboard.stripe.com/{}/test/payments/{}", store.keys.account_id, order.intent),
    });
    let list = get(app, &store, "").await.expect(200);
    assert_eq!(list["data"], json!([expected]));
    app.wait_s(5);
    app.run_work().await;
    expected["state"] = json!("processed");
    expected["attempts"] = json!(1);
    expected["processed_at"] = json!(app.clock.now());
    let mut shown = get(app, &store, &format!("/{event}")).await.expect(200);
    let payload = shown.as_object_mut().unwrap().remove("payload").unwrap();
    assert_eq!(shown, expected);
    assert_eq!(payload["id"], event.as_str());
    let absent = get(app, &store, "/evt_FAKEabsent").await;
    absent.expect_error(404, "resource_missing");
}

async fn the_payload_is_what_was_delivered_byte_by_byte(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (number, extra) in [
        r#""plain":1"#,
        "\"space\" :\r\n\t[ 1 ,\u{a0}2 ]"
            .replace('\u{a0}', " ")
            .as_str(),
        r#""float":1.10e-3,"large":123456789012345678901234567890.5"#,
        r#""text":"🫘 Kaffee \u0026 S\u00f6hne \/ \"","rtl":"مرحبا""#,
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("evt_FAKE{number}");
        let body = format!(
            r#"{{ "id":"{id}", "object":"event","type":"a.b","created":1795000000,"livemode":false,
            "data":{{"object":{{"id":"x",{extra}}}}}}}"#
        );
        let path = TestApp::webhook_path(&store.id);
        let taken = app
            .post_signed(&path, &store.webhook_secret, body.as_bytes())
            .await;
        taken.expect(200);
        let reply = get(app, &store, &format!("/{id}")).await;
        assert!(
            reply.text.ends_with(&format!(r#","payload":{body}}}"#)),
            "{}",
            reply.text
        );
        assert!(reply.header("content-type").starts_with("application/json"));
        assert!(reply.header("cache-control").contains("no-store"));
        assert_eq!(
            reply.json()["payload"],
            serde_json::from_str::<Value>(&body).unwrap()
        );
    }
    // Somebody wrote into the row.
    set(app, "evt_FAKE0", "payload_key_id = 'unknown'").await;
    let damaged = get(app, &store, "/evt_FAKE0").await;
    damaged.expect_error(503, "vault_unavailable");
}

async fn of_two_events_with_one_id_the_newest_is_shown(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let event = event_of("a.b", &json!({ "id": "x" }));
    app.post_event(&store, &event).await.expect(200);
    let other = crate::harness::Keys::fake();
    app.create_account(&other).await;
    let secret = app
        .create_endpoint(&other, &TestApp::webhook_path(&store.id))
        .await;
    app.connect(&store.id, &other, Some(&secret)).await;
    app.wait_s(1);
    let mut newer = event.clone();
    newer["type"] = json!("c.d");
    let body = newer.to_string();
    app.post_signed(&TestApp::webhook_path(&store.id), &secret, body)
        .await
        .expect(200);
    let id = event["id"].as_str().unwrap();
    let shown = get(app, &store, &format!("/{id}")).await.expect(200);
    assert_eq!(
        (&shown["type"], &shown["payload"]["type"]),
        (&json!("c.d"), &json!("c.d"))
    );
    let all = get(app, &store, "").await.expect(200);
    assert_eq!(super::ids(&all).0, [id, id]);
    // Whoever pages on comes to an end.
    let rest = get(app, &store, &format!("?limit=1&starting_after={id}")).await;
    assert_eq!(super::ids(&rest.expect(200)), (Vec::new(), false));
}
