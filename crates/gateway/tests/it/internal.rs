//! What other back-end services of the deployment may do, and who counts as one.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{INTERNAL_SECRET, Keys, NEXT_INTERNAL_SECRET, TestApp, stories};

stories!(
    a7_only_the_internal_secret_opens_the_internal_api,
    a_store_is_made_with_defaults_and_changed_field_by_field,
    wrong_fields_of_a_store_are_named,
    the_active_mode_must_be_connected,
    the_stripe_status_tells_all_but_secrets,
    connect_links_live_for_15_minutes,
    api_keys_are_shown_once_and_kept_as_a_hash,
    unknown_and_malformed_ids_do_not_exist,
);

async fn a7_only_the_internal_secret_opens_the_internal_api(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let order = domain::OrderId::generate();
    let routes = [
        (Method::POST, "/stores".to_owned()),
        (Method::GET, format!("/stores/{store}")),
        (Method::PATCH, format!("/stores/{store}")),
        (Method::GET, format!("/stores/{store}/stripe-status")),
        (Method::POST, format!("/stores/{store}/connect-links")),
        (Method::POST, format!("/stores/{store}/api-keys")),
        (Method::GET, format!("/orders/{order}")),
        (Method::GET, "/stores/nonsense".to_owned()),
    ];
    let wrong = [
        vec![],
        vec![""],
        vec!["FAKE-internal-secret-of-somebody-else-0123456"],
        vec![&INTERNAL_SECRET[1..]],
        vec![INTERNAL_SECRET, INTERNAL_SECRET],
        vec!["wrong", INTERNAL_SECRET],
    ];
    let mut bodies = Vec::new();
    for (method, path) in &routes {
        for secrets in &wrong {
            // Not JSON: the secret is looked at before anything else.
            let mut request = app
                .http
                .request(method.clone(), &format!("/api/internal{path}"))
                .body("text/plain", "{");
            for secret in secrets {
                request = request.header("X-Internal-Secret", secret);
            }
            let mut body = request
                .send()
                .await
                .expect_error(401, "internal_secret_invalid");
            body["error"]["request_id"] = Value::Null;
            bodies.push(body);
        }
    }
    assert!(
        bodies.iter().all(|body| *body == bodies[0]),
        "every refusal has the same body"
    );
    for secret in [INTERNAL_SECRET, NEXT_INTERNAL_SECRET] {
        let request = app.http.get(&format!("/api/internal/stores/{store}"));
        request
            .header("x-internal-secret", secret)
            .send()
            .await
            .expect(200);
    }
}

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
    let changed = app
        .internal(Method::PATCH, &path, &changes)
        .await
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["currency"]),
        (&json!("Rösterei"), &json!("chf"))
    );
    assert_eq!(
        changed["return_origins"],
        json!(["https://shop.example.com"])
    );
    let emptied = app
        .internal(Method::PATCH, &path, &json!({ "merchant_email": null }))
        .await
        .expect(200);
    let mut expected = changed.clone();
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
    let no_webhook = json!({ "configured": false, "registered_by_us": false, "last_event_at": null, "last_error": null });
    let status = app
        .internal(Method::GET, &path, &json!({}))
        .await
        .expect(200);
    let expected = json!({
        "store_id": store, "has_stripe": false, "is_live_mode": false, "active_mode": null, "account_id": null,
        "country": null, "default_currency": null, "publishable_key": null, "charges_enabled": false,
        "webhook": no_webhook, "modes": { "test": null, "live": null },
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
        "reconnect_needed": false, "webhook": no_webhook,
    });
    let expected = json!({
        "store_id": store, "has_stripe": true, "is_live_mode": false, "active_mode": "test",
        "account_id": keys.account_id, "country": "DE", "default_currency": "eur",
        "publishable_key": keys.publishable, "charges_enabled": true, "webhook": no_webhook,
        "modes": { "test": test, "live": null },
    });
    assert_eq!(status, expected);
}

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

async fn unknown_and_malformed_ids_do_not_exist(app: &TestApp) {
    let unknown = domain::StoreId::generate().to_string();
    for id in [
        unknown.as_str(),
        "nonsense",
        "..",
        "%00",
        "00000000000000000000000000000000",
    ] {
        for (method, rest) in [
            (Method::GET, ""),
            (Method::PATCH, ""),
            (Method::GET, "/stripe-status"),
            (Method::POST, "/connect-links"),
            (Method::POST, "/api-keys"),
        ] {
            let body = json!({});
            let path = format!("/stores/{id}{rest}");
            app.internal(method.clone(), &path, &body)
                .await
                .expect_error(404, "resource_missing");
        }
    }
    app.internal(Method::DELETE, &format!("/stores/{unknown}"), &json!({}))
        .await
        .expect_error(405, "method_not_allowed");
}
