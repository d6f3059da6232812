//! "Why is it pending?": what an order's story tells its merchant, and what the order waits for.

mod stories;
mod waits;

use serde_json::{Value, json};

use crate::harness::{ConnectedStore, TestApp};

impl TestApp {
    /// An order's story, as the merchant's back end reads it.
    async fn timeline(&self, store: &ConnectedStore, order: &str) -> Value {
        let path = format!("/orders/{order}/timeline");
        let request = self.store_get(store, &path).bearer(&store.api_key);
        let timeline = request.send().await.expect(200);
        assert_eq!(timeline["order_id"], order);
        timeline
    }

    /// The merchant's back end asks something of an order.
    async fn ask(&self, store: &ConnectedStore, order: &str, action: &str, body: Value) -> Value {
        let path = format!("/orders/{order}/{action}");
        let request = self.store_post(store, &path, &body).bearer(&store.api_key);
        let reply = request.send().await;
        assert!(reply.status.is_success(), "{action}: {}", reply.text);
        reply.json()
    }

    /// The code and the message of what an order waits for.
    async fn waits_for(&self, store: &ConnectedStore, order: &str) -> (String, String) {
        let waits_for = &self.timeline(store, order).await["waits_for"];
        let text = |field: &str| waits_for[field].as_str().unwrap_or("nothing").to_owned();
        (text("code"), text("message"))
    }
}

/// Kind and cause of each entry, oldest first.
fn told(timeline: &Value) -> Vec<(&str, &str)> {
    let entries = timeline["events"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| {
            assert!(
                entry["id"].is_string() && entry["created_at"].is_string(),
                "{entry}"
            );
            assert!(entry["detail"].is_object(), "{entry}");
            (
                entry["kind"].as_str().unwrap(),
                entry["cause"].as_str().unwrap(),
            )
        })
        .collect()
}

/// The entries of a kind.
fn of_kind<'a>(timeline: &'a Value, kind: &str) -> Vec<&'a Value> {
    let entries = timeline["events"].as_array().unwrap();
    entries
        .iter()
        .filter(|entry| entry["kind"] == kind)
        .collect()
}

/// Each call to Stripe that changed something: what, what came of it, and whether Stripe's request id stands with it.
fn calls(timeline: &Value) -> Vec<(&str, &str, bool)> {
    of_kind(timeline, "stripe.called")
        .into_iter()
        .map(|entry| {
            let detail = &entry["detail"];
            let has_id = detail["request_id"]
                .as_str()
                .is_some_and(|id| id.starts_with("req_"));
            (
                detail["call"].as_str().unwrap(),
                detail["result"].as_str().unwrap(),
                has_id,
            )
        })
        .collect()
}

/// A cart of one product that costs 12.50 euros and of which there are ten.
async fn stocked_cart(app: &TestApp, store: &ConnectedStore) -> String {
    let fields = json!({ "name": "Print", "unit_amount": 1250, "stock": 10 });
    let product = app.create_product(store, fields).await;
    app.cart_of(store, &product, 1).await
}
