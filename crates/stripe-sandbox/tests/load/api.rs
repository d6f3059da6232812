//! One client of the sandbox.

use std::time::Duration;

use serde_json::Value;

use crate::SECRET_KEY;

/// Under load on a busy machine; nothing should take so long.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The control API answers 504 while deliveries are under way.
const SETTLE_ATTEMPTS: usize = 20;

pub(crate) struct Api {
    url: String,
    http: reqwest::Client,
}

impl Api {
    pub(crate) fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build().unwrap();
        Self {
            url: url.to_owned(),
            http,
        }
    }

    /// What the API answers to a request that must succeed.
    pub(crate) async fn post(&self, path: &str, form: &str, idempotency_key: &str) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Idempotency-Key", idempotency_key)
            .body(form.to_owned());
        read(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        read(self.http.get(format!("{}{path}", self.url))).await
    }

    /// Every object of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut found: Vec<Value> = Vec::new();
        loop {
            let cursor = found.last().map_or(String::new(), |last| {
                format!("&starting_after={}", last["id"].as_str().unwrap())
            });
            let mut page = self.get(&format!("{path}?limit=100{cursor}")).await;
            found.append(page["data"].as_array_mut().unwrap());
            if page["has_more"] == false {
                return found;
            }
        }
    }

    /// Waits until every delivery was answered.
    pub(crate) async fn settle(&self) {
        let settle = format!("{}/_sandbox/deliveries/settle", self.url);
        for _ in 0..SETTLE_ATTEMPTS {
            let answer = self.http.post(&settle).send().await.unwrap();
            if answer.status().is_success() {
                return;
            }
        }
        panic!("deliveries are still under way");
    }
}

async fn read(request: reqwest::RequestBuilder) -> Value {
    let answer = request.bearer_auth(SECRET_KEY).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}
