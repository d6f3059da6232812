//! A request held against what its endpoint accepts. Unknown, missing and malformed parameters are
//! answered with Stripe's errors.

use serde_json::{Map, Value};

use super::fields::{Fields, Kind};
use super::{Params, metadata};
use crate::v1::StripeError;

/// Stripe's limit for most strings.
const TEXT_CHARS: usize = 5_000;

/// Beyond every amount, quantity and time that Stripe takes, and small enough to be added up.
const MAX_INTEGER: i64 = 9_999_999_999_999;

/// Reads the values as what they are, or says what is wrong.
pub(crate) fn validate(tree: Map<String, Value>, fields: &Fields) -> Result<Params, StripeError> {
    object("", tree, fields).map(Params::from)
}

fn object(
    prefix: &str,
    tree: Map<String, Value>,
    fields: &Fields,
) -> Result<Map<String, Value>, StripeError> {
    let mut valid = Map::new();
    for (name, value) in tree {
        let path = join(prefix, &name);
        let Some(field) = fields.get(&name) else {
            return Err(unknown(&path));
        };
        let value = match value.as_str() {
            Some("") if field.clearable => Value::Null,
            Some("") => return Err(empty(&path)),
            _ => checked(&path, value, &field.kind)?,
        };
        valid.insert(name, value);
    }
    let missing = fields.required().find(|name| !valid.contains_key(*name));
    missing.map_or(Ok(valid), |name| {
        let path = join(prefix, name);
        let message = format!("Missing required param: {path}.");
        Err(StripeError::invalid(message)
            .code("parameter_missing")
            .param(&path))
    })
}

fn checked(path: &str, value: Value, kind: &Kind) -> Result<Value, StripeError> {
    match (kind, value) {
        (Kind::AnyOf(kinds), value) => any_of(path, &value, kinds),
        (Kind::Free, value) => Ok(value),
        (Kind::Fields(fields), Value::Object(tree)) => {
            object(path, tree, fields).map(Value::Object)
        }
        (Kind::Map(item), Value::Object(tree)) => map(path, tree, item),
        (Kind::Metadata, Value::Object(tree)) => {
            metadata::check(path, &tree)?;
            Ok(Value::Object(tree))
        }
        (Kind::List(item), Value::Object(tree)) => list(path, tree, item),
        (Kind::Range, Value::Object(tree)) => range(path, tree),
        (Kind::Fields(_) | Kind::Map(_) | Kind::Metadata | Kind::Range, _) => {
            Err(wrong(path, "object"))
        }
        (Kind::List(_), _) => Err(wrong(path, "array")),
        (_, Value::String(text)) => scalar(path, text, kind),
        (_, _) => Err(wrong(path, "string")),
    }
}

fn scalar(path: &str, text: String, kind: &Kind) -> Result<Value, StripeError> {
    let refuse = |message: String| Err(StripeError::invalid(message).param(path));
    match kind {
        Kind::Integer => integer(path, &text),
        Kind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(text
                .parse::<i64>()
                .map_or_else(|_| Value::from(number), Value::from)),
            _ => refuse(format!("Invalid decimal: {text}")),
        },
        Kind::Decimal if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Value::String(text)),
        Kind::Decimal => refuse(format!("Invalid decimal: {text}")),
        Kind::Boolean => match text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => refuse(format!("Invalid boolean: {text}")),
        },
        Kind::OneOf(choices) if choices.contains(&text) => Ok(Value::String(text)),
        Kind::OneOf(choices) => refuse(format!(
            "Invalid {path}: must be one of {}",
            one_of(choices)
        )),
        _ if text.chars().count() > TEXT_CHARS => {
            Err(StripeError::too_long(path, &text, TEXT_CHARS))
        }
        _ => Ok(Value::String(text)),
    }
}

/// The first kind that takes the value; if none does, what the first of its form says.
fn any_of(path: &str, value: &Value, kinds: &[Kind]) -> Result<Value, StripeError> {
    let of_its_form = kinds.iter().filter(|kind| kind.is_for(value));
    let mut refusal = None;
    for kind in of_its_form {
        match checked(path, value.clone(), kind) {
            Ok(value) => return Ok(value),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    let form = if value.is_object() {
        "string"
    } else {
        "object"
    };
    Err(refusal.unwrap_or_else(|| wrong(path, form)))
}

impl Kind {
    /// Whether the value is of this kind's form: a single value, or a tree.
    fn is_for(&self, value: &Value) -> bool {
        match self {
            Self::Free => true,
            Self::Fields(_) | Self::Map(_) | Self::Metadata | Self::List(_) | Self::Range => {
                value.is_object()
            }
            _ => value.is_string(),
        }
    }
}

fn range(path: &str, tree: Map<String, Value>) -> Result<Value, StripeError> {
    let mut valid = Map::new();
    for (name, value) in tree {
        let path = join(path, &name);
        let known = matches!(name.as_str(), "gt" | "gte" | "lt" | "lte");
        let Some(text) = value.as_str().filter(|_| known) else {
            return Err(unknown(&path));
        };
        valid.insert(name, integer(&path, text)?);
    }
    Ok(Value::Object(valid))
}

fn integer(path: &str, text: &str) -> Result<Value, StripeError> {
    let number = text.parse::<i64>().ok();
    number
        .filter(|number| (-MAX_INTEGER..=MAX_INTEGER).contains(number))
        .map(Value::from)
        .ok_or_else(|| {
            StripeError::invalid(format!("Invalid integer: {text}"))
                .code("parameter_invalid_integer")
                .param(path)
        })
}

fn map(path: &str, tree: Map<String, Value>, item: &Kind) -> Result<Value, StripeError> {
    let mut valid = Map::new();
    for (name, value) in tree {
        let value = match value.as_str() {
            Some("") => Value::Null,
            _ => checked(&join(path, &name), value, item)?,
        };
        valid.insert(name, value);
    }
    Ok(Value::Object(valid))
}

fn list(path: &str, tree: Map<String, Value>, item: &Kind) -> Result<Value, StripeError> {
    let mut items: Vec<(usize, Value)> = Vec::with_capacity(tree.len());
    for (index, value) in tree {
        let Ok(place) = index.parse() else {
            return Err(wrong(path, "array"));
        };
        let path = join(path, &index);
        if value.as_str() == Some("") {
            return Err(empty(&path));
        }
        items.push((place, checked(&path, value, item)?));
    }
    items.sort_by_key(|(place, _)| *place);
    Ok(Value::Array(
        items.into_iter().map(|(_, value)| value).collect(),
    ))
}

/// `a` and `b` → `a[b]`.
pub(super) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}[{name}]")
    }
}

fn one_of(choices: &[String]) -> String {
    match choices {
        [] => String::new(),
        [only] => only.clone(),
        [first, last] => format!("{first} or {last}"),
        [most @ .., last] => format!("{}, or {last}", most.join(", ")),
    }
}

fn unknown(path: &str) -> StripeError {
    StripeError::invalid(format!("Received unknown parameter: {path}"))
        .code("parameter_unknown")
        .param(path)
}

fn empty(path: &str) -> StripeError {
    StripeError::invalid(format!(
        "You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; however '{path}' cannot be unset. You should remove '{path}' from your request or supply a non-empty value."
    ))
    .code("parameter_invalid_empty")
    .param(path)
}

fn wrong(path: &str, wanted: &str) -> StripeError {
    StripeError::invalid(format!("Invalid {wanted}")).param(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: &str = r#"{
        "amount!": "integer", "confirm": "boolean", "description?": "text", "metadata?": "metadata",
        "capture_method": {"one_of": ["automatic", "automatic_async", "manual"]},
        "automatic_payment_methods": {"fields": {"enabled!": "boolean"}},
        "payment_method_types": {"list": "text"}, "created": {"any_of": ["range", "integer"]},
        "trial_end": {"any_of": [{"one_of": ["now"]}, "integer"]}, "share": "number",
        "unit_amount_decimal": "decimal", "options": {"map": "text"}
    }"#;

    fn check(form: &str) -> Result<Value, (String, String)> {
        let tree = crate::params::parse(form.as_bytes()).unwrap();
        let fields = serde_json::from_str(FIELDS).unwrap();
        validate(tree, &fields)
            .map(|params| {
                Value::Object(
                    params
                        .given()
                        .map(|(k, v)| (k.clone(), v.clone()))
                        .collect(),
                )
            })
            .map_err(|error| {
                let text = |name: &str| error.field(name).unwrap_or_default().to_owned();
                (text("code"), text("param"))
            })
    }

    #[test]
    fn values_get_their_types() {
        let form = "amount=5&confirm=true&description=&payment_method_types[1]=b&payment_method_types[0]=a&created[gte]=7&metadata[1]=x&trial_end=now&share=1.5&unit_amount_decimal=0.10&options[a]=b";
        let expected = json!({
            "amount": 5, "confirm": true, "description": null,
            "payment_method_types": ["a", "b"], "created": {"gte": 7}, "metadata": {"1": "x"},
            "trial_end": "now", "share": 1.5, "unit_amount_decimal": "0.10", "options": {"a": "b"},
        });
        assert_eq!(check(form), Ok(expected));
        let other_form = json!({ "amount": 5, "created": 7, "trial_end": 8 });
        assert_eq!(check("amount=5&created=7&trial_end=8"), Ok(other_form));
    }

    #[test]
    fn refusals_name_the_parameter() {
        let refused = |form: &str, code: &str, param: &str| {
            let expected = Err((code.to_owned(), param.to_owned()));
            assert_eq!(check(form), expected, "{form}");
        };
        let long = "k".repeat(41);
        refused("amonut=5", "parameter_unknown", "amonut");
        refused("confirm=true", "parameter_missing", "amount");
        refused("amount=5.5", "parameter_invalid_integer", "amount");
        refused(
            "amount=9223372036854775808",
            "parameter_invalid_integer",
            "amount",
        );
        refused("amount=", "parameter_invalid_empty", "amount");
        refused("amount=5&confirm=yes", "", "confirm");
        refused("amount=5&capture_method=later", "", "capture_method");
        refused(
            "amount=5&automatic_payment_methods[x]=1",
            "parameter_unknown",
            "automatic_payment_methods[x]",
        );
        refused(
            "amount=5&automatic_payment_methods=1",
            "",
            "automatic_payment_methods",
        );
        refused(
            "amount=5&payment_method_types=card",
            "",
            "payment_method_types",
        );
        refused("amount=5&metadata[a][b]=1", "", "metadata[a]");
        refused(
            &format!("amount=5&metadata[{long}]=1"),
            "",
            &format!("metadata[{long}]"),
        );
        refused(
            "amount=5&created[later]=1",
            "parameter_unknown",
            "created[later]",
        );
        refused(
            "amount=5&created=today",
            "parameter_invalid_integer",
            "created",
        );
        refused("amount=5&trial_end[a]=1", "", "trial_end");
        refused("amount=5&share=NaN", "", "share");
    }
}
