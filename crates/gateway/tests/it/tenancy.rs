//! F9: with its own credentials a store finds nothing of another store, and what is foreign looks like what is absent.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    f9_foreign_ids_look_absent_on_every_route,
    f9_another_stores_routes_take_no_foreign_credential,
);

/// What a store has, by the names that [`ROUTES`] uses.
type Things = BTreeMap<&'static str, String>;

/// Every route of the store API that names a thing, and the body it is called with.
const ROUTES: [(&str, &str, &str); 20] = [
    ("GET", "/products/{product}", ""),
    ("PATCH", "/products/{product}", r#"{"name":"Stolen"}"#),
    ("DELETE", "/products/{product}", ""),
    (
        "POST",
        "/carts",
        r#"{"items":[{"product_id":"{product}","quantity":1}]}"#,
    ),
    ("GET", "/carts/{cart}", ""),
    (
        "PUT",
        "/carts/{cart}/items",
        r#"{"items":[{"product_id":"{own_product}","quantity":1}]}"#,
    ),
    (
        "PUT",
        "/carts/{own_cart}/items",
        r#"{"items":[{"product_id":"{product}","quantity":1}]}"#,
    ),
    ("POST", "/checkouts", r#"{"cart_id":"{cart}"}"#),
    ("GET", "/checkouts/{checkout}", ""),
    ("POST", "/payment-intents", r#"{"cart_id":"{cart}"}"#),
    ("POST", "/payment-intents", r#"{"order_id":"{order}"}"#),
    (
        "POST",
        "/payment-intents",
        r#"{"order_id":"{order}","order_token":"{order_token}"}"#,
    ),
    ("GET", "/payments/{intent}", ""),
    ("POST", "/orders", r#"{"cart_id":"{cart}"}"#),
    (
        "POST",
        "/orders",
        r#"{"cart_id":"{own_cart}","payment_reference":"{intent}"}"#,
    ),
    ("GET", "/orders/{order}", ""),
    ("GET", "/orders/{order}/timeline", ""),
    ("GET", "/events/{event}", ""),
    ("POST", "/events/{event}/replay", "{}"),
    ("POST", "/events/{event}/replay", r#"{"preview":true}"#),
];

/// One of each, the cart authorised but not ordered, so that nothing but the store keeps others away.
async fn things(app: &TestApp, store: &ConnectedStore) -> Things {
    let product = app
        .create_product(
            store,
            json!({ "name": "Thing", "unit_amount": 1250, "stock": 50 }),
        )
        .await;
    let cart = app.cart_of(store, &product, 1).await;
    let body = json!({ "cart_id": cart });
    let checkout = app
        .store_post(store, "/checkouts", &body)
        .send()
        .await
        .expect(201);
    let checkout_token = checkout["checkout_token"].as_str().unwrap().to_owned();
    let intent = app.prepay(store, &cart, &checkout_token).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&intent, "pm_card_visa").await;
    let order = app.place_order(store).await;
    let event = app
        .hint(store, "payment_intent.succeeded", &order.intent)
        .await;
    Things::from([
        ("product", product),
        ("cart", cart),
        ("checkout", checkout["id"].as_str().unwrap().to_owned()),
        ("checkout_token", checkout_token),
        ("intent", intent),
        ("order", order.id),
        ("order_token", order.token),
        ("event", event),
    ])
}

fn absent() -> Things {
    let id = || uuid::Uuid::now_v7().to_string();
    Things::from([
        ("product", id()),
        ("cart", id()),
        ("checkout", id()),
        ("intent", "pi_FAKE000000000000000000000".to_owned()),
        ("order", id()),
        ("order_token", "ot_FAKE".to_owned()),
        ("event", "evt_FAKEabsent".to_owned()),
    ])
}

fn fill(template: &str, things: &Things, own: &Things) -> String {
    let filled = own.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{own_{name}}}"), value)
    });
    things.iter().fold(filled, |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

async fn call(
    app: &TestApp,
    store: &str,
    route: (&str, &str, &str),
    credential: Option<&str>,
    things: &Things,
    own: &Things,
) -> Reply {
    let (method, path, body) = route;
    let path = format!("/api/v1/stores/{store}{}", fill(path, things, own));
    let mut request = app.http.request(method.parse().unwrap(), &path);
    if !body.is_empty() {
        request = request.body("application/json", fill(body, things, own));
    }
    if let Some(credential) = credential {
        request = request.bearer(credential);
    }
    request.send().await
}

/// Everything in the database that a stranger could change.
async fn contents(app: &TestApp, store: &ConnectedStore) -> Vec<String> {
    let mut contents = Vec::new();
    for table in [
        "products",
        "carts",
        "cart_items",
        "checkouts",
        "orders",
        "order_items",
        "payments",
    ] {
        let rows = app
            .database
            .raw(&format!(
                "SELECT * FROM {table} WHERE store_id = '{}' ORDER BY 2, 3",
                store.id
            ))
            .await
            .unwrap();
        contents.push(format!("{table}: {rows:?}"));
    }
    contents
}

async fn f9_foreign_ids_look_absent_on_every_route(app: &TestApp) {
    let (ours, theirs) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (own, foreign) = (things(app, &ours).await, things(app, &theirs).await);
    let before = contents(app, &theirs).await;
    let credentials: [Option<&str>; 6] = [
        None,
        Some(&ours.api_key),
        Some(&own["order_token"]),
        Some(&own["checkout_token"]),
        Some(&foreign["order_token"]),
        Some("tgk_test_FAKE"),
    ];
    for route in ROUTES {
        for credential in credentials {
            let for_foreign = call(app, &ours.id, route, credential, &foreign, &own).await;
            let for_absent = call(app, &ours.id, route, credential, &absent(), &own).await;
            assert_eq!(for_foreign.anonymous(), for_absent.anonymous(), "{route:?}");
            // The one 409 says that a payment does not fit, whosever it is.
            let refused = [401, 404].contains(&for_foreign.status.as_u16())
                || for_foreign.json()["error"]["code"] == "payment_mismatch";
            assert!(
                refused,
                "{route:?}: {} {}",
                for_foreign.status, for_foreign.text
            );
        }
    }
    for list in ["/products", "/orders"] {
        for direction in ["starting_after", "ending_before"] {
            let id = if list == "/orders" {
                &foreign["order"]
            } else {
                &foreign["product"]
            };
            let page = app
                .store_get(&ours, &format!("{list}?{direction}={id}&limit=100"))
                .bearer(&ours.api_key)
                .send()
                .await;
            let page = page.expect(200);
            for thing in page["data"].as_array().unwrap() {
                assert_ne!(thing["id"], Value::from(id.clone()));
                assert!(
                    thing.get("store_id").is_none_or(|id| *id == ours.id),
                    "{thing}"
                );
            }
        }
    }
    assert_eq!(
        contents(app, &theirs).await,
        before,
        "nothing of theirs changed"
    );
    assert_eq!(
        app.intent_at_stripe(&theirs, &foreign["intent"]).await["status"],
        "requires_capture"
    );
}

async fn f9_another_stores_routes_take_no_foreign_credential(app: &TestApp) {
    let (ours, theirs) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (own, foreign) = (things(app, &ours).await, things(app, &theirs).await);
    let before = contents(app, &theirs).await;
    // Products and carts are for whoever has their id; what is left needs a right.
    let guarded = ROUTES.into_iter().filter(|(method, path, body)| {
        let is_open = path.starts_with("/carts")
            || *path == "/checkouts"
            || *path == "/orders"
            || body.contains("order_token");
        !(is_open || *method == "GET" && path.starts_with("/products"))
    });
    for route in guarded {
        for credential in [
            None,
            Some(&*ours.api_key),
            Some(&*own["order_token"]),
            Some(&*own["checkout_token"]),
        ] {
            let reply = call(app, &theirs.id, route, credential, &foreign, &own).await;
            let for_absent = call(app, &theirs.id, route, credential, &absent(), &own).await;
            assert!(
                [401, 404].contains(&reply.status.as_u16()),
                "{route:?}: {} {}",
                reply.status,
                reply.text
            );
            assert_eq!(reply.anonymous(), for_absent.anonymous(), "{route:?}");
        }
    }
    let list = app
        .http
        .request(Method::GET, &format!("/api/v1/stores/{}/orders", theirs.id))
        .bearer(&ours.api_key);
    list.send().await.expect_error(401, "api_key_invalid");
    assert_eq!(
        contents(app, &theirs).await,
        before,
        "nothing of theirs changed"
    );
    // The same calls with the right credential work, so the refusals above are not for another reason.
    for (route, credential) in [
        (("GET", "/orders/{order}", ""), &foreign["order_token"]),
        (("GET", "/payments/{intent}", ""), &theirs.api_key),
        (
            ("GET", "/checkouts/{checkout}", ""),
            &foreign["checkout_token"],
        ),
        (
            ("POST", "/payment-intents", r#"{"cart_id":"{cart}"}"#),
            &foreign["checkout_token"],
        ),
    ] {
        call(app, &theirs.id, route, Some(credential), &foreign, &own)
            .await
            .expect(200);
    }
}
