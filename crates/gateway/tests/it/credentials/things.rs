//! Two stores with one of each thing, and calls about them.

use std::collections::BTreeMap;

use gateway::openapi::operation::Operation;
use gateway::tokens::CheckoutClaims;
use jiff::SignedDuration;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Keys, Session, TestApp};
use crate::saved_cards;

/// What a call may name, by the names of paths and bodies.
pub type Things = BTreeMap<&'static str, String>;

/// A store that takes real money, with a test key beside, and another store.
pub struct Stores {
    pub live_key: String,
    pub test_key: String,
    pub theirs: ConnectedStore,
    /// What the calls are about: live data of the first store.
    pub ours_live: Things,
    /// Another cart, checkout and order of the same store and mode.
    pub other: Things,
    /// Those of the other store.
    pub foreign: Things,
}

impl Stores {
    pub async fn open(app: &TestApp) -> Self {
        let ours = live_store(app).await;
        let theirs = app.connected_store("Tea").await;
        let test_key = app.create_api_key(&ours.id, "test").await;
        let mut all = [
            things(app, &ours).await,
            things(app, &ours).await,
            things(app, &theirs).await,
        ];
        // Last: from then on shoppers have to choose one.
        for (things, store) in all.iter_mut().zip([&ours, &ours, &theirs]) {
            let parcel = json!({ "name": "Parcel", "amount": 0 });
            let parcel = method(app, store, "/shipping-methods", parcel).await;
            things.insert("shipping_method_id", parcel);
        }
        let [ours_live, other, foreign] = all;
        Self {
            ours_live,
            other,
            foreign,
            live_key: ours.api_key,
            test_key,
            theirs,
        }
    }

    /// Of the very checkout that is asked for.
    pub fn expired_checkout_token(&self, app: &TestApp) -> String {
        let claims = CheckoutClaims {
            store_id: self.ours_live["store_id"].parse().unwrap(),
            checkout_id: self.ours_live["checkout_id"].parse().unwrap(),
        };
        let minted_at = app.clock.now() - SignedDuration::from_hours(48);
        let token = app.app.tokens.mint_checkout(claims, minted_at).unwrap();
        token.expose_secret().to_owned()
    }

    /// Says another checkout than what was signed.
    pub fn tampered_checkout_token(&self) -> String {
        let split = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let signed = split(&self.other["checkout_token"]);
        let mut token = split(&self.ours_live["checkout_token"]);
        token[2].clone_from(&signed[2]);
        token.join(".")
    }

    /// Everything that a stranger could change. Not the stores: that webhooks come with wrong signatures is noted there.
    pub async fn contents(&self, app: &TestApp) -> Vec<String> {
        let mut contents = Vec::new();
        for table in [
            "products",
            "shipping_methods",
            "payment_methods",
            "carts",
            "cart_items",
            "checkouts",
            "orders",
            "order_items",
            "payments",
            "payment_links",
            "customers",
            "saved_payment_methods",
            "refunds",
            "stripe_events",
            "api_keys",
            "connect_tokens",
        ] {
            let rows = app
                .database
                .raw(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
                .await;
            contents.push(format!("{table}: {:?}", rows.unwrap()));
        }
        contents
    }
}

async fn live_store(app: &TestApp) -> ConnectedStore {
    let id = app.create_store("Coffee").await;
    let keys = Keys::fake_in("live");
    app.create_account(&keys).await;
    let webhook_secret = app
        .create_endpoint(&keys, &TestApp::webhook_path(&id))
        .await;
    app.connect(&id, &keys, Some(&webhook_secret)).await;
    let api_key = app.create_api_key(&id, "live").await;
    ConnectedStore {
        id,
        keys,
        webhook_secret,
        api_key,
    }
}

async fn method(app: &TestApp, store: &ConnectedStore, path: &str, body: Value) -> String {
    let request = app.store_post(store, path, &body).bearer(&store.api_key);
    let reply = request.send().await.expect(201);
    reply["id"].as_str().unwrap().to_owned()
}

/// One of each but of the ways to ship; the cart is open, the order is another cart's and has its payment.
async fn things(app: &TestApp, store: &ConnectedStore) -> Things {
    let product = app
        .create_product(
            store,
            json!({ "name": "Thing", "unit_amount": 1250, "stock": 50 }),
        )
        .await;
    let cart = app.cart_of(store, &product, 1).await;
    let checkout = app
        .store_post(store, "/checkouts", &json!({ "cart_id": cart }))
        .send()
        .await;
    let checkout = checkout.expect(201);
    let order = app.place_order(store).await;
    let event = app
        .hint(store, "payment_intent.succeeded", &order.intent)
        .await;
    let transfer = json!({ "name": "Bank transfer" });
    let transfer = method(app, store, "/payment-methods", transfer).await;
    // A link of a cart of its own, because it makes the cart's payment.
    let linked = app.cart_of(store, &product, 1).await;
    let address = json!({ "line1": "Main Street 1", "country": "DE" });
    let link = json!({ "cart_id": linked, "shipping_address": address });
    let link = app
        .store_post(store, "/payment-links", &link)
        .send()
        .await
        .expect(201);
    let link_token = link["payment_url"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let saved = saved_cards::keep(app, store, "pm_card_visa").await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Things::from([
        ("store_id", store.id.clone()),
        ("product_id", product),
        ("cart_id", cart),
        ("checkout_id", text(&checkout["id"])),
        ("checkout_token", text(&checkout["checkout_token"])),
        ("order_id", order.id),
        ("order_token", order.token),
        ("payment_intent_id", order.intent),
        ("event_id", event),
        ("payment_method_id", transfer),
        ("saved_payment_method_id", saved),
        ("link_token", link_token),
    ])
}

/// One that was never given out.
pub fn tampered_link_token() -> String {
    "FAKE-token-that-no-link-has-0123456789abcde".to_owned()
}

/// Ids that nothing has.
pub fn absent() -> Things {
    let id = || uuid::Uuid::now_v7().to_string();
    Things::from([
        ("store_id", id()),
        ("product_id", id()),
        ("cart_id", id()),
        ("checkout_id", id()),
        ("order_id", id()),
        (
            "payment_intent_id",
            "pi_FAKE000000000000000000000".to_owned(),
        ),
        ("event_id", "evt_FAKEabsent".to_owned()),
        ("shipping_method_id", id()),
        ("payment_method_id", id()),
        ("saved_payment_method_id", id()),
        (
            "link_token",
            "FAKE-token-that-no-link-has-0123456789abcdg".to_owned(),
        ),
    ])
}

/// Whether a call names a thing in its path or body.
pub fn names(operation: &Operation, name: &str) -> bool {
    let in_body = operation
        .example()
        .is_some_and(|example| example.get(name).is_some());
    in_body || operation.path.contains(&format!("{{{name}}}"))
}

/// The call, about these things, without a credential.
pub fn request<'a>(app: &'a TestApp, operation: &Operation, things: &Things) -> Session<'a> {
    // What a store offers, of both kinds, is `method_id` in its paths.
    let method_id = if operation.path.contains("shipping") {
        "shipping_method_id"
    } else {
        "payment_method_id"
    };
    let path = operation
        .path
        .replace("{method_id}", &format!("{{{method_id}}}"));
    let path = things.iter().fold(path, |path, (name, value)| {
        path.replace(&format!("{{{name}}}"), value)
    });
    assert!(
        !path.contains('{'),
        "{path}: what is that? Put one into things()"
    );
    let method = Method::from_bytes(operation.method.as_str().as_bytes()).unwrap();
    let request = app.http.request(method, &path);
    match (body(operation, things), operation.content_type()) {
        (Some(body), Some(content_type)) => request.body(content_type, body),
        _ => request,
    }
}

/// The document's example, with the ids of these things.
pub fn body(operation: &Operation, things: &Things) -> Option<String> {
    match operation.example()? {
        Value::String(text) => Some(text.clone()),
        example => Some(with_ids(example, things).to_string()),
    }
}

fn with_ids(value: &Value, things: &Things) -> Value {
    match value {
        Value::Object(fields) => {
            let id = |name: &str| things.get(name).filter(|_| name.ends_with("_id"));
            let field = |(name, value): (&String, &Value)| {
                let value = id(name).map_or_else(|| with_ids(value, things), |id| json!(id));
                (name.clone(), value)
            };
            fields.iter().map(field).collect()
        }
        Value::Array(items) => items.iter().map(|item| with_ids(item, things)).collect(),
        other => other.clone(),
    }
}
