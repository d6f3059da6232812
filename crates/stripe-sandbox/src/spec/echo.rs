//! Parameters that Stripe stores and gives back under the same name.

use serde_json::{Map, Value};

use super::{Shape, ShapeKind, shapes};
use crate::objects::merge_metadata;
use crate::params::Params;

/// Puts the given parameters into the object where a field has their name and can hold them; a
/// cleared one unsets the field. Left out are those that the resource itself gives a meaning.
pub(crate) fn echo(object: &mut Map<String, Value>, kind: &str, params: &Params, except: &[&str]) {
    let Some(fields) = shapes(kind) else { return };
    for (name, value) in params.given() {
        if name == "metadata" || except.contains(&name.as_str()) {
            continue;
        }
        if let Some(shape) = fields.get(name) {
            put(object, name, value, shape);
        }
    }
    if let Some(change) = params.get("metadata") {
        let metadata = object
            .entry("metadata")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(metadata) = metadata {
            merge_metadata(metadata, Some(change));
        }
    }
}

fn put(object: &mut Map<String, Value>, name: &str, value: &Value, shape: &Shape) {
    match (value, &shape.kind) {
        (Value::Null, _) => {
            object.shift_remove(name);
        }
        (Value::Object(given), ShapeKind::Object(fields)) => {
            let inner = object
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                for (name, value) in given {
                    if let Some(shape) = fields.get(name) {
                        put(inner, name, value, shape);
                    }
                }
            }
        }
        (value, shape) if holds(shape, value) => {
            object.insert(name.to_owned(), value.clone());
        }
        _ => {}
    }
}

fn holds(shape: &ShapeKind, value: &Value) -> bool {
    match shape {
        ShapeKind::Text | ShapeKind::Id(_) => value.is_string(),
        ShapeKind::Number => value.is_number(),
        ShapeKind::Boolean => value.is_boolean(),
        ShapeKind::Map => value.is_object(),
        ShapeKind::Any => true,
        ShapeKind::Array(item) => value
            .as_array()
            .is_some_and(|items| items.iter().all(|one| fits(&item.kind, one))),
        ShapeKind::Object(_) | ShapeKind::Resource(_) | ShapeKind::List(_) => false,
    }
}

/// Whether an array's item can be taken over as it is.
fn fits(shape: &ShapeKind, value: &Value) -> bool {
    match (shape, value) {
        (ShapeKind::Object(fields), Value::Object(given)) => given.iter().all(|(name, value)| {
            fields
                .get(name)
                .is_some_and(|field| fits(&field.kind, value))
        }),
        (shape, value) => holds(shape, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn echoed(before: Value, form: &str) -> Value {
        let accepts = crate::spec::endpoint("POST", "/v1/customers/{id}").unwrap();
        let tree = crate::params::parse(form.as_bytes()).unwrap();
        let params = crate::params::validate(tree, accepts.accepts(None)).unwrap();
        let Value::Object(mut object) = before else {
            return Value::Null;
        };
        echo(&mut object, "customer", &params, &["phone"]);
        Value::Object(object)
    }

    #[test]
    fn fields_of_the_same_name_take_the_parameters() {
        let form =
            "name=A&phone=1&address[city]=X&preferred_locales[0]=de&metadata[a]=b&source=tok_1";
        let expected = json!({ "name": "A", "address": { "city": "X" },
            "preferred_locales": ["de"], "metadata": { "a": "b" } });
        let Value::Object(mut is) = echoed(json!({}), form) else {
            return;
        };
        is.sort_keys();
        let Value::Object(mut expected) = expected else {
            return;
        };
        expected.sort_keys();
        assert_eq!(is, expected);
    }

    #[test]
    fn a_cleared_field_has_no_value_and_nested_fields_are_merged() {
        let before = json!({ "description": "old", "shipping": { "name": "A", "phone": "1" } });
        let after = echoed(
            before,
            "description=&shipping[name]=B&shipping[address][city]=X",
        );
        assert_eq!(
            after,
            json!({ "shipping": { "name": "B", "phone": "1", "address": { "city": "X" } } })
        );
    }
}
