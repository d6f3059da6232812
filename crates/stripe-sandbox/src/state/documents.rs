//! Objects that are kept as Stripe would answer them, without the fields that have no value (see
//! `spec::complete`). What has rules of its own for each field is a type in `crate::objects` instead.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::v1::StripeError;

/// One object; it has an `id` and an `object`.
pub(crate) type Document = Map<String, Value>;

/// The documents of a ledger by the name in their `object`, in order of creation.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Documents(HashMap<String, IndexMap<String, Document>>);

impl Documents {
    /// Adds a document, or replaces the one with its id.
    pub(crate) fn insert(&mut self, document: Document) {
        let text = |name: &str| {
            document
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let (kind, id) = (text("object").to_owned(), text("id").to_owned());
        self.0.entry(kind).or_default().insert(id, document);
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Document> {
        self.0.get(kind)?.get(id)
    }

    pub(crate) fn get_mut(&mut self, kind: &str, id: &str) -> Option<&mut Document> {
        self.0.get_mut(kind)?.get_mut(id)
    }

    /// The document if it is not deleted, or Stripe's 404.
    pub(crate) fn find(&self, kind: &str, id: &str) -> Result<&Document, StripeError> {
        self.get(kind, id)
            .filter(|document| !is_deleted(document))
            .ok_or_else(|| StripeError::missing(words(kind), id))
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) -> Option<Document> {
        self.0.get_mut(kind)?.shift_remove(id)
    }

    pub(crate) fn holds(&self, id: &str) -> bool {
        self.0.values().any(|kind| kind.contains_key(id))
    }

    /// All of a kind that are not deleted, oldest first.
    pub(crate) fn all(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Document> {
        let all = self.0.get(kind).into_iter().flat_map(IndexMap::values);
        all.filter(|document| !is_deleted(document))
    }
}

/// Of some objects Stripe keeps a trace that can still be read and expanded.
fn is_deleted(document: &Document) -> bool {
    document.get("deleted").and_then(Value::as_bool) == Some(true)
}

/// What Stripe's errors call an object.
fn words(kind: &str) -> &str {
    match kind {
        "billing_portal.configuration" => "configuration",
        "billing_portal.session" => "session",
        "subscription_item" => "subscription_item",
        "test_helpers.test_clock" => "testclock",
        other => other,
    }
}
