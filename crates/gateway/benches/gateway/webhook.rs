//! Stripe's events as Stripe sends them: distinct, about 3 to 4 kB of indented JSON, signed at the moment they go out.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use secrecy::SecretString;
use serde_json::Value;
use stripe_http::webhook::sign;

use crate::http::{self, Request};
use crate::merchant::WEBHOOK_SECRET;

const SAMPLES: &str = include_str!("../../../stripe-http/tests/vectors/current_events.json");

/// Makes the `n`th event of a type for a store's webhook URL.
pub(crate) fn events(
    event_type: &str,
    store_id: &str,
) -> anyhow::Result<impl Fn(u64) -> Request + use<>> {
    let samples: Value = serde_json::from_str(SAMPLES)?;
    let sample = &samples[event_type];
    let id = sample["id"].as_str().context("no such sample event")?;
    let text = serde_json::to_string_pretty(sample)?;
    let (before_id, after_id) = text.split_once(id).context("an id")?;
    let (before_id, after_id) = (before_id.to_owned(), after_id.to_owned());
    let kind = event_type.replace('.', "_");
    let path = format!("/webhook/stripe/{store_id}");
    let secret = SecretString::from(WEBHOOK_SECRET);
    Ok(move |n| {
        let body = format!("{before_id}evt_FAKE{kind}{n}{after_id}");
        let signature = sign(body.as_bytes(), &secret, now_unix_s());
        http::with(
            http::post(&path, "application/json", body),
            "stripe-signature",
            &signature,
        )
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateway under test compares with the system's clock"
)]
fn now_unix_s() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs().cast_signed()
}
