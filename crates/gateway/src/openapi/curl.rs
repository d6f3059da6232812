//! A call as a line for the shell, against the demo store of `tillgate dev` or any other.

use actix_web::http::Method;
use serde_json::{Map, Value};

use super::access::Credential;
use super::operation::Operation;
use super::shapes::path_names;

/// The command; `None` where only Stripe can call.
pub fn command(operation: &Operation, body: Option<(&str, &Value)>) -> Option<String> {
    if operation.access.credentials() == [Credential::StripeSignature] {
        return None;
    }
    let query = operation.query_example();
    let mut lines = vec![format!("curl \"$BASE_URL{}{query}\"", path(operation))];
    // What curl does by itself: GET without a body, POST with one.
    let by_itself = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    if operation.method != by_itself {
        lines.push(format!("--request {}", operation.method));
    }
    if !operation.access.is_open() {
        lines.extend(header(*operation.access.credentials().first()?));
    }
    if let Some((content_type, example)) = body {
        lines.push(format!("--header \"Content-Type: {content_type}\""));
        lines.push(format!("--data-binary '{}'", data(example)));
    }
    Some(lines.join(" \\\n  "))
}

/// The path with the shell's variables for what is in braces.
fn path(operation: &Operation) -> String {
    (path_names(&operation.path)).fold(operation.path.clone(), |path, name| {
        path.replace(
            &format!("{{{name}}}"),
            &format!("${}", name.to_ascii_uppercase()),
        )
    })
}

fn header(credential: Credential) -> Option<String> {
    let bearer = |name: &str| format!("--header \"Authorization: Bearer ${name}\"");
    match credential {
        Credential::ApiKey => Some(bearer("API_KEY")),
        Credential::OrderToken => Some(bearer("ORDER_TOKEN")),
        Credential::CheckoutToken => Some(bearer("CHECKOUT_TOKEN")),
        Credential::InternalSecret => {
            Some("--header \"X-Internal-Secret: $INTERNAL_SECRET\"".to_owned())
        }
        // The one stands in the path, the other only Stripe can make.
        Credential::LinkToken | Credential::StripeSignature => None,
    }
}

/// The body between single quotes, with the shell's variables for ids.
fn data(example: &Value) -> String {
    let text = match example {
        Value::String(text) => text.clone(),
        other => with_variables(other).to_string(),
    };
    // No example has an apostrophe: a test runs each of these commands.
    text.replace("\"<<", "\"'\"").replace(">>\"", "\"'\"")
}

/// Ids as `<<$NAME>>`, with marks that no example has.
fn with_variables(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let name = |key: &str| format!("<<${}>>", key.to_ascii_uppercase());
            let field = |(key, value): (&String, &Value)| {
                let value = match value {
                    Value::String(_) if key.ends_with("_id") => Value::String(name(key)),
                    other => with_variables(other),
                };
                (key.clone(), value)
            };
            Value::Object(fields.iter().map(field).collect::<Map<String, Value>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(with_variables).collect()),
        other => other.clone(),
    }
}
