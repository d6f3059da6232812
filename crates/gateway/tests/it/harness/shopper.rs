//! What a shopper does step by step, and what came of it at Stripe.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ConnectedStore, Reply, TestApp};

impl TestApp {
    /// A cart of one product.
    pub async fn cart_of(&self, store: &ConnectedStore, product: &str, quantity: u32) -> String {
        let body = json!({ "items": [{ "product_id": product, "quantity": quantity }] });
        let reply = self.store_post(store, "/carts", &body).send().await;
        reply.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Replaces a cart's lines by one product.
    pub async fn change_cart(
        &self,
        store: &ConnectedStore,
        cart: &str,
        product: &str,
        quantity: u32,
    ) -> Reply {
        let path = format!("/api/v1/stores/{}/carts/{cart}/items", store.id);
        let body = json!({ "items": [{ "product_id": product, "quantity": quantity }] });
        self.http
            .request(Method::PUT, &path)
            .json(&body)
            .send()
            .await
    }

    /// Opens a checkout and gives its token.
    pub async fn open_checkout(&self, store: &ConnectedStore, cart: &str) -> String {
        let body = json!({ "cart_id": cart, "email": "shopper@example.com" });
        let reply = self.store_post(store, "/checkouts", &body).send().await;
        reply.expect(201)["checkout_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Places the order of a cart, to be paid afterwards.
    pub async fn order_cart(&self, store: &ConnectedStore, cart: &str) -> Reply {
        self.store_post(store, "/orders", &json!({ "cart_id": cart }))
            .send()
            .await
    }

    /// Asks for the `PaymentIntent` of a cart, to be paid before there is an order.
    pub async fn prepay(&self, store: &ConnectedStore, cart: &str, token: &str) -> Reply {
        self.store_post(store, "/payment-intents", &json!({ "cart_id": cart }))
            .bearer(token)
            .send()
            .await
    }

    /// A cart whose `PaymentIntent` is authorised, but which is no order yet.
    pub async fn prepaid(&self, store: &ConnectedStore, cart: &str) -> String {
        let token = self.open_checkout(store, cart).await;
        let intent = self.prepay(store, cart, &token).await.expect(201)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let paid = self.pay(&intent, "pm_card_visa").await;
        assert_eq!(paid["status"], "requires_capture", "{paid}");
        intent
    }

    /// Places the order of a cart that was paid first.
    pub async fn order_prepaid(&self, store: &ConnectedStore, cart: &str, intent: &str) -> Reply {
        let body = json!({ "cart_id": cart, "payment_reference": intent });
        self.store_post(store, "/orders", &body).send().await
    }

    /// Calls again while the answer is 503: many at once on a small machine are told to, and then it must go well.
    pub async fn patiently<F: Future<Output = Reply>>(&self, call: impl Fn() -> F) -> Reply {
        for _ in 0..50 {
            let reply = call().await;
            if reply.status != 503 {
                return reply;
            }
            assert!(!reply.header("retry-after").is_empty(), "{}", reply.text);
        }
        panic!("busy for ever");
    }

    /// Pieces that are left.
    pub async fn stock(&self, store: &ConnectedStore, product: &str) -> Value {
        let reply = self
            .store_get(store, &format!("/products/{product}"))
            .send()
            .await;
        reply.expect(200)["stock"].clone()
    }

    /// Every request of the gateway that reached Stripe, oldest first.
    pub async fn stripe_requests(&self) -> Vec<Value> {
        let log = self.control(Method::GET, "/requests", json!({})).await;
        let is_ours = |request: &&Value| {
            request["user_agent"]
                .as_str()
                .is_some_and(|agent| agent.starts_with("tillgate"))
        };
        log["requests"]
            .as_array()
            .unwrap()
            .iter()
            .filter(is_ours)
            .cloned()
            .collect()
    }

    /// The requests that asked Stripe for a new `PaymentIntent`, retries and replays included.
    pub async fn intent_creations(&self) -> Vec<Value> {
        let mut requests = self.stripe_requests().await;
        requests.retain(|request| {
            request["method"] == "POST" && request["path"] == "/v1/payment_intents"
        });
        requests
    }

    /// Every `PaymentIntent` that the store's account has.
    pub async fn intents_at_stripe(&self, store: &ConnectedStore) -> Vec<Value> {
        self.list_at_stripe(store, "payment_intents?").await
    }

    /// A payment's `refunds` or `disputes` at Stripe, newest first.
    pub async fn of_payment_at_stripe(
        &self,
        store: &ConnectedStore,
        kind: &str,
        intent: &str,
    ) -> Vec<Value> {
        self.list_at_stripe(store, &format!("{kind}?payment_intent={intent}&"))
            .await
    }

    /// A whole list at Stripe, newest first, such as `customers?`.
    pub async fn list_at_stripe(&self, store: &ConnectedStore, list: &str) -> Vec<Value> {
        let url = format!("{}/v1/{list}limit=100", self.sandbox.url());
        let request = super::http::client()
            .get(url)
            .bearer_auth(&store.keys.secret);
        let found: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(found["has_more"], false, "more than a page of {list}");
        found["data"].as_array().unwrap().clone()
    }

    /// Deletes something at Stripe, such as `customers/cus_…`, as the merchant does it in the dashboard.
    pub async fn delete_at_stripe(&self, store: &ConnectedStore, path: &str) {
        let url = format!("{}/v1/{path}", self.sandbox.url());
        let request = super::http::client()
            .delete(url)
            .bearer_auth(&store.keys.secret);
        let deleted: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(deleted["deleted"], true, "{deleted}");
    }

    /// One of the store's `PaymentIntent`s.
    pub async fn intent_at_stripe(&self, store: &ConnectedStore, intent: &str) -> Value {
        let url = format!("{}/v1/payment_intents/{intent}", self.sandbox.url());
        let request = super::http::client()
            .get(url)
            .bearer_auth(&store.keys.secret);
        let object: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(object["id"], intent, "{object}");
        object
    }

    /// As [`TestApp::intent_at_stripe`], where the account has more of them than a page holds.
    pub async fn intent_at_stripe_alone(&self, store: &ConnectedStore, intent: &str) -> Value {
        let url = format!("{}/v1/payment_intents/{intent}", self.sandbox.url());
        let request = super::http::client().get(url);
        let response = request.bearer_auth(&store.keys.secret).send().await;
        response.unwrap().json().await.unwrap()
    }

    /// Lets the next matching requests to Stripe fail.
    pub async fn fault(&self, fault: Value) {
        self.control(Method::POST, "/faults", fault).await;
    }

    /// How many rows a table holds.
    pub async fn count(&self, table: &str) -> u64 {
        let rows = self
            .database
            .raw(&format!("SELECT count(*) FROM {table}"))
            .await
            .unwrap();
        rows[0][0].as_deref().unwrap().parse().unwrap()
    }
}

impl Reply {
    /// Status and body without what differs between any two answers: the request's id.
    pub fn anonymous(&self) -> (u16, String) {
        let request_id = self.header("x-request-id");
        assert!(!request_id.is_empty(), "no request id: {}", self.text);
        (
            self.status.as_u16(),
            self.text.replace(request_id, "REQUEST_ID"),
        )
    }
}
