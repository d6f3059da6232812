//! What our endpoint has to be, and which endpoints are ours. Pure.

use std::collections::BTreeSet;

use domain::return_url::is_loopback;
use domain::{Mode, StoreId};
use sha2::{Digest, Sha256};
use stripe_http::webhook_endpoints::{CreateParams, Status, UpdateParams, WebhookEndpoint};
use stripe_http::{API_VERSION, IdempotencyKey, InvalidMetadata, Metadata};
use uuid::Uuid;

use crate::settings::Settings;
use crate::webhook::types::HANDLED_EVENTS;

/// Metadata that marks an endpoint as ours: the store,
const STORE: &str = "tillgate_store_id";
/// the mode,
const MODE: &str = "tillgate_mode";
/// and where the gateway lives that made it. A copy of the database that runs elsewhere, as a staging system does, knows the
/// same stores and keys; it must not take over the endpoints of the original.
const HOME: &str = "tillgate_home";
/// The home of whoever uses a sandbox on this machine: its port may be another one at each start.
const THIS_MACHINE: &str = "this machine";

/// The endpoint of a store in a mode.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    store_id: String,
    mode: Mode,
    home: String,
    pub(super) url: String,
}

impl Wanted {
    pub(super) fn of(settings: &Settings, store_id: StoreId, mode: Mode) -> Self {
        let home = if is_loopback(&settings.stripe_api_base) {
            THIS_MACHINE.to_owned()
        } else {
            settings.public_origin().to_string()
        };
        Self {
            store_id: store_id.to_string(),
            mode,
            home,
            url: format!("{}/webhook/stripe/{store_id}", settings.webhook_origin()),
        }
    }

    /// Whether it carries our mark for this store.
    pub(super) fn is_ours(&self, endpoint: &WebhookEndpoint) -> bool {
        self.mark()
            .iter()
            .all(|(name, value)| endpoint.metadata.get(name) == Some(value))
    }

    /// Whether its events are rendered in our version, which nobody can change later.
    pub(super) fn has_our_version(endpoint: &WebhookEndpoint) -> bool {
        endpoint.api_version.as_deref() == Some(API_VERSION)
    }

    /// What somebody changed, by name.
    pub(super) fn differences(&self, endpoint: &WebhookEndpoint) -> Vec<&'static str> {
        let events: BTreeSet<&str> = endpoint.enabled_events.iter().map(String::as_str).collect();
        let differs = [
            ("url", endpoint.url != self.url),
            ("events", events != BTreeSet::from(HANDLED_EVENTS)),
            ("disabled", endpoint.status == Status::Disabled),
        ];
        differs
            .into_iter()
            .filter_map(|(name, differs)| differs.then_some(name))
            .collect()
    }

    pub(super) fn creation(&self) -> Result<CreateParams, InvalidMetadata> {
        let mut metadata = Metadata::default();
        for (name, value) in self.mark() {
            metadata.insert(name, value)?;
        }
        Ok(CreateParams {
            url: self.url.clone(),
            enabled_events: events(),
            api_version: API_VERSION.to_owned(),
            description: "Tillgate: tells the shop when payments succeed or fail. Set up and mended automatically."
                .to_owned(),
            metadata,
        })
    }

    pub(super) fn repair(&self) -> UpdateParams {
        UpdateParams {
            url: Some(self.url.clone()),
            enabled_events: Some(events()),
            disabled: Some(false),
        }
    }

    fn mark(&self) -> [(&'static str, &str); 3] {
        [
            (STORE, &self.store_id),
            (MODE, self.mode.as_str()),
            (HOME, &self.home),
        ]
    }
}

fn events() -> Vec<String> {
    HANDLED_EVENTS.map(str::to_owned).to_vec()
}

/// The idempotency key of a creation: another one for anything else that is wanted, and at another point of the history, as
/// once an endpoint was stored. Whoever wants the same at the same point gets the same endpoint, with its secret, for a day.
pub(super) fn creation_key(params: &CreateParams, account_id: &str, point: &str) -> IdempotencyKey {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update(text.len().to_be_bytes());
        digest.update(text.as_bytes());
    };
    add(account_id);
    add(point);
    add(&params.url);
    add(&params.api_version);
    add(&params.description);
    for event in &params.enabled_events {
        add(event);
    }
    for (name, value) in params.metadata.iter() {
        add(name);
        add(value);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.finalize()[..16]);
    Uuid::from_bytes(bytes).into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn wanted(home: &str) -> Wanted {
        Wanted {
            store_id: "0192f0c0-0000-7000-8000-000000000001".to_owned(),
            mode: Mode::Test,
            home: home.to_owned(),
            url: format!("{home}/webhook/stripe/1"),
        }
    }

    /// As Stripe would answer the creation, with some fields changed.
    fn endpoint(wanted: &Wanted, changes: &Value) -> WebhookEndpoint {
        let params = wanted.creation().unwrap();
        let mut object = serde_json::to_value(&params).unwrap();
        object["id"] = json!("we_1");
        object["status"] = json!("enabled");
        for (name, value) in changes.as_object().unwrap() {
            object[name] = value.clone();
        }
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn only_what_carries_the_whole_mark_is_ours() {
        let production = wanted("https://pay.example.com");
        assert!(production.is_ours(&endpoint(&production, &json!({}))));
        let other_store = Wanted {
            store_id: "0192f0c0-0000-7000-8000-000000000002".to_owned(),
            ..production.clone()
        };
        let other_mode = Wanted {
            mode: Mode::Live,
            ..production.clone()
        };
        for other in [
            wanted("https://staging.example.com"),
            other_store,
            other_mode,
        ] {
            assert!(
                !production.is_ours(&endpoint(&other, &json!({}))),
                "{other:?}"
            );
        }
        for foreign in [json!({}), json!({ "tillgate_mode": "test" })] {
            let foreign = endpoint(&production, &json!({ "metadata": foreign }));
            assert!(!production.is_ours(&foreign), "the same URL is no mark");
        }
    }

    #[test]
    fn what_was_changed_is_named() {
        let wanted = wanted("https://pay.example.com");
        let mut shuffled = HANDLED_EVENTS.to_vec();
        shuffled.reverse();
        for (changes, expected) in [
            (json!({}), &[][..]),
            (json!({ "enabled_events": shuffled }), &[]),
            (json!({ "status": "paused" }), &[]),
            (json!({ "enabled_events": ["*"] }), &["events"]),
            (
                json!({ "url": "https://other.example.com", "status": "disabled" }),
                &["url", "disabled"],
            ),
        ] {
            let found = wanted.differences(&endpoint(&wanted, &changes));
            assert_eq!(found, expected, "{changes}");
        }
    }

    #[test]
    fn a_creation_has_a_key_of_its_own_until_an_endpoint_is_stored() {
        let params = wanted("https://pay.example.com").creation().unwrap();
        let key = creation_key;
        let first = key(&params, "acct_1", "0");
        assert_eq!(first, key(&params, "acct_1", "0"));
        assert_ne!(first, key(&params, "acct_1", "1"));
        assert_ne!(first, key(&params, "acct_2", "0"));
        let moved = wanted("https://new.example.com").creation().unwrap();
        assert_ne!(first, key(&moved, "acct_1", "0"));
    }
}
