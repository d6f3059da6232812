//! Pieces of the document: schemas told by hand, references, and the parameters of paths.

use serde_json::{Map, Value, json};

/// The schema of an object that always has these fields.
pub fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = (fields.iter())
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

/// The same, or `null`.
pub fn nullable(schema: &Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

/// A reference within the document.
pub fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// The names in braces of a path.
pub fn path_names(path: &str) -> impl Iterator<Item = &str> {
    (path.split('{').skip(1)).filter_map(|rest| rest.split('}').next())
}

/// The parameters of a path.
pub fn path_parameters(path: &str) -> Vec<Value> {
    let words = |name: &str| match name {
        "payment_intent_id" => (
            "Stripe's id, `pi_…`.",
            json!({ "type": "string", "maxLength": 255 }),
        ),
        "event_id" => (
            "Stripe's id, `evt_…`.",
            json!({ "type": "string", "maxLength": 255 }),
        ),
        "link_token" => (
            "The token of the link.",
            json!({ "type": "string", "maxLength": 255 }),
        ),
        "store_id" => ("The store's id.", reference("schemas", "Id")),
        _ => ("Its id.", reference("schemas", "Id")),
    };
    let parameter = |name: &str| {
        let (description, schema) = words(name);
        json!({ "name": name, "in": "path", "required": true, "description": description, "schema": schema })
    };
    path_names(path).map(parameter).collect()
}

/// A parameter that may be left out.
pub fn optional(name: &str, place: &str, description: &str, schema: Value) -> Value {
    let mut parameter =
        json!({ "name": name, "in": place, "required": false, "description": description });
    parameter["schema"] = schema;
    parameter
}
