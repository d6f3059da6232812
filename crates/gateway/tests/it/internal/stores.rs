//! Stores, and what is known about their connections.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Keys, TestApp, stories};

stories!(
    a_store_is_made_with_defaults_and_changed_field_by_field,
    wrong_fields_of_a_store_are_named,
    the_active_mode_must_be_connected,
    the_stripe_status_tells_all_but_secrets,
);

async fn a_store_is_made_with_defaults_and_changed_field_by_field(app: &TestApp) {
    let created = app
        .internal(Method::POST, "/stores", &json!({ "name": " Röstkost " }))
        .await
        .expect(201);
    let path = format!("/stores/{}", created["id"].as_str().unwrap());
    let expected = json!({
        "id": created["id"], "name": "Röstkost", "merchant_email": null, "currency": "eur", "allowed_origins": [],
        "return_origins": [], "capture_on": "confirmed", "active_mode": null, "created_at": created["created_at"],
    });
    assert_eq!(created, expected);
    assert_eq!(
        created["created_at"]
            .as_str()
            .unwrap()
            .parse::<Timestamp>()
            .unwrap(),
        app.clock.now()
    );
    assert_eq!(
        app.internal(Method::GET, &path, &json!({}))
            .await
            .expect(200),
        created
    );

    let changes = json!({
        "name": "Rösterei", "merchant_email": "shop@example.com", "currency": "CHF", "capture_on": "shipped",
        "allowed_origins": ["https://shop.example.com"], "return_origins": ["https://Shop.example.com:443"],
    });
    let patched = app
        .internal(Method::PATCH, &path, &changes)
        .await
        .expect(200);
    assert_eq!(
        (&patched["name"], &patched["currency"]),
        (&json!("Rösterei"), &json!("chf"))
    );
    assert_eq!(
        patched["return_origins"],
        json!(["https://shop.example.com"])
    );
    let emptied = app
        .internal(Method::PATCH, &path, &json!({ "merchant_email": null }))
        .await
        .expect(200);
    let mut expected = patched.clone();
    expected["merchant_email"] = Value::Null;
    assert_eq!(emptied, expected);
    assert_eq!(
        app.internal(Method::PATCH, &path, &json!({}))
            .await
            .expect(200),
        emptied
    );
}

async fn wrong_fields_of_a_store_are_named(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let path = format!("/stores/{store}");
    for (fields, param) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(121) }), "name"),
        (json!({ "name": "a\u{0}b" }), "name"),
        (json!({ "name": null }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "merchant_email": "nobody" }), "merchant_email"),
        (json!({ "currency": "xyz" }), "currency"),
        (json!({ "capture_on": "pending" }), "capture_on"),
        (
            json!({ "allowed_origins": "https://shop.example.com" }),
            "allowed_origins",
        ),
        (json!({ "allowed_origins": ["*"] }), "allowed_origins"),
        (
            json!({ "return_origins": ["http://shop.example.com"] }),
            "return_origins",
        ),
        (
            json!({ "return_origins": vec!["https://shop.example.com"; 21] }),
            "return_origins",
        ),
        (json!({ "active_mode": "both" }), "active_mode"),
    ] {
        let error = app.internal(Method::PATCH, &path, &fields).await;
        assert_eq!(error.expect(400)["error"]["param"], param, "{fields}");
        if param == "active_mode" {
            continue;
        }
        let mut whole = json!({ "name": "x" });
        whole[param] = fields[param].clone();
        let error = app.internal(Method::POST, "/stores", &whole).await;
        assert_eq!(error.expect(400)["error"]["param"], param, "{whole}");
    }
    let error = app
        .internal(Method::POST, "/stores", &json!({}))
        .await
        .expect_error(400, "parameter_missing");
    assert_eq!(error["error"]["param"], "name");
    for (method, path) in [(Method::POST, "/stores"), (Method::PATCH, path.as_str())] {
        let error = app
            .internal(method, path, &json!({ "name": "x", "colour": "red" }))
            .await;
        let message = error.expect_error(400, "invalid_json")["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(message.contains("colour"), "{message}");
    }
}

async fn the_active_mode_must_be_connected(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let path = format!("/stores/{}", store.id);
    let refused = app
        .internal(
            Method::PATCH,
            &path,
            &json!({ "name": "Other", "active_mode": "live" }),
        )
        .await;
    refused.expect_error(409, "store_not_connected");
    let unchanged = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&unchanged["active_mode"], &unchanged["name"]),
        (&json!("test"), &json!("Roastery"))
    );
    let changed = app
        .internal(Method::PATCH, &path, &json!({ "active_mode": "test" }))
        .await
        .expect(200);
    assert_eq!(changed["active_mode"], "test");
}

async fn the_stripe_status_tells_all_but_secrets(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let path = format!("/stores/{store}/stripe-status");
    let no_webhook = json!({ "configured": false, "registered_by_us": false, "forwarded": false, "endpoint_id": null, "last_event_at": null, "last_error": null });
    let status = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    let expected = json!({
        "store_id": store, "has_stripe": false, "is_live_mode": false, "active_mode": null, "account_id": null,
        "country": null, "default_currency": null, "publishable_key": null, "charges_enabled": false,
        "webhook": no_webhook, "problems": [], "modes": { "test": null, "live": null },
    });
    assert_eq!(status, expected);

    let keys = Keys::fake();
    app.create_account(&keys).await;
    app.connect(&store, &keys, None).await;
    let status = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    let test = json!({
        "account_id": keys.account_id, "country": "DE", "default_currency": "eur",
        "publishable_key": keys.publishable, "charges_enabled": true, "connected_at": app.clock.now(),
        "reconnect_needed": false, "webhook": no_webhook, "problems": [],
    });
    let expected = json!({
        "store_id": store, "has_stripe": true, "is_live_mode": false, "active_mode": "test",
        "account_id": keys.account_id, "country": "DE", "default_currency": "eur",
        "publishable_key": keys.publishable, "charges_enabled": true, "webhook": no_webhook, "problems": [],
        "modes": { "test": test, "live": null },
    });
    assert_eq!(status, expected);
}
