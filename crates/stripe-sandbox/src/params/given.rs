//! The parameters of one request.

use serde_json::{Map, Value};

/// Parameters that passed an endpoint's check: integers are numbers, booleans are booleans, lists are
/// arrays, and a cleared field is null.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params(Map<String, Value>);

impl Params {
    /// A part of a request that is an object, as parameters of their own.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self(self.object(name).cloned().unwrap_or_default())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool) == Some(true)
    }

    pub(crate) fn object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.0.get(name)?.as_object()
    }

    pub(crate) fn list(&self, name: &str) -> Option<&Vec<Value>> {
        self.0.get(name)?.as_array()
    }

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let texts = self.list(name)?.iter().filter_map(Value::as_str);
        Some(texts.map(str::to_owned).collect())
    }

    /// The payment method types that a payment is restricted to, by their name of now or, for older
    /// API versions, of then.
    pub(crate) fn payment_method_types(&self) -> Option<Vec<String>> {
        let now = self.texts("allowed_payment_method_types");
        now.or_else(|| self.texts("payment_method_types"))
    }

    /// The parameters that were given, cleared ones as null.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

impl From<Map<String, Value>> for Params {
    fn from(valid: Map<String, Value>) -> Self {
        Self(valid)
    }
}
