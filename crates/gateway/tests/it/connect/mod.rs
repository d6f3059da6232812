//! Connecting a Stripe account in the browser.

mod access;
mod account_change;
mod elsewhere;
mod forgery;
mod forwarded;
mod keys;
mod pages;
pub mod permissions;
mod replacing;
mod stripe_trouble;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Keys, Reply, TestApp};

/// A merchant who has opened a connect link in a browser.
pub struct Merchant<'a> {
    app: &'a TestApp,
    pub store_id: String,
    pub token: String,
    pub return_url: String,
    pub csrf_token: String,
    /// What the browser sends back: `name=value`.
    pub cookie: String,
}

impl<'a> Merchant<'a> {
    /// Gets a connect link for a store and opens it.
    pub async fn open(app: &'a TestApp, store_id: &str, link_fields: Value) -> Self {
        Self::open_link(app, &connect_link(app, store_id, link_fields).await).await
    }

    /// Opens a connect link.
    pub async fn open_link(app: &'a TestApp, link: &str) -> Self {
        let page = app.http.get(link).send().await;
        page.expect(200);
        let cookie = page
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let field = |name: &str| hidden_field(&page, name);
        Self {
            app,
            store_id: field("store_id"),
            token: field("token"),
            return_url: field("return_url"),
            csrf_token: field("csrf_token"),
            cookie,
        }
    }

    /// Sends the form with these keys.
    pub async fn submit(
        &self,
        publishable_key: &str,
        secret_key: &str,
        webhook_secret: &str,
    ) -> Reply {
        self.send(&[
            ("publishable_key", publishable_key),
            ("secret_key", secret_key),
            ("webhook_secret", webhook_secret),
        ])
        .await
    }

    /// Sends the form with an account's keys and no signing secret.
    pub async fn submit_keys(&self, keys: &Keys) -> Reply {
        self.submit(&keys.publishable, &keys.secret, "").await
    }

    async fn send(&self, keys: &[(&str, &str)]) -> Reply {
        let hidden = [
            ("store_id", self.store_id.as_str()),
            ("return_url", &self.return_url),
            ("token", &self.token),
            ("csrf_token", &self.csrf_token),
        ];
        let request = self.app.http.request(Method::POST, "/stripe/connect");
        request
            .header("cookie", &self.cookie)
            .form(&[keys, &hidden].concat())
            .send()
            .await
    }
}

/// A connect link, as a platform's back end gets it.
pub async fn connect_link(app: &TestApp, store_id: &str, fields: Value) -> String {
    let path = format!("/stores/{store_id}/connect-links");
    app.internal(Method::POST, &path, &fields).await.expect(201)["url"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What an internal service sees of a store's connections.
pub async fn stripe_status(app: &TestApp, store_id: &str) -> Value {
    app.internal(
        Method::GET,
        &format!("/stores/{store_id}/stripe-status"),
        &json!({}),
    )
    .await
    .expect(200)
}

/// The account that a store's test payments go to; `null` if none.
pub async fn test_account(app: &TestApp, store_id: &str) -> Value {
    stripe_status(app, store_id).await["modes"]["test"]["account_id"].clone()
}

/// The fields that the form marks as wrong.
pub fn marked_fields(page: &Reply) -> Vec<&'static str> {
    let fields = ["publishable_key", "secret_key", "webhook_secret"];
    fields
        .into_iter()
        .filter(|field| page.text.contains(&format!("id=\"{field}-error\"")))
        .collect()
}

/// A new account with keys at the sandbox.
pub async fn new_account(app: &TestApp) -> Keys {
    let keys = Keys::fake();
    app.create_account(&keys).await;
    keys
}

fn hidden_field(page: &Reply, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let from = page
        .text
        .find(&start)
        .unwrap_or_else(|| panic!("no field {name}: {}", page.text))
        + start.len();
    let value = &page.text[from..];
    value[..value.find('"').unwrap()].to_owned()
}
