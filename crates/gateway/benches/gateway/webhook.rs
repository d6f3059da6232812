//! Stripe's events as Stripe sends them: distinct, about 3 to 4 kB of indented JSON. They are signed before the load begins,
//! because that would take the gateway's processor time.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use secrecy::SecretString;
use serde_json::Value;
use stripe_http::webhook::sign;

use crate::merchant::WEBHOOK_SECRET;

const SAMPLES: &str = include_str!("../../../stripe-http/tests/vectors/current_events.json");

/// What a sample event's id is replaced with, until there is a real one.
const ID: &str = "evt_FAKE";

/// What nobody works on, so that only intake is measured: about 3.7 kB.
pub(crate) const UNHANDLED: &str = "checkout.session.expired";

/// Events that are signed before the load begins; later ones when they are sent.
const AHEAD: u64 = 60_000;

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

/// Writes requests with events of a type, for each of the targets in turn. `run` tells one run's events from another's.
pub(crate) fn events(
    event_type: &str,
    run: &str,
    targets: Vec<Target>,
) -> anyhow::Result<impl Fn(u64, &mut Vec<u8>) + use<>> {
    let text = sample(event_type)?;
    let (before, after) = text.split_once(ID).context("an id")?;
    anyhow::ensure!(!targets.is_empty(), "no targets");
    let mut events = Events {
        before: format!("{before}{ID}{}{run}", event_type.replace('.', "_")),
        after: after.to_owned(),
        targets,
        signatures: Vec::new(),
    };
    events.signatures = (0..AHEAD).map(|n| events.sign(n)).collect();
    Ok(move |n, request: &mut Vec<u8>| events.write(n, request))
}

struct Events {
    /// The body, up to an event's number.
    before: String,
    after: String,
    targets: Vec<Target>,
    /// By number.
    signatures: Vec<String>,
}

impl Events {
    fn target(&self, n: u64) -> &Target {
        &self.targets[index(n) % self.targets.len()]
    }

    fn sign(&self, n: u64) -> String {
        let body = format!("{}{n}{}", self.before, self.after);
        sign(body.as_bytes(), &self.target(n).secret, now_unix_s())
    }

    fn write(&self, n: u64, request: &mut Vec<u8>) {
        let signed_now;
        let signature = if let Some(signature) = self.signatures.get(index(n)) {
            signature
        } else {
            signed_now = self.sign(n);
            &signed_now
        };
        let (Self { before, after, .. }, number) = (self, n.to_string());
        let path = &self.target(n).path;
        let length = before.len() + number.len() + after.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n\
             accept: */*\r\ncontent-type: application/json; charset=utf-8\r\nstripe-signature: {signature}\r\n\
             content-length: {length}\r\n\r\n"
        );
        for part in [&head, before, &number, after] {
            request.extend_from_slice(part.as_bytes());
        }
    }
}

fn index(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
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
