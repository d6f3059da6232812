//! A schema as a list of fields, for people.

use serde_json::Value;

use super::document::resolve;
use super::text::{Paragraph, pieces};

/// A field of a body or of an answer.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name, with those of the objects around it.
    pub name: String,
    /// What it holds, such as `string, up to 200 characters`.
    pub kind: String,
    /// Whether it has to be there.
    pub is_required: bool,
    /// What it means.
    pub words: Paragraph,
    /// The schema that tells more, if it has a section of its own.
    pub link: Option<String>,
    /// Whether it is a list of these.
    pub is_list: bool,
}

/// Deeper than any of our objects.
const MAX_DEPTH: usize = 6;

/// The fields of an object's schema. Schemas that `has_section` are named, not repeated.
pub fn list(document: &Value, schema: &Value, has_section: &dyn Fn(&str) -> bool) -> Vec<Field> {
    let mut fields = Vec::new();
    Reader {
        document,
        has_section,
    }
    .object(schema, "", 0, &mut fields);
    fields
}

/// The name of the schema that a `$ref` means.
pub fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

struct Reader<'a> {
    document: &'a Value,
    has_section: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn object(&self, schema: &Value, prefix: &str, depth: usize, fields: &mut Vec<Field>) {
        let schema = resolve(self.document, schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.object(part, prefix, depth, fields);
        }
        let required = |name: &str| {
            (schema["required"].as_array()).is_some_and(|names| names.iter().any(|one| one == name))
        };
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{prefix}{name}");
            let (inner, nullable) = not_null(property);
            let (item, is_list) = match inner["items"] {
                Value::Null => (inner, false),
                ref items => (items, true),
            };
            let named = referred(item).filter(|name| (self.has_section)(name));
            fields.push(Field {
                name: path.clone(),
                kind: self.kind(inner, nullable),
                is_required: required(name),
                words: pieces(self.words(property, inner)),
                link: named.map(str::to_owned),
                is_list,
            });
            if named.is_none() && depth < MAX_DEPTH {
                let below = if is_list {
                    format!("{path}[].")
                } else {
                    format!("{path}.")
                };
                self.object(item, &below, depth + 1, fields);
            }
        }
    }

    fn words<'b>(&'b self, property: &'b Value, inner: &'b Value) -> &'b str {
        let own = property["description"]
            .as_str()
            .or_else(|| inner["description"].as_str());
        own.or_else(|| resolve(self.document, inner)["description"].as_str())
            .unwrap_or("")
    }

    fn kind(&self, schema: &Value, nullable: bool) -> String {
        let mut words = self.plain_kind(schema);
        if nullable {
            words.push_str(", or null");
        }
        words
    }

    fn plain_kind(&self, schema: &Value) -> String {
        let schema = resolve(self.document, schema);
        if let Some(values) = schema["enum"].as_array() {
            let words: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            return words.join(" | ");
        }
        if !schema["const"].is_null() {
            return schema["const"].to_string();
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => kinds
                .iter()
                .filter_map(Value::as_str)
                .find(|kind| *kind != "null")
                .unwrap_or("any"),
            _ if schema["allOf"].is_array() || schema["properties"].is_object() => "object",
            _ => "any",
        };
        if kind == "array" {
            return format!("list of {}", self.plain_kind(&schema["items"]));
        }
        let format = schema["format"]
            .as_str()
            .filter(|format| !format.starts_with("int"));
        let number = |name: &str| schema[name].as_i64();
        let range = match (number("minimum"), number("maximum")) {
            // A bound that nobody meets only makes the line longer.
            (Some(low), Some(high)) if high < 1_000_000_000_000 - 1 => {
                Some(format!("{low} to {high}"))
            }
            (Some(low), _) => Some(format!("{low} or more")),
            _ => None,
        };
        let length = number("maxLength").map(|most| format!("up to {most} characters"));
        let kind = Some(format.unwrap_or(kind).to_owned());
        let parts: Vec<String> = [kind, range, length].into_iter().flatten().collect();
        parts.join(", ")
    }
}

/// A schema without its `null`, and whether it had one.
fn not_null(schema: &Value) -> (&Value, bool) {
    if let Some(kinds) = schema["oneOf"].as_array() {
        let inner = kinds.iter().find(|kind| kind["type"] != "null");
        if let Some(inner) = inner
            && kinds.len() == 2
        {
            return (inner, true);
        }
    }
    let types = schema["type"].as_array();
    (
        schema,
        types.is_some_and(|types| types.iter().any(|kind| kind == "null")),
    )
}
