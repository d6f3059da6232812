//! Events that are signed by hand: what Stripe may send and the sandbox never would.

use gateway::sealing;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::{Value, json};
use stripe_http::webhook;
use uuid::Uuid;

use super::{ConnectedStore, Keys, Reply, TestApp};

/// An event of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    pub state: String,
    pub last_error: Option<String>,
    pub attempts: u32,
}

impl InboxRow {
    /// What tests mostly ask: the state, and why.
    pub fn outcome(&self) -> (&str, Option<&str>) {
        (&self.state, self.last_error.as_deref())
    }
}

/// A new event of a type about an object, of a test account.
pub fn event_of(kind: &str, object: &Value) -> Value {
    json!({
        "id": format!("evt_FAKE{}", Uuid::new_v4().simple()), "object": "event", "api_version": "2026-10-28.endive",
        "created": 1_795_000_000, "livemode": false, "pending_webhooks": 1, "type": kind, "data": { "object": object },
    })
}

impl TestApp {
    /// Where the store's own webhooks go.
    pub fn webhook_path(store_id: &str) -> String {
        format!("/webhook/stripe/{store_id}")
    }

    /// Signs as Stripe does, now.
    pub fn signature(&self, body: &[u8], secret: &str) -> String {
        webhook::sign(
            body,
            &SecretString::from(secret),
            self.clock.now().as_second(),
        )
    }

    /// Posts a body with a signature that was made now.
    pub async fn post_signed(&self, path: &str, secret: &str, body: impl Into<Vec<u8>>) -> Reply {
        let body = body.into();
        let signature = self.signature(&body, secret);
        self.http
            .post_bytes(path, body)
            .header("Stripe-Signature", signature)
            .send()
            .await
    }

    /// Posts an event to the store's own URL, signed with the store's own secret.
    pub async fn post_event(&self, store: &ConnectedStore, event: &Value) -> Reply {
        // Stripe indents what it sends.
        let body = serde_json::to_vec_pretty(event).unwrap();
        self.post_signed(&Self::webhook_path(&store.id), &store.webhook_secret, body)
            .await
    }

    /// Tells the store that something happened to a `PaymentIntent`. Answers with the event's id.
    pub async fn hint(&self, store: &ConnectedStore, kind: &str, intent: &str) -> String {
        let event = event_of(kind, &json!({ "id": intent, "object": "payment_intent" }));
        let answer = self.post_event(store, &event).await.expect(200);
        assert_eq!(answer, json!({ "received": true }));
        event["id"].as_str().unwrap().to_owned()
    }

    /// A store that is connected with this signing secret, whatever the connect form would say to it.
    pub async fn store_with_secret(&self, webhook_secret: &str) -> String {
        let id = self.create_store("Coffee").await;
        let keys = Keys::fake();
        self.create_account(&keys).await;
        self.connect(&id, &keys, None).await;
        let store_id = id.parse().unwrap();
        let mode = domain::Mode::Test;
        let secret = SecretString::from(webhook_secret);
        let sealed =
            sealing::seal_webhook_secret(&self.app.vault, store_id, mode, 1, &secret).unwrap();
        let now = self.clock.now();
        let mut tx = self.app.db.begin().await.unwrap();
        let new = db::webhook_secrets::NewSecret {
            version: 1,
            account_id: &keys.account_id,
            endpoint_id: None,
            secret: sealed,
        };
        db::webhook_secrets::add(&mut tx, store_id, mode, new, now, now)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// An event of the inbox, whichever store has it.
    pub async fn inbox(&self, event_id: &str) -> Option<InboxRow> {
        let mut rows = self.inbox_where(&format!("event_id = '{event_id}'")).await;
        assert!(rows.len() < 2, "{event_id} is stored {} times", rows.len());
        rows.pop()
    }

    /// The inbox's events that a condition in SQL fits.
    pub async fn inbox_where(&self, condition: &str) -> Vec<InboxRow> {
        let sql =
            format!("SELECT state, last_error, attempts FROM stripe_events WHERE {condition}");
        let rows = self.database.raw(&sql).await.unwrap();
        rows.into_iter()
            .map(|row| InboxRow {
                state: row[0].clone().unwrap(),
                last_error: row[1].clone(),
                attempts: row[2].as_deref().unwrap().parse().unwrap(),
            })
            .collect()
    }

    /// Where an order stands by our own record. Reading it over HTTP may ask Stripe first, and so move it.
    pub async fn recorded(&self, order_id: &str) -> (String, String) {
        let sql = format!("SELECT status, payment_status FROM orders WHERE id = '{order_id}'");
        let mut rows = self.database.raw(&sql).await.unwrap();
        let mut row = rows.pop().unwrap().into_iter().flatten();
        (row.next().unwrap(), row.next().unwrap())
    }

    /// Moves the clock to an instant, also back.
    pub fn set_clock(&self, instant: Timestamp) {
        self.clock.advance(instant.duration_since(self.clock.now()));
    }

    /// Moves the clock on.
    pub fn wait_s(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}
