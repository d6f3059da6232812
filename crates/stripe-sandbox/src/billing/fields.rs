//! Reading and writing the fields of documents, by paths like `status_transitions/paid_at`.

use serde_json::{Map, Value};

use crate::state::Document;

/// The value at a path; null where there is none.
pub(crate) fn at<'a>(document: &'a Document, path: &str) -> &'a Value {
    static NONE: Value = Value::Null;
    let mut parts = path.split('/');
    let first = parts.next().and_then(|name| document.get(name));
    let found = parts.fold(first, |value, name| value?.get(name));
    found.unwrap_or(&NONE)
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(document: &'a Document, path: &str) -> Option<&'a str> {
    at(document, path).as_str().filter(|text| !text.is_empty())
}

/// A text to keep beyond the document, empty where there is none.
pub(crate) fn owned(document: &Document, path: &str) -> String {
    text(document, path).unwrap_or_default().to_owned()
}

/// A number, zero where there is none.
pub(crate) fn number(document: &Document, path: &str) -> i64 {
    at(document, path).as_i64().unwrap_or_default()
}

pub(crate) fn flag(document: &Document, path: &str) -> bool {
    at(document, path).as_bool() == Some(true)
}

/// The objects of a list (`items/data`).
pub(crate) fn objects<'a>(
    document: &'a Document,
    path: &str,
) -> impl DoubleEndedIterator<Item = &'a Document> {
    let all = at(document, path).as_array().map(Vec::as_slice);
    all.unwrap_or_default().iter().filter_map(Value::as_object)
}

/// Puts a value at a path and makes the objects on the way.
pub(crate) fn set(document: &mut Document, path: &str, value: impl Into<Value>) {
    match path.split_once('/') {
        None => {
            document.insert(path.to_owned(), value.into());
        }
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert(Value::Null);
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_into_objects_that_are_made_on_the_way() {
        let mut document = Document::new();
        set(&mut document, "a/b", 5);
        set(&mut document, "a/c", "x");
        assert_eq!(number(&document, "a/b"), 5);
        assert_eq!(text(&document, "a/c"), Some("x"));
        assert_eq!(at(&document, "a/d/e"), &Value::Null);
        assert_eq!(objects(&document, "a").count(), 0);
    }
}
