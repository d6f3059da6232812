//! A client that does not give up: gateways die under its requests, and it asks the next one.

use std::time::{Duration, Instant};

use reqwest::{Client as Http, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::tally::Tally;

/// A gateway that takes longer is left alone and the request sent again.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Between two tries, like any client that was told 503.
const PAUSE: Duration = Duration::from_millis(100);
/// An answer that does not come within all of this never does. Longer than the lease of an Idempotency-Key.
const PATIENCE: Duration = Duration::from_mins(2);

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Reply {
    /// The code of an error, or nothing.
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// A text field.
    pub(crate) fn text(&self, field: &str) -> String {
        let text = self.body[field].as_str();
        text.unwrap_or_else(|| panic!("no {field} in {self:?}"))
            .to_owned()
    }
}

/// Keeps away from proxies.
pub(crate) fn http() -> Http {
    Http::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(REQUEST_TIMEOUT)
        .build()
        .unwrap()
}

/// Sends once. An error is a connection that was refused or broke.
pub(crate) async fn send(request: RequestBuilder) -> Result<Reply, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Reply { status, body })
}

/// Sends once, where nothing is being killed, and wants this status.
pub(crate) async fn expect(status: u16, request: RequestBuilder) -> Reply {
    let reply = send(request).await.expect("an answer");
    assert_eq!(reply.status, status, "{}", reply.body);
    reply
}

/// What to do with an answer.
pub(crate) enum Verdict {
    /// Take it.
    Done,
    /// It says that a later try may go better.
    Again,
}

/// Sends at most so many times.
pub(crate) async fn try_to(
    tally: &Tally,
    times: usize,
    request: impl Fn() -> RequestBuilder,
) -> Option<Reply> {
    for _ in 0..times {
        match send(request()).await {
            Ok(reply) if reply.status == 500 => tally.internal_errors.add(),
            Ok(reply) if reply.status.is_server_error() => {}
            Ok(reply) => return Some(reply),
            Err(_) => tally.broken_requests.add(),
        }
        tokio::time::sleep(PAUSE).await;
    }
    None
}

/// Sends until `judge` takes an answer. Broken connections and 503 are no answers; a 500 is one that is counted.
pub(crate) async fn persist(
    tally: &Tally,
    what: &str,
    request: impl Fn() -> RequestBuilder,
    judge: impl Fn(&Reply) -> Verdict,
) -> Reply {
    let begun = Instant::now();
    let mut last = String::new();
    while begun.elapsed() < PATIENCE {
        match send(request()).await {
            Ok(reply) if reply.status == 500 => {
                tally.internal_errors.add();
                last = reply.body.to_string();
            }
            Ok(reply) if reply.status.is_server_error() => last = reply.body.to_string(),
            Ok(reply) => match judge(&reply) {
                Verdict::Done => return reply,
                Verdict::Again => last = reply.body.to_string(),
            },
            Err(error) => {
                tally.broken_requests.add();
                last = error.to_string();
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("{what}: no answer within {PATIENCE:?}; the last one was {last}");
}
