//! The objects: which fields each has, and what they hold.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

const STRIPE: &str = include_str!("../../spec/objects.txt");

/// The fields of an object in Stripe's order.
pub(crate) type Shapes = IndexMap<String, Shape>;

/// What a field holds.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "Written")]
pub(crate) struct Shape {
    pub(crate) kind: ShapeKind,
    /// Null where it has no value.
    pub(crate) nullable: bool,
    /// Left out where it has no value.
    pub(crate) absent: bool,
}

/// The kinds of fields.
#[derive(Debug, Default)]
pub(crate) enum ShapeKind {
    Text,
    Number,
    Boolean,
    /// Names and values of the merchant's choice.
    Map,
    #[default]
    Any,
    /// An id that `expand` replaces by one of these objects.
    Id(Vec<String>),
    /// One of these objects itself.
    Resource(Vec<String>),
    /// `{"object": "list", "data": […]}`.
    List(Box<Shape>),
    Array(Box<Shape>),
    Object(Shapes),
}

struct Source {
    text: &'static str,
    shapes: OnceLock<Shapes>,
}

static OBJECTS: LazyLock<HashMap<&'static str, Source>> = LazyLock::new(|| {
    let lines = STRIPE.lines().filter_map(|line| line.split_once(' '));
    lines
        .map(|(name, text)| {
            let shapes = OnceLock::new();
            (name, Source { text, shapes })
        })
        .collect()
});

/// The fields of an object, by the name in its `object`; of what is deleted, `deleted_…`.
pub(crate) fn shapes(object: &str) -> Option<&'static Shapes> {
    let source = OBJECTS.get(object)?;
    // The file is part of the program: `every_line_can_be_read` holds it.
    Some(
        source
            .shapes
            .get_or_init(|| serde_json::from_str(source.text).unwrap_or_default()),
    )
}

/// A shape as the file has it: `"text?"`, or `{"kind": "id?", "of": ["charge"]}`.
#[derive(Deserialize)]
#[serde(from = "Value")]
struct Written {
    kind: String,
    of: Vec<String>,
    items: Value,
    fields: Value,
}

impl From<Value> for Written {
    fn from(mut value: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if value.is_string() {
            return Self {
                kind: text(&value),
                of: Vec::new(),
                items: Value::Null,
                fields: Value::Null,
            };
        }
        let of = value["of"].as_array().into_iter().flatten();
        Self {
            kind: text(&value["kind"]),
            of: of.map(text).collect(),
            items: value["items"].take(),
            fields: value["fields"].take(),
        }
    }
}

impl From<Written> for Shape {
    fn from(written: Written) -> Self {
        let name = written.kind.trim_end_matches(['?', '~']);
        let marks = &written.kind[name.len()..];
        let items = |items| Box::new(serde_json::from_value(items).unwrap_or_default());
        let kind = match name {
            "text" => ShapeKind::Text,
            "number" => ShapeKind::Number,
            "boolean" => ShapeKind::Boolean,
            "map" => ShapeKind::Map,
            "id" => ShapeKind::Id(written.of),
            "resource" => ShapeKind::Resource(written.of),
            "list" => ShapeKind::List(items(written.items)),
            "array" => ShapeKind::Array(items(written.items)),
            "object" => {
                ShapeKind::Object(serde_json::from_value(written.fields).unwrap_or_default())
            }
            _ => ShapeKind::Any,
        };
        Self {
            kind,
            nullable: marks.contains('?'),
            absent: marks.contains('~'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_can_be_read() {
        for line in STRIPE.lines() {
            let (name, text) = line.split_once(' ').unwrap();
            let read: Result<Shapes, _> = serde_json::from_str(text);
            assert!(read.is_ok_and(|shapes| shapes.len() > 2), "{name}");
        }
    }

    #[test]
    fn a_refund_is_known() {
        let refund = shapes("refund").unwrap();
        assert!(matches!(refund["amount"].kind, ShapeKind::Number));
        assert!(refund["reason"].nullable && !refund["reason"].absent);
        assert!(refund["failure_reason"].absent);
        assert!(matches!(&refund["charge"].kind, ShapeKind::Id(of) if of == &["charge"]));
    }
}
