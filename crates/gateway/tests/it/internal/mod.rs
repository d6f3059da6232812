//! What other back-end services of the deployment may do, and who counts as one.

mod credentials;
mod stores;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{INTERNAL_SECRET, NEXT_INTERNAL_SECRET, TestApp, stories};

stories!(
    a7_only_the_internal_secret_opens_the_internal_api,
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

async fn unknown_and_malformed_ids_do_not_exist(app: &TestApp) {
    let unknown = domain::StoreId::generate().to_string();
    for id in [
        unknown.as_str(),
        "nonsense",
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
