//! What a shop needs beside cards: shipping, payment by hand, stock that is held for a while, prices that change.

mod csv;
mod holds;
mod manual;
mod page;
mod prices;
mod shipping;
mod unshipped;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp};

impl TestApp {
    /// The merchant's back end calls the store API.
    async fn merchant(
        &self,
        store: &ConnectedStore,
        method: Method,
        path: &str,
        body: Value,
    ) -> Reply {
        let path = format!("/api/v1/stores/{}{path}", store.id);
        let request = self.http.request(method, &path).bearer(&store.api_key);
        request.json(&body).send().await
    }

    /// A way to ship.
    async fn shipping_method(
        &self,
        store: &ConnectedStore,
        amount: i64,
        countries: Value,
    ) -> String {
        let body = json!({ "name": "Parcel", "amount": amount, "currency": "eur", "countries": countries });
        let reply = self
            .merchant(store, Method::POST, "/shipping-methods", body)
            .await;
        id_of(&reply.expect(201))
    }

    /// A way to pay by hand.
    async fn manual_method(&self, store: &ConnectedStore) -> String {
        let body = json!({
            "name": "Bank transfer", "description": "IBAN DE00 EXAMPLE",
            "translations": { "de": { "name": "Überweisung", "description": "IBAN DE00 BEISPIEL" }, "fr": { "name": "Virement" } },
        });
        let reply = self
            .merchant(store, Method::POST, "/payment-methods", body)
            .await;
        id_of(&reply.expect(201))
    }

    /// A product of which `stock` pieces are there.
    async fn stocked(&self, store: &ConnectedStore, stock: i64) -> String {
        let body =
            json!({ "name": "Print", "unit_amount": 1000, "currency": "eur", "stock": stock });
        self.create_product(store, body).await
    }

    /// Asks for the `PaymentIntent` of an order.
    async fn intent_of(&self, store: &ConnectedStore, order: &Value) -> Reply {
        let token = order["order_token"].as_str().unwrap();
        let body = json!({ "order_id": order["id"] });
        self.store_post(store, "/payment-intents", &body)
            .bearer(token)
            .send()
            .await
    }

    fn advance_minutes(&self, minutes: i64) {
        self.clock.advance(jiff::SignedDuration::from_mins(minutes));
    }
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn codes(order: &Value) -> Vec<&str> {
    let attention = order["attention"].as_array().unwrap();
    attention
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}
