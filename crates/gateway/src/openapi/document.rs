//! The OpenAPI document (OpenAPI Specification 3.1), assembled from the operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::access::{Credential, Tag};
use super::operation::Operation;
use super::shapes::{optional, reference};
use super::words::Id;
use crate::error::Envelope;

const DESCRIPTION: &str = "\
Tillgate takes payments for many shops, each with its own Stripe account.

Money is a whole number in the currency's smallest unit (`1250` with `eur` is €12.50) beside a lower-case ISO 4217 code. \
Instants are RFC 3339 in UTC. Unknown fields of a request are refused.

Every error has one shape: `{\"error\": {\"type\", \"code\", \"message\", \"param\", \"decline_code\", \"request_id\"}}`. Decide on \
`code`; `message` is for people. The request's id is also in the header `X-Request-Id`. 404 is the answer both to what is not \
there and to what is not yours.

Send `Idempotency-Key` with every POST, so that it can be sent again: the same key and body get the first answer once more, \
with `Idempotent-Replayed: true`, for 24 hours. 429 and 503 say in `Retry-After` how many seconds to wait.";

/// The whole document. The same program always makes the same bytes.
pub fn assemble(operations: &[Operation]) -> Value {
    let mut paths = paths(operations);
    let responses = share_responses(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tillgate",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": Tag::ALL.map(|tag| json!({ "name": tag.name(), "description": tag.description() })),
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(operations),
            "parameters": parameters(),
            "headers": {
                "RetryAfter": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } },
            },
            "responses": responses,
            "schemas": schemas(operations),
        },
    })
}

/// In the operations' order, so that what belongs together stands together.
fn paths(operations: &[Operation]) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let item = (paths.entry(operation.path.clone())).or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        item[method] = operation.describe();
    }
    Value::Object(paths)
}

/// Refusals that several calls have in common stand in the document once.
fn share_responses(paths: &mut Value) -> Value {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut count = |status: &str, response: &mut Value| {
        let key = (status.to_owned(), response.to_string());
        *counts.entry(key).or_default() += 1;
    };
    each_refusal(paths, &mut count);
    let mut names: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut of_status: BTreeMap<String, usize> = BTreeMap::new();
    for (key, _) in counts.into_iter().filter(|(_, count)| *count > 1) {
        let number = of_status.entry(key.0.clone()).or_default();
        *number += 1;
        let name = format!("Error{}-{number}", key.0);
        names.insert(key, name);
    }
    let mut shared = Map::new();
    let mut refer = |status: &str, response: &mut Value| {
        if let Some(name) = names.get(&(status.to_owned(), response.to_string())) {
            let response = std::mem::replace(response, reference("responses", name));
            shared.insert(name.clone(), response);
        }
    };
    each_refusal(paths, &mut refer);
    shared.sort_keys();
    Value::Object(shared)
}

fn each_refusal(paths: &mut Value, visit: &mut dyn FnMut(&str, &mut Value)) {
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    let calls = items
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for call in calls {
        let responses = call["responses"].as_object_mut();
        for (status, response) in responses.into_iter().flatten() {
            if !status.starts_with('2') {
                visit(status, response);
            }
        }
    }
}

fn security_schemes(operations: &[Operation]) -> Value {
    let used = |credential: &Credential| {
        (operations.iter()).any(|one| one.access.credentials().contains(credential))
    };
    let schemes = Credential::ALL.into_iter().filter(used);
    let schemes = schemes.map(|one| (one.scheme().to_owned(), one.definition()));
    Value::Object(schemes.collect())
}

fn parameters() -> Value {
    let query =
        |name: &str, description: &str, schema: Value| optional(name, "query", description, schema);
    let cursor = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Your name of this request, such as a UUID, so that it can be sent again.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        },
        "Limit": query("limit", "How many at most.", json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 10 })),
        "StartingAfter": query("starting_after", "What stands behind the object with this id.", cursor.clone()),
        "EndingBefore": query("ending_before", "What stands before the object with this id; not with `starting_after`.", cursor),
    })
}

/// Sorted by name.
fn schemas(operations: &[Operation]) -> Value {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    let mut sent = BTreeSet::new();
    let mut add = |(name, schema): &(String, RefOr<Schema>)| {
        all.entry(name.clone()).or_insert_with(|| json!(schema));
    };
    let mut common = vec![(Envelope::name().into_owned(), Envelope::schema())];
    Envelope::schemas(&mut common);
    common.push((Id::name().into_owned(), Id::schema()));
    common.iter().for_each(&mut add);
    for operation in operations {
        let (of_request, of_answer) = operation.schemas();
        of_request.iter().chain(of_answer).for_each(&mut add);
        sent.extend(of_request.iter().map(|(name, _)| name.clone()));
    }
    for (name, schema) in &mut all {
        if !sent.contains(name) {
            require_nullable(schema);
        }
    }
    json!(all)
}

/// A field of an answer that may be `null` is always there; what may be absent is never `null`. The derive cannot know.
fn require_nullable(schema: &mut Value) {
    if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        parts.iter_mut().for_each(require_nullable);
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let is_null = |kind: &Value| kind["type"] == "null";
    let may_be_null = |property: &Value| {
        let any = property["type"]
            .as_array()
            .is_some_and(|types| types.contains(&json!("null")));
        any || (property["oneOf"].as_array()).is_some_and(|kinds| kinds.iter().any(is_null))
    };
    let mut required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, property) in properties {
        if may_be_null(property) && !required.contains(&json!(name)) {
            required.push(json!(name));
        }
    }
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

/// What a `$ref` of the document points to.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    // A reference to a reference ends: the document has no circles.
    while let Some(target) = value["$ref"].as_str() {
        let found = target
            .strip_prefix('#')
            .and_then(|path| document.pointer(path));
        let Some(found) = found else {
            break;
        };
        value = found;
    }
    value
}
