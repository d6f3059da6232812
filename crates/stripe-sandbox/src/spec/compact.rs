//! The opposite of `complete`: objects without what goes without saying, for keeping many of them.

use serde_json::{Map, Value};

use super::complete::name_of;
use super::{ShapeKind, Shapes, shapes};

/// Takes out what [`super::complete`] puts back: the nulls of fields that may be null.
pub(crate) fn compact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(compact),
        Value::Object(object) => match name_of(object).and_then(|name| shapes(&name)) {
            Some(fields) => strip(object, fields),
            None => object.values_mut().for_each(compact),
        },
        _ => {}
    }
}

fn strip(object: &mut Map<String, Value>, fields: &Shapes) {
    object.retain(|name, value| {
        let Some(shape) = fields.get(name) else {
            return true;
        };
        match (&shape.kind, &mut *value) {
            (_, Value::Null) => return shape.absent || !shape.nullable,
            (ShapeKind::Object(fields), Value::Object(inner)) if !fields.is_empty() => {
                strip(inner, fields);
            }
            (_, inner) => compact(inner),
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::complete;
    use serde_json::json;

    #[test]
    fn completing_brings_back_what_was_taken_out() {
        let mut customer = json!({ "id": "cus_1", "object": "customer", "name": null,
            "shipping": { "name": "A", "address": { "city": null } }, "metadata": { "a": "b" } });
        complete(&mut customer);
        let whole = customer.clone();
        compact(&mut customer);
        assert!(customer.to_string().len() * 2 < whole.to_string().len());
        complete(&mut customer);
        assert_eq!(customer, whole);
    }

    #[test]
    fn what_is_not_known_is_left_alone() {
        let mut value = json!({ "object": "elements_session", "payment_intent": null });
        let before = value.clone();
        compact(&mut value);
        assert_eq!(value, before);
    }
}
