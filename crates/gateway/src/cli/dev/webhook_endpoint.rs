//! The demo store's webhook endpoint in the sandbox, which remembers it from one start to the next.

use std::time::Duration;

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

/// The sandbox is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);
const PATH: &str = "v1/webhook_endpoints";

/// The endpoints of one account.
pub(super) struct Endpoints<'a> {
    client: reqwest::Client,
    sandbox: &'a Url,
    secret_key: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) url: String,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Endpoint>,
}

/// The part of Stripe's answer that is told only once.
#[derive(Deserialize)]
struct Created {
    secret: SecretString,
}

impl<'a> Endpoints<'a> {
    pub(super) fn new(sandbox: &'a Url, secret_key: &'a str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()?;
        Ok(Self {
            client,
            sandbox,
            secret_key,
        })
    }

    /// The one whose URL has this path, on whatever port we listened then.
    pub(super) async fn find(&self, path: &str) -> anyhow::Result<Option<Endpoint>> {
        let request = self.request(Method::GET, "?limit=100")?;
        let page: Page = read(request).await?;
        Ok(page.data.into_iter().find(|one| one.url.ends_with(path)))
    }

    /// Creates one for all events and answers with its signing secret.
    pub(super) async fn create(&self, url: &str) -> anyhow::Result<SecretString> {
        let form = [("url", url), ("enabled_events[]", "*")];
        let created: Created = read(self.request(Method::POST, "")?.form(&form)).await?;
        Ok(created.secret)
    }

    /// Gives an endpoint another URL.
    pub(super) async fn move_to(&self, id: &str, url: &str) -> anyhow::Result<()> {
        let form = [
            ("url", url),
            ("enabled_events[]", "*"),
            ("disabled", "false"),
        ];
        let request = self.request(Method::POST, &format!("/{id}"))?.form(&form);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    pub(super) async fn delete(&self, id: &str) -> anyhow::Result<()> {
        let request = self.request(Method::DELETE, &format!("/{id}"))?;
        request.send().await?.error_for_status()?;
        Ok(())
    }

    fn request(&self, method: Method, rest: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.sandbox.join(&format!("{PATH}{rest}"))?;
        let request = self.client.request(method, url);
        Ok(request.bearer_auth(self.secret_key))
    }
}

async fn read<T: DeserializeOwned>(request: RequestBuilder) -> anyhow::Result<T> {
    let answer = request.send().await?.error_for_status()?;
    answer
        .json()
        .await
        .context("the answer is not a webhook endpoint's")
}
