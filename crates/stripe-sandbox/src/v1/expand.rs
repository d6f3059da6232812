//! `expand[]`: ids in an answer replaced by the objects. Source: Stripe docs, "Expanding responses".

use serde_json::Value;

use crate::state::Ledger;
use crate::v1::StripeError;

/// Stripe docs: "expansions have a maximum depth of four levels".
const MAX_DEPTH: usize = 4;
/// Stripe docs: at most 20 expansions in a request.
const MAX_EXPANSIONS: usize = 20;
/// The fields of the sandbox's objects that hold an id at Stripe.
const EXPANDABLE: &[&str] = &[
    "application",
    "balance_transaction",
    "customer",
    "latest_attempt",
    "latest_charge",
    "on_behalf_of",
    "payment_intent",
    "payment_method",
    "review",
];

/// Refuses what cannot be expanded, before the request has any effect.
pub(crate) fn check(paths: &[String]) -> Result<(), StripeError> {
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
        let fields = parts.strip_prefix(&["data"]).unwrap_or(&parts);
        if let Some(unknown) = fields.iter().find(|part| !EXPANDABLE.contains(part)) {
            let message = format!("This property cannot be expanded ({unknown}).");
            return Err(StripeError::invalid(message).param("expand"));
        }
    }
    Ok(())
}

/// Expands each path (`latest_charge`, `data.payment_method`, …) in the answer. What is null, or not
/// modelled by the sandbox, stays as it is.
pub(crate) fn expand(answer: &mut Value, paths: &[String], ledger: &Ledger) {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        match (answer.get_mut("data"), parts.strip_prefix(&["data"])) {
            (Some(Value::Array(items)), Some(rest)) => {
                for item in items {
                    follow(item, rest, ledger);
                }
            }
            _ => follow(answer, &parts, ledger),
        }
    }
}

fn follow(object: &mut Value, parts: &[&str], ledger: &Ledger) {
    let [first, rest @ ..] = parts else { return };
    let Some(field) = object.get_mut(*first) else {
        return;
    };
    if let Some(found) = field.as_str().and_then(|id| ledger.object(id)) {
        *field = found;
    }
    follow(field, rest, ledger);
}
