//! What handlers do with documents: make them, change them, and tell of both.

use serde_json::{Map, Value, json};

use crate::spec::complete;
use crate::state::{Document, Ledger};
use crate::v1::{Call, Origin};

impl Call<'_> {
    /// The start of a new object: what all have. It is not stored yet.
    pub(crate) fn blank(&self, kind: &str, id: String) -> Document {
        self.ledger.blank(kind, id, self.origin.now)
    }

    /// Stores a new object, tells of it, and answers with it.
    pub(crate) fn add(&mut self, document: Document, event: &'static str) -> Value {
        self.ledger.add(document, event, &self.origin)
    }

    /// Stores an object that was changed, tells what it was like before, and answers with it. Where
    /// nothing has changed, Stripe tells nothing.
    pub(crate) fn change(&mut self, document: Document, event: &'static str) -> Value {
        self.ledger.change(document, event, &self.origin)
    }

    /// Removes an object, tells of it, and answers as Stripe does for what is deleted.
    pub(crate) fn delete(&mut self, kind: &str, id: &str, event: &'static str) -> Value {
        if let Some(document) = self.ledger.documents.remove(kind, id) {
            self.ledger
                .emit(event, Value::Object(document), &self.origin);
        }
        json!({ "id": id, "object": kind, "deleted": true })
    }
}

/// The same for what happens without a request.
impl Ledger {
    pub(crate) fn blank(&self, kind: &str, id: String, created: i64) -> Document {
        let mut document = Document::new();
        document.insert("id".to_owned(), Value::from(id));
        document.insert("object".to_owned(), Value::from(kind));
        document.insert("created".to_owned(), Value::from(created));
        document.insert("livemode".to_owned(), Value::from(self.livemode));
        document
    }

    pub(crate) fn add(
        &mut self,
        document: Document,
        event: &'static str,
        origin: &Origin,
    ) -> Value {
        let object = Value::Object(document.clone());
        self.documents.insert(document);
        self.emit(event, object.clone(), origin);
        object
    }

    pub(crate) fn change(
        &mut self,
        document: Document,
        event: &'static str,
        origin: &Origin,
    ) -> Value {
        let text = |name: &str| {
            document
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let before = self.documents.get(text("object"), text("id")).cloned();
        let object = Value::Object(document.clone());
        self.documents.insert(document);
        let previous = previous_attributes(before.unwrap_or_default(), &object);
        if !previous.is_empty() {
            self.emit_change(event, &object, &Value::Object(previous), origin);
        }
        object
    }
}

/// The former values of the fields that differ. Source: Stripe API reference, "The Event object",
/// `data.previous_attributes`.
pub(crate) fn previous_attributes(before: Document, after: &Value) -> Map<String, Value> {
    let mut before = Value::Object(before);
    let mut after = after.clone();
    complete(&mut before);
    complete(&mut after);
    difference(&before, &after)
}

fn difference(before: &Value, after: &Value) -> Map<String, Value> {
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        return Map::new();
    };
    let mut previous = Map::new();
    for (name, now) in after {
        // What was not there is told as null.
        let was = before.get(name).unwrap_or(&Value::Null);
        if was == now {
            continue;
        }
        let inner = match (was, now) {
            (Value::Object(_), Value::Object(_)) => Value::Object(difference(was, now)),
            _ => was.clone(),
        };
        previous.insert(name.clone(), inner);
    }
    for (name, was) in before {
        if !after.contains_key(name) {
            previous.insert(name.clone(), was.clone());
        }
    }
    previous
}
