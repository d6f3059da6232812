//! `expand[]`: ids in an answer replaced by the objects. Source: Stripe docs, "Expanding responses".

use serde_json::Value;

use crate::spec::{Endpoint, Shape, ShapeKind, Shapes, shapes};
use crate::state::Ledger;
use crate::v1::StripeError;

/// Stripe docs: "expansions have a maximum depth of four levels".
const MAX_DEPTH: usize = 4;
/// Stripe docs: at most 20 expansions in a request.
const MAX_EXPANSIONS: usize = 20;

/// Refuses what cannot be expanded, before the request has any effect. Answers with the objects that are
/// read beyond the endpoint's own.
pub(crate) fn check(
    paths: &[String],
    endpoint: &Endpoint,
) -> Result<Vec<&'static str>, StripeError> {
    let mut read = Vec::new();
    if paths.len() > MAX_EXPANSIONS {
        let message = format!("You can expand at most {MAX_EXPANSIONS} fields.");
        return Err(StripeError::invalid(message).param("expand"));
    }
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        if parts.len() > MAX_DEPTH {
            let message = format!(
                "You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
            );
            return Err(StripeError::invalid(message)
                .code("property_expansion_max_depth")
                .param("expand"));
        }
        let fields = match (endpoint.is_list, parts.split_first()) {
            (true, Some((&"data", rest))) => Ok(rest),
            (true, _) => Err(parts.first().copied().unwrap_or_default()),
            (false, _) => Ok(parts.as_slice()),
        };
        let known = shapes(endpoint.object);
        if let Err(field) = fields.and_then(|fields| leads_somewhere(fields, known, &mut read)) {
            return Err(refuse(field));
        }
    }
    Ok(read)
}

/// 400 for a field that cannot be expanded.
pub(crate) fn refuse(field: &str) -> StripeError {
    let message = format!(
        "This property cannot be expanded ({field}). You may want to try expanding it with a different API version, or this property may not be expandable. You can learn more about expansion here: https://stripe.com/docs/api/expanding_objects."
    );
    StripeError::invalid(message).param("expand")
}

/// Follows a path through the types; the error is the field where it ends too early.
fn leads_somewhere<'a>(
    parts: &[&'a str],
    fields: Option<&'static Shapes>,
    read: &mut Vec<&'static str>,
) -> Result<(), &'a str> {
    let Some((&part, rest)) = parts.split_first() else {
        return Ok(());
    };
    // Of an object that the sandbox does not have, nothing is known to be wrong.
    let Some(fields) = fields else { return Ok(()) };
    let shape = fields.get(part).ok_or(part)?;
    if rest.is_empty() && !can_end(shape) {
        return Err(part);
    }
    into(shape, rest, part, read)
}

fn into<'a>(
    shape: &'static Shape,
    rest: &[&'a str],
    part: &'a str,
    read: &mut Vec<&'static str>,
) -> Result<(), &'a str> {
    if let ShapeKind::Id(of) | ShapeKind::Resource(of) = &shape.kind {
        read.extend(of.iter().map(String::as_str));
    }
    match &shape.kind {
        _ if rest.is_empty() => Ok(()),
        ShapeKind::Id(of) | ShapeKind::Resource(of) => {
            let tried = of
                .iter()
                .map(|name| leads_somewhere(rest, shapes(name), read));
            tried.reduce(Result::or).unwrap_or(Ok(()))
        }
        ShapeKind::Object(fields) => leads_somewhere(rest, Some(fields), read),
        ShapeKind::Array(item) => into(item, rest, part, read),
        ShapeKind::List(item) => match rest.split_first() {
            Some((&"data", rest)) => into(item, rest, part, read),
            _ => Err(part),
        },
        _ => Err(part),
    }
}

/// Whether the last part of a path may be such a field.
fn can_end(shape: &Shape) -> bool {
    match &shape.kind {
        ShapeKind::Id(_) => true,
        ShapeKind::Array(item) => shape.absent || can_end(item),
        // Lists and secrets that are left out unless they are asked for.
        ShapeKind::List(_) | ShapeKind::Resource(_) | ShapeKind::Map | ShapeKind::Object(_) => {
            shape.absent
        }
        _ => false,
    }
}

/// Expands each path (`latest_charge`, `data.payment_method`, …) in the answer. What is null, or not
/// modelled by the sandbox, stays as it is.
pub(crate) fn expand(answer: &mut Value, paths: &[String], endpoint: &Endpoint, ledger: &Ledger) {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        match (endpoint.is_list, answer.get_mut("data"), parts.as_slice()) {
            (true, Some(Value::Array(items)), ["data", rest @ ..]) => {
                for item in items {
                    follow(item, rest, shapes(endpoint.object), ledger);
                }
            }
            _ => follow(answer, &parts, shapes(endpoint.object), ledger),
        }
    }
}

fn follow(object: &mut Value, parts: &[&str], fields: Option<&Shapes>, ledger: &Ledger) {
    let (Some((&part, rest)), Some(fields)) = (parts.split_first(), fields) else {
        return;
    };
    let Some(shape) = fields.get(part) else {
        return;
    };
    if object.get(part).is_none()
        && let Some(list) = ledger.included(object, part)
    {
        object[part] = list;
    }
    if let Some(field) = object.get_mut(part) {
        enter(field, shape, rest, ledger);
    }
}

fn enter(field: &mut Value, shape: &Shape, rest: &[&str], ledger: &Ledger) {
    match &shape.kind {
        ShapeKind::Id(of) => {
            let found = field
                .as_str()
                .and_then(|id| of.iter().find_map(|name| ledger.object(name, id)));
            if let Some(found) = found {
                *field = found;
            }
            enter_object(field, rest, ledger);
        }
        ShapeKind::Resource(_) => enter_object(field, rest, ledger),
        ShapeKind::Object(fields) => follow(field, rest, Some(fields), ledger),
        ShapeKind::Array(item) => {
            for one in field.as_array_mut().into_iter().flatten() {
                enter(one, item, rest, ledger);
            }
        }
        ShapeKind::List(item) => {
            let rest = rest.strip_prefix(&["data"]).unwrap_or_default();
            let items = field.get_mut("data").and_then(Value::as_array_mut);
            for one in items.into_iter().flatten() {
                enter(one, item, rest, ledger);
            }
        }
        _ => {}
    }
}

fn enter_object(object: &mut Value, rest: &[&str], ledger: &Ledger) {
    let name = object
        .get("object")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if let Some(name) = name {
        follow(object, rest, shapes(&name), ledger);
    }
}
