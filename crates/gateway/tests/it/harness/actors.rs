//! Who uses the gateway: a platform's back end, merchants, shoppers and storefronts.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{INTERNAL_SECRET, Reply, TestApp};

/// The keys of a made-up Stripe account in test mode; no two tests share one.
#[derive(Debug, Clone)]
pub struct Keys {
    pub account_id: String,
    pub publishable: String,
    pub secret: String,
}

impl Keys {
    pub fn fake() -> Self {
        Self::fake_in("test")
    }

    pub fn fake_in(mode: &str) -> Self {
        let unique = Uuid::new_v4().simple().to_string();
        Self {
            account_id: format!("acct_FAKE{}", &unique[..12]),
            publishable: format!("pk_{mode}_FAKE{unique}"),
            secret: format!("sk_{mode}_FAKE{}", Uuid::new_v4().simple()),
        }
    }
}

/// A store that can take payments.
#[derive(Debug, Clone)]
pub struct ConnectedStore {
    pub id: String,
    pub keys: Keys,
    pub webhook_secret: String,
    pub api_key: String,
}

/// A placed order and how to pay it.
#[derive(Debug, Clone)]
pub struct PaidOrder {
    pub id: String,
    pub token: String,
    pub intent: String,
}

impl TestApp {
    /// The platform's back end calls the internal API.
    pub async fn internal(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self.http.request(method, &format!("/api/internal{path}"));
        request
            .json(body)
            .header("X-Internal-Secret", INTERNAL_SECRET)
            .send()
            .await
    }

    /// A store without keys.
    pub async fn create_store(&self, name: &str) -> String {
        let store = self
            .internal(Method::POST, "/stores", &json!({ "name": name }))
            .await
            .expect(201);
        store["id"].as_str().unwrap().to_owned()
    }

    /// Makes an account at the sandbox; its webhooks wait until a test lets them go.
    pub async fn create_account(&self, keys: &Keys) {
        self.keep_secret(&keys.secret);
        let account = json!({
            "account_id": keys.account_id, "publishable_key": keys.publishable, "secret_key": keys.secret,
            "country": "DE", "default_currency": "eur",
        });
        self.control(Method::POST, "/accounts", account).await;
        let mode = json!({ "mode": "hold", "account": keys.account_id });
        self.control(Method::POST, "/deliveries/mode", mode).await;
    }

    /// Registers a store's webhook endpoint at the sandbox, as a merchant does in the dashboard.
    pub async fn create_endpoint(&self, keys: &Keys, path: &str) -> String {
        let url = format!("{}{path}", self.url);
        let response = super::http::client()
            .post(format!("{}/v1/webhook_endpoints", self.sandbox.url()))
            .bearer_auth(&keys.secret)
            .form(&[("url", url.as_str()), ("enabled_events[0]", "*")])
            .send()
            .await
            .unwrap();
        let endpoint: Value = response.json().await.unwrap();
        let secret = endpoint["secret"]
            .as_str()
            .unwrap_or_else(|| panic!("no endpoint: {endpoint}"))
            .to_owned();
        self.keep_secret(&secret);
        secret
    }

    /// A store that is connected to an account of its own and hears its webhooks.
    pub async fn connected_store(&self, name: &str) -> ConnectedStore {
        let id = self.create_store(name).await;
        let keys = Keys::fake();
        self.create_account(&keys).await;
        let webhook_secret = self
            .create_endpoint(&keys, &format!("/webhook/stripe/{id}"))
            .await;
        self.connect(&id, &keys, Some(&webhook_secret)).await;
        let api_key = self.create_api_key(&id, "test").await;
        ConnectedStore {
            id,
            keys,
            webhook_secret,
            api_key,
        }
    }

    /// Stores keys as the connect form does.
    pub async fn connect(&self, store_id: &str, keys: &Keys, webhook_secret: Option<&str>) {
        let input = gateway::connect::keys::ConnectInput {
            publishable_key: keys.publishable.clone(),
            secret_key: SecretString::from(keys.secret.clone()),
            webhook_secret: webhook_secret.map(SecretString::from),
            token_id: None,
            account_change: gateway::connect::account_change::AccountChange::Allowed,
        };
        gateway::connect::keys::connect(&self.app, store_id.parse().unwrap(), input)
            .await
            .unwrap();
    }

    pub async fn create_api_key(&self, store_id: &str, mode: &str) -> String {
        let body = json!({ "mode": mode, "label": "tests" });
        let key = self
            .internal(Method::POST, &format!("/stores/{store_id}/api-keys"), &body)
            .await
            .expect(201);
        key["key"].as_str().unwrap().to_owned()
    }

    /// The merchant's back end adds a product.
    pub async fn create_product(&self, store: &ConnectedStore, fields: Value) -> String {
        let reply = self
            .store_post(store, "/products", &fields)
            .bearer(&store.api_key)
            .send()
            .await;
        reply.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// A `POST` of the store's API, not sent yet.
    pub fn store_post(
        &self,
        store: &ConnectedStore,
        path: &str,
        body: &Value,
    ) -> super::Session<'_> {
        self.http
            .post(&format!("/api/v1/stores/{}{path}", store.id), body)
    }

    /// A `GET` of the store's API, not sent yet.
    pub fn store_get(&self, store: &ConnectedStore, path: &str) -> super::Session<'_> {
        self.http.get(&format!("/api/v1/stores/{}{path}", store.id))
    }

    /// A storefront makes a cart of one product at 12.50 euros.
    pub async fn create_cart(&self, store: &ConnectedStore) -> String {
        let product = self
            .create_product(
                store,
                json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" }),
            )
            .await;
        let cart = json!({ "items": [{ "product_id": product, "quantity": 1 }] });
        self.store_post(store, "/carts", &cart)
            .send()
            .await
            .expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A shopper places an order and gets as far as the card form.
    pub async fn place_order(&self, store: &ConnectedStore) -> PaidOrder {
        let cart = self.create_cart(store).await;
        let body = json!({ "cart_id": cart, "email": "shopper@example.com" });
        let order = self
            .store_post(store, "/orders", &body)
            .send()
            .await
            .expect(201);
        let (id, token) = (
            order["id"].as_str().unwrap(),
            order["order_token"].as_str().unwrap(),
        );
        let body = json!({ "order_id": id });
        let intent = self
            .store_post(store, "/payment-intents", &body)
            .bearer(token)
            .send()
            .await
            .expect(201);
        PaidOrder {
            id: id.to_owned(),
            token: token.to_owned(),
            intent: intent["id"].as_str().unwrap().to_owned(),
        }
    }

    /// The shopper pays with one of Stripe's test cards; the webhooks wait.
    pub async fn pay(&self, intent: &str, payment_method: &str) -> Value {
        let body = json!({ "payment_method": payment_method, "return_url": "https://shop.example.com/return" });
        self.control(
            Method::POST,
            &format!("/payment_intents/{intent}/pay"),
            body,
        )
        .await
    }

    /// Lets waiting webhooks of a type go; every one must be accepted.
    pub async fn deliver(&self, store: &ConnectedStore, event_type: &str, times: u32) -> Value {
        let body = json!({ "account": store.keys.account_id, "event_type": event_type, "times": times, "concurrent": true });
        let delivered = self.control(Method::POST, "/deliveries/flush", body).await;
        let deliveries = delivered["deliveries"].as_array().unwrap();
        assert!(!deliveries.is_empty(), "no {event_type} was waiting");
        for delivery in deliveries {
            assert_eq!(delivery["status"], 200, "{delivery}");
        }
        delivered
    }

    /// The order by our own record, as another service sees it: `GET /orders/{id}` would ask Stripe first.
    pub async fn order(&self, _: &ConnectedStore, order_id: &str) -> Value {
        let path = format!("/orders/{order_id}");
        self.internal(Method::GET, &path, &json!({}))
            .await
            .expect(200)
    }

    /// How often the order became paid, by the audit log.
    pub async fn times_paid(&self, order_id: &str) -> usize {
        let sql = format!(
            "SELECT id FROM audit_log WHERE action = 'order.paid' AND subject = '{order_id}'"
        );
        self.database.raw(&sql).await.unwrap().len()
    }
}
