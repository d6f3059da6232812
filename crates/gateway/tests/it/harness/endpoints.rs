//! Webhook endpoints at the sandbox, and what the gateway knows of them.

use domain::Mode;
use gateway::work::health;
use reqwest::Method;
use serde_json::{Value, json};
use stripe_http::API_VERSION;

use super::{Keys, TestApp};

impl TestApp {
    /// Makes an account at the sandbox whose webhooks go out by themselves.
    pub async fn create_lively_account(&self) -> Keys {
        let keys = Keys::fake();
        self.create_account(&keys).await;
        let mode = json!({ "mode": "auto", "account": keys.account_id });
        self.control(Method::POST, "/deliveries/mode", mode).await;
        keys
    }

    /// A store whose merchant pasted two keys and nothing else.
    pub async fn store_with_two_keys(&self, keys: &Keys) -> String {
        let store = self.create_store("Roastery").await;
        self.connect(&store, keys, None).await;
        store
    }

    /// Waits until Stripe has delivered what it had.
    pub async fn all_delivered(&self) {
        self.control(Method::POST, "/deliveries/settle", json!({}))
            .await;
    }

    /// A call of the merchant's own, or of other software that they use.
    pub async fn as_merchant(
        &self,
        keys: &Keys,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> Value {
        let url = format!("{}/v1/{path}", self.sandbox.url());
        let request = super::http::client()
            .request(method.clone(), url)
            .bearer_auth(&keys.secret);
        let request = if method == Method::POST {
            request.form(form)
        } else {
            request
        };
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer.get("error"), None, "{method} {path}");
        if let Some(secret) = answer["secret"].as_str() {
            self.keep_secret(secret);
        }
        answer
    }

    /// The account's endpoints, newest first.
    pub async fn endpoints_at_stripe(&self, keys: &Keys) -> Vec<Value> {
        let path = "webhook_endpoints?limit=100";
        let list = self.as_merchant(keys, Method::GET, path, &[]).await;
        list["data"].as_array().unwrap().clone()
    }

    /// The only one.
    #[track_caller]
    pub fn only(endpoints: &[Value]) -> &Value {
        assert_eq!(endpoints.len(), 1, "{endpoints:?}");
        &endpoints[0]
    }

    /// Holds that an endpoint is as it has to be.
    #[track_caller]
    pub fn assert_as_wanted(&self, endpoint: &Value, store_id: &str) {
        let url = format!("{}/webhook/stripe/{store_id}", self.url);
        assert_eq!(endpoint["url"], url);
        assert_eq!(endpoint["status"], "enabled");
        assert_eq!(endpoint["api_version"], API_VERSION);
        let events = gateway::webhook::types::HANDLED_EVENTS;
        assert_eq!(endpoint["enabled_events"], json!(events));
        let metadata = &endpoint["metadata"];
        assert_eq!(metadata["tillgate_store_id"], store_id);
        assert_eq!(metadata["tillgate_mode"], "test");
    }

    /// Looks after a store's test connection, whenever it is due.
    pub async fn look_after(&self, store_id: &str) {
        health::look_now(&self.app, store_id.parse().unwrap(), Mode::Test)
            .await
            .unwrap();
    }

    /// The codes of a store's open problems, oldest first.
    pub async fn open_problems(&self, store_id: &str) -> Vec<String> {
        let mut conn = self.app.db.read().await.unwrap();
        let open = db::connection_problems::list(&mut conn, store_id.parse().unwrap()).await;
        open.unwrap().into_iter().map(|one| one.code).collect()
    }

    /// What the gateway has stored of its endpoint in an account.
    pub async fn registered(
        &self,
        store_id: &str,
        keys: &Keys,
    ) -> Option<db::webhook_endpoints::RegisteredEndpoint> {
        let mut conn = self.app.db.read().await.unwrap();
        let store_id = store_id.parse().unwrap();
        db::webhook_endpoints::find(&mut conn, store_id, Mode::Test, &keys.account_id)
            .await
            .unwrap()
    }

    /// The signing secrets of a store that are valid now, newest first.
    pub async fn valid_secrets(&self, store_id: &str) -> Vec<db::webhook_secrets::WebhookSecret> {
        let mut conn = self.app.db.read().await.unwrap();
        let store_id = store_id.parse().unwrap();
        db::webhook_secrets::list_valid(&mut conn, store_id, self.clock.now())
            .await
            .unwrap()
    }

    /// When a webhook was accepted last.
    pub async fn last_event_at(&self, store_id: &str) -> Option<jiff::Timestamp> {
        let mut conn = self.app.db.read().await.unwrap();
        let store_id = store_id.parse().unwrap();
        let connection = db::connections::find(&mut conn, store_id, Mode::Test).await;
        let account_id = connection.unwrap().unwrap().account_id;
        let day_ago = self.clock.now() - jiff::SignedDuration::from_hours(24);
        db::inbox::newest_delivered(&mut conn, store_id, Mode::Test, &account_id, day_ago)
            .await
            .unwrap()
    }

    /// What the audit log says was done to a store, oldest first.
    pub async fn audited(&self, store_id: &str, actions: &str) -> Vec<String> {
        let sql = format!(
            "SELECT action FROM audit_log WHERE store_id = '{store_id}' AND action LIKE '{actions}' ORDER BY id"
        );
        let rows = self.database.raw(&sql).await.unwrap();
        rows.into_iter()
            .map(|mut row| row.remove(0).unwrap())
            .collect()
    }
}
