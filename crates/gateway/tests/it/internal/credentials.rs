//! Connect links and API keys: what they open, and what is kept of them.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::harness::{INTERNAL_SECRET, TestApp, stories};

stories!(
    connect_links_live_for_15_minutes,
    api_keys_are_shown_once_and_kept_as_a_hash,
);

async fn connect_links_live_for_15_minutes(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let path = format!("/api/internal/stores/{store}/connect-links");
    // The body is optional.
    let bare = app
        .http
        .request(Method::POST, &path)
        .header("X-Internal-Secret", INTERNAL_SECRET)
        .send()
        .await;
    let link = bare.expect(201);
    let expires_at: Timestamp = link["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires_at, app.clock.now() + SignedDuration::from_mins(15));
    let url = link["url"].as_str().unwrap();
    assert!(
        url.starts_with(&format!(
            "{}/stripe/connect?store_id={store}&token=",
            app.url
        )),
        "{url}"
    );
    assert_eq!(
        app.http.get(url).send().await.header("cache-control"),
        "no-store"
    );

    let path = format!("/stores/{store}/connect-links");
    let evil = app
        .internal(
            Method::POST,
            &path,
            &json!({ "return_url": "https://evil.example/" }),
        )
        .await;
    assert_eq!(
        evil.expect_error(400, "invalid_value")["error"]["param"],
        "return_url"
    );
    let unknown = app
        .internal(
            Method::POST,
            &path,
            &json!({ "return": "https://platform.example.com/" }),
        )
        .await;
    unknown.expect_error(400, "invalid_json");
    let back = app
        .internal(
            Method::POST,
            &path,
            &json!({ "return_url": "https://platform.example.com/a?b=c&d" }),
        )
        .await;
    let url = back.expect(201)["url"].as_str().unwrap().to_owned();
    assert!(
        url.ends_with("&return_url=https%3A%2F%2Fplatform.example.com%2Fa%3Fb%3Dc%26d"),
        "{url}"
    );
}

async fn api_keys_are_shown_once_and_kept_as_a_hash(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let path = format!("/stores/{}/api-keys", store.id);
    let made = app
        .internal(
            Method::POST,
            &path,
            &json!({ "mode": "live", "label": "Till" }),
        )
        .await
        .expect(201);
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("tgk_live_"));
    let expected = json!({
        "id": made["id"], "key": key, "mode": "live", "label": "Till", "created_at": made["created_at"],
    });
    assert_eq!(made, expected);
    let rows = app
        .database
        .raw("SELECT key_hash, prefix FROM api_keys WHERE label = 'Till'")
        .await
        .unwrap();
    assert_eq!(
        rows[0][0].as_deref().unwrap(),
        gateway::guards::sha256_hex(key)
    );
    assert_eq!(rows[0][1].as_deref().unwrap(), &key[..12]);
    app.store_get(&store, "/orders")
        .bearer(key)
        .send()
        .await
        .expect(200);
    app.store_get(&store, "/orders")
        .bearer(&key[..key.len() - 1])
        .send()
        .await
        .expect(401);

    for (fields, param) in [
        (json!({ "label": "x" }), "mode"),
        (json!({ "mode": "both", "label": "x" }), "mode"),
        (json!({ "mode": "test" }), "label"),
        (json!({ "mode": "test", "label": " " }), "label"),
        (json!({ "mode": "test", "label": "x".repeat(101) }), "label"),
    ] {
        let error = app.internal(Method::POST, &path, &fields).await;
        assert_eq!(error.expect(400)["error"]["param"], param, "{fields}");
    }
}
