//! Objects as Stripe answers them: every field that Stripe always sends, in Stripe's order.

use serde_json::{Map, Value, json};

use super::{Shape, ShapeKind, Shapes, shapes};

/// Puts what is missing into an answer, wherever an object of Stripe's stands in it: null where a
/// field may be null, an empty list, array or map where it may not.
pub(crate) fn complete(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(complete),
        Value::Object(object) => match name_of(object).and_then(|name| shapes(&name)) {
            Some(fields) => fill(object, fields),
            None => object.values_mut().for_each(complete),
        },
        _ => {}
    }
}

/// The name of its shape.
pub(super) fn name_of(object: &Map<String, Value>) -> Option<String> {
    let name = object.get("object")?.as_str()?;
    let deleted = object.get("deleted").and_then(Value::as_bool) == Some(true);
    Some(if deleted {
        format!("deleted_{name}")
    } else {
        name.to_owned()
    })
}

fn fill(object: &mut Map<String, Value>, fields: &Shapes) {
    let mut given = std::mem::take(object);
    for (name, shape) in fields {
        match given.remove(name) {
            Some(mut value) => {
                complete_field(&mut value, shape);
                object.insert(name.clone(), value);
            }
            None => object.extend(unset(shape).map(|value| (name.clone(), value))),
        }
    }
    // What the SDK does not know, the sandbox says all the same: tests may put it there.
    object.extend(given);
}

fn complete_field(value: &mut Value, shape: &Shape) {
    match (&shape.kind, value) {
        (ShapeKind::Object(fields), Value::Object(object)) if !fields.is_empty() => {
            fill(object, fields);
        }
        (ShapeKind::Array(item), Value::Array(items)) => {
            for one in items {
                complete_field(one, item);
            }
        }
        (_, value) => complete(value),
    }
}

/// How a field without a value is answered; none where it is left out, or where its value has to
/// come from the resource.
fn unset(shape: &Shape) -> Option<Value> {
    if shape.absent {
        return None;
    }
    if shape.nullable {
        return Some(Value::Null);
    }
    match shape.kind {
        ShapeKind::Map => Some(json!({})),
        ShapeKind::Array(_) => Some(json!([])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_null_or_empty_and_in_order() {
        let mut answer = json!({ "object": "list", "data": [
            { "status": "succeeded", "amount": 5, "object": "refund", "id": "re_1" },
        ] });
        complete(&mut answer);
        let refund = answer["data"][0].as_object().unwrap();
        let names: Vec<_> = refund.keys().take(4).collect();
        assert_eq!(names, ["id", "object", "amount", "balance_transaction"]);
        assert_eq!(refund["reason"], Value::Null);
        assert!(!refund.contains_key("failure_reason"));
    }

    #[test]
    fn nested_objects_are_completed_and_unknown_fields_stay() {
        let mut answer = json!({ "object": "customer", "shipping": { "name": "A" }, "later": 1 });
        complete(&mut answer);
        assert_eq!(answer["shipping"]["phone"], Value::Null);
        assert_eq!(answer["metadata"], json!({}));
        assert_eq!(answer["later"], 1);
    }

    #[test]
    fn what_is_deleted_says_no_more_than_that() {
        let mut answer = json!({ "id": "cus_1", "object": "customer", "deleted": true });
        complete(&mut answer);
        assert_eq!(answer.as_object().map(Map::len), Some(3));
    }
}
