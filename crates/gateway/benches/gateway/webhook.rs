//! Stripe's events as Stripe sends them: distinct, about 3 to 4 kB of indented JSON, signed at the moment they go out.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use secrecy::SecretString;
use serde_json::Value;
use stripe_http::webhook::sign;

use crate::http::{self, Request};
use crate::merchant::WEBHOOK_SECRET;

const SAMPLES: &str = include_str!("../../../stripe-http/tests/vectors/current_events.json");

/// What a sample event's id is replaced with, until there is a real one.
const ID: &str = "evt_FAKE";

/// Whom events are signed and sent for.
pub(crate) struct Target {
    path: String,
    secret: SecretString,
}

impl Target {
    /// A store that was connected with the bench's own signing secret.
    pub(crate) fn store(store_id: &str) -> Self {
        Self::new(store_id, WEBHOOK_SECRET)
    }

    pub(crate) fn new(store_id: &str, secret: &str) -> Self {
        Self {
            path: format!("/webhook/stripe/{store_id}"),
            secret: SecretString::from(secret),
        }
    }
}

/// A sample event as Stripe sends it, indented, with [`ID`] as its id.
pub(crate) fn sample(event_type: &str) -> anyhow::Result<String> {
    let samples: Value = serde_json::from_str(SAMPLES)?;
    let mut sample = samples[event_type].clone();
    anyhow::ensure!(sample["id"].is_string(), "no sample of {event_type}");
    sample["id"] = ID.into();
    // The present month: that is where events go.
    sample["created"] = now_unix_s().into();
    Ok(serde_json::to_string_pretty(&sample)?)
}

/// Makes the `n`th event of a type, for each of the targets in turn. `run` tells one run's events from another's.
pub(crate) fn events(
    event_type: &str,
    run: &str,
    targets: Vec<Target>,
) -> anyhow::Result<impl Fn(u64) -> Request + use<>> {
    let text = sample(event_type)?;
    let (before_id, after_id) = text.split_once(ID).context("an id")?;
    let (before_id, after_id) = (before_id.to_owned(), after_id.to_owned());
    let kind = event_type.replace('.', "_");
    let run = run.to_owned();
    anyhow::ensure!(!targets.is_empty(), "no targets");
    Ok(move |n| {
        let turn = usize::try_from(n).unwrap_or_default() % targets.len();
        let Target { path, secret } = &targets[turn];
        let body = format!("{before_id}{ID}{kind}{run}{n}{after_id}");
        let signature = sign(body.as_bytes(), secret, now_unix_s());
        http::with(
            http::post(path, "application/json", body),
            "stripe-signature",
            &signature,
        )
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateway under test compares with the system's clock"
)]
pub(crate) fn now_unix_s() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs().cast_signed()
}
