//! Calls to a running sandbox's control API.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::Value;
use url::Url;

/// The sandbox is on this machine.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends one request; an answer without a body is null.
pub(super) async fn call(
    sandbox: &Url,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let url = sandbox.join(&format!("/_sandbox{path}"))?;
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIMEOUT)
        .build()?;
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request
        .send()
        .await
        .with_context(|| format!("no sandbox answers at {sandbox}"))?;
    let status = answer.status();
    let text = answer.text().await?;
    let value: Value = serde_json::from_str(&text).unwrap_or_default();
    if !status.is_success() {
        let message = value["error"]["message"].as_str();
        bail!(
            "the sandbox refuses: {}",
            message.unwrap_or(status.as_str())
        );
    }
    Ok(value)
}
