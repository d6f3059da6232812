//! What an endpoint accepts, as a table, and the check of a request against it.
//! Unknown, missing and malformed parameters are answered with Stripe's errors.

use serde_json::{Map, Value};

use crate::v1::StripeError;

/// Stripe docs, "Metadata": up to 50 keys, names up to 40 and values up to 500 characters.
const METADATA_KEYS: usize = 50;
const METADATA_NAME_CHARS: usize = 40;
const METADATA_VALUE_CHARS: usize = 500;
/// Stripe's limit for most strings.
const TEXT_CHARS: usize = 5_000;

/// One parameter of an endpoint.
pub(crate) struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
    clearable: bool,
}

/// What a parameter may hold.
pub(crate) enum Kind {
    Text,
    Integer,
    Bool,
    OneOf(&'static [&'static str]),
    Object(&'static [Field]),
    Metadata,
    List(&'static Kind),
    /// Either an integer or an object of integers: `created=5`, `created[gte]=5`.
    Range,
    /// Accepted as it comes; the sandbox does not model it.
    Free,
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            clearable: false,
        }
    }

    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// An empty string unsets the field instead of being refused.
    pub(crate) const fn clearable(mut self) -> Self {
        self.clearable = true;
        self
    }
}

/// Parameters that passed an endpoint's table: integers are numbers, booleans are booleans, lists are
/// arrays, and a cleared field is null.
#[derive(Debug, Default)]
pub(crate) struct Params(Map<String, Value>);

impl Params {
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

    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.0.get(name)?.as_array()?;
        Some(
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }

    /// The parameters that were given, cleared ones as null.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// Holds a parsed request against an endpoint's table.
pub(crate) fn validate(tree: Map<String, Value>, fields: &[Field]) -> Result<Params, StripeError> {
    object("", tree, fields).map(Params)
}

fn object(
    prefix: &str,
    tree: Map<String, Value>,
    fields: &[Field],
) -> Result<Map<String, Value>, StripeError> {
    let mut valid = Map::new();
    for (name, value) in tree {
        let path = join(prefix, &name);
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return Err(
                StripeError::invalid(format!("Received unknown parameter: {path}"))
                    .code("parameter_unknown")
                    .param(&path),
            );
        };
        valid.insert(name, checked(&path, value, &field.kind, field.clearable)?);
    }
    let missing = fields
        .iter()
        .find(|field| field.required && !valid.contains_key(field.name));
    missing.map_or(Ok(valid), |field| {
        let path = join(prefix, field.name);
        Err(
            StripeError::invalid(format!("Missing required param: {path}."))
                .code("parameter_missing")
                .param(&path),
        )
    })
}

fn checked(path: &str, value: Value, kind: &Kind, clearable: bool) -> Result<Value, StripeError> {
    if value.as_str() == Some("") {
        return if clearable {
            Ok(Value::Null)
        } else {
            Err(empty(path))
        };
    }
    match (kind, value) {
        (Kind::Free, value) => Ok(value),
        (Kind::Text, Value::String(text)) => {
            if text.chars().count() > TEXT_CHARS {
                let message = format!("Invalid string: must be at most {TEXT_CHARS} characters");
                return Err(StripeError::invalid(message)
                    .code("parameter_invalid_string_max")
                    .param(path));
            }
            Ok(Value::String(text))
        }
        (Kind::Integer | Kind::Range, Value::String(text)) => integer(path, &text),
        (Kind::Bool, Value::String(text)) => match text.as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(StripeError::invalid(format!("Invalid boolean: {text}")).param(path)),
        },
        (Kind::OneOf(choices), Value::String(text)) => {
            if choices.contains(&text.as_str()) {
                return Ok(Value::String(text));
            }
            let message = format!("Invalid {path}: must be one of {}", one_of(choices));
            Err(StripeError::invalid(message).param(path))
        }
        (Kind::Object(fields), Value::Object(tree)) => {
            object(path, tree, fields).map(Value::Object)
        }
        (Kind::Range, Value::Object(tree)) => object(path, tree, RANGE).map(Value::Object),
        (Kind::Metadata, Value::Object(tree)) => metadata(path, tree),
        (Kind::List(item), Value::Object(tree)) => list(path, tree, item),
        (Kind::Object(_) | Kind::Metadata, _) => Err(wrong(path, "object")),
        (Kind::List(_), _) => Err(wrong(path, "array")),
        (_, Value::Object(_)) => Err(wrong(path, "string")),
        (_, _) => Err(wrong(path, "value")),
    }
}

const RANGE: &[Field] = &[
    Field::new("gt", Kind::Integer),
    Field::new("gte", Kind::Integer),
    Field::new("lt", Kind::Integer),
    Field::new("lte", Kind::Integer),
];

fn integer(path: &str, text: &str) -> Result<Value, StripeError> {
    text.parse::<i64>().map(Value::from).map_err(|_| {
        StripeError::invalid(format!("Invalid integer: {text}"))
            .code("parameter_invalid_integer")
            .param(path)
    })
}

fn metadata(path: &str, tree: Map<String, Value>) -> Result<Value, StripeError> {
    let refuse = |message: String, param: &str| Err(StripeError::invalid(message).param(param));
    if tree.len() > METADATA_KEYS {
        return refuse(
            format!("You can only have up to {METADATA_KEYS} metadata keys."),
            path,
        );
    }
    for (name, value) in &tree {
        let param = join(path, name);
        let Some(text) = value.as_str() else {
            return refuse("Metadata values must be strings, but for key '' you passed in a value of type hash".replace("''", &format!("'{name}'")), &param);
        };
        if name.chars().count() > METADATA_NAME_CHARS {
            return refuse(
                format!("Metadata keys must be at most {METADATA_NAME_CHARS} characters"),
                &param,
            );
        }
        if text.chars().count() > METADATA_VALUE_CHARS {
            return refuse(
                format!(
                    "Metadata values can have up to {METADATA_VALUE_CHARS} characters, but you passed in a value that is {} characters.",
                    text.chars().count()
                ),
                &param,
            );
        }
    }
    Ok(Value::Object(tree))
}

fn list(path: &str, tree: Map<String, Value>, item: &Kind) -> Result<Value, StripeError> {
    let mut items: Vec<(usize, Value)> = Vec::with_capacity(tree.len());
    for (index, value) in tree {
        let Ok(place) = index.parse() else {
            return Err(wrong(path, "array"));
        };
        items.push((place, checked(&join(path, &index), value, item, false)?));
    }
    items.sort_by_key(|(place, _)| *place);
    Ok(Value::Array(
        items.into_iter().map(|(_, value)| value).collect(),
    ))
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}[{name}]")
    }
}

fn one_of(choices: &[&str]) -> String {
    match choices {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, last] => format!("{first} or {last}"),
        [most @ .., last] => format!("{}, or {last}", most.join(", ")),
    }
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

    const FIELDS: &[Field] = &[
        Field::new("amount", Kind::Integer).required(),
        Field::new("confirm", Kind::Bool),
        Field::new("description", Kind::Text).clearable(),
        Field::new("metadata", Kind::Metadata).clearable(),
        Field::new(
            "capture_method",
            Kind::OneOf(&["automatic", "automatic_async", "manual"]),
        ),
        Field::new(
            "automatic_payment_methods",
            Kind::Object(&[Field::new("enabled", Kind::Bool).required()]),
        ),
        Field::new("payment_method_types", Kind::List(&Kind::Text)),
        Field::new("created", Kind::Range),
    ];

    fn check(form: &str) -> Result<Value, (String, String)> {
        let tree = crate::params::parse(form.as_bytes()).unwrap();
        validate(tree, FIELDS)
            .map(|params| Value::Object(params.0))
            .map_err(|error| {
                let text = |name: &str| error.field(name).unwrap_or_default().to_owned();
                (text("code"), text("param"))
            })
    }

    #[test]
    fn values_get_their_types() {
        let form = "amount=5&confirm=true&description=&payment_method_types[1]=b&payment_method_types[0]=a&created[gte]=7&metadata[1]=x";
        let expected = json!({
            "amount": 5, "confirm": true, "description": null,
            "payment_method_types": ["a", "b"], "created": {"gte": 7}, "metadata": {"1": "x"},
        });
        assert_eq!(check(form), Ok(expected));
    }

    #[test]
    fn refusals_name_the_parameter() {
        let refused = |form: &str, code: &str, param: &str| {
            assert_eq!(
                check(form),
                Err((code.to_owned(), param.to_owned())),
                "{form}"
            );
        };
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
            &format!("amount=5&metadata[{}]=1", "k".repeat(41)),
            "",
            &format!("metadata[{}]", "k".repeat(41)),
        );
    }
}
