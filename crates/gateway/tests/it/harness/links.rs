//! Payment links, as a shop makes them and as whoever holds one uses them.

use serde_json::{Value, json};

use super::{ConnectedStore, Reply, TestApp};

/// A payment link that was made.
#[derive(Debug, Clone)]
pub struct Link {
    pub token: String,
    pub intent: String,
    pub answer: Value,
}

impl TestApp {
    /// What a link is made from: the cart, Ada, and where she lives.
    pub fn link_body(cart: &str) -> Value {
        json!({
            "cart_id": cart, "email": "ada@example.com",
            "shipping_address": { "name": "Ada Lovelace", "line1": "Hidden Street 12", "city": "Berlin", "country": "DE" },
        })
    }

    /// Makes a link of a cart.
    pub async fn create_link(&self, store: &ConnectedStore, cart: &str) -> Link {
        self.link_of(store, &Self::link_body(cart)).await
    }

    /// Makes a link of this body.
    pub async fn link_of(&self, store: &ConnectedStore, body: &Value) -> Link {
        let reply = self.store_post(store, "/payment-links", body).send().await;
        let answer = reply.expect(201);
        let url = answer["payment_url"].as_str().unwrap();
        let token = url.rsplit('/').next().unwrap().to_owned();
        assert_eq!(url, format!("{}/pay/{token}", self.url));
        self.keep_token(&token);
        let intent = answer["payment_intent_id"].as_str().unwrap().to_owned();
        Link {
            token,
            intent,
            answer,
        }
    }

    /// A link whose `PaymentIntent` is authorised.
    pub async fn paid_link(&self, store: &ConnectedStore, cart: &str) -> Link {
        let link = self.create_link(store, cart).await;
        let paid = self.pay(&link.intent, "pm_card_visa").await;
        assert_eq!(paid["status"], "requires_capture", "{paid}");
        link
    }

    /// What a browser asks before it pays.
    pub async fn show_link(&self, token: &str) -> Reply {
        let path = format!("/api/v1/payment-links/{token}");
        self.http.get(&path).send().await
    }

    /// Asks for the order of a link that was paid.
    pub async fn complete_link(&self, token: &str, intent: &str) -> Reply {
        let path = format!("/api/v1/payment-links/{token}/complete");
        let body = json!({ "payment_intent_id": intent });
        self.http.post(&path, &body).send().await
    }

    /// Opens the link's page; `query` with its question mark, or nothing.
    pub async fn link_page(&self, token: &str, query: &str) -> Reply {
        self.http.get(&format!("/pay/{token}{query}")).send().await
    }

    /// Where a link stands, as its holder is told.
    pub async fn link_status(&self, store: &ConnectedStore, link: &Link) -> Value {
        let path = format!("/payments/{}", link.intent);
        let reply = self.store_get(store, &path).bearer(&link.token);
        reply.send().await.expect(200)["payment_link_status"].clone()
    }

    /// Looks after the links whose shopper does not come back, until none is due.
    pub async fn run_links(&self) {
        while gateway::work::links::run_once(&self.app).await.unwrap() > 0 {}
    }
}
