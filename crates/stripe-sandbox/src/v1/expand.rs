//! `expand[]`: ids in an answer replaced by the objects. Source: Stripe docs, "Expanding responses".

use serde_json::Value;

use crate::state::Ledger;
use crate::v1::StripeError;

/// Stripe docs: "expansions have a maximum depth of four levels".
const MAX_DEPTH: usize = 4;
/// Stripe docs: at most 20 expansions in a request.
const MAX_EXPANSIONS: usize = 20;

/// Expands each path (`latest_charge`, `data.payment_method`, …) in the answer.
pub(crate) fn expand(
    answer: &mut Value,
    paths: &[String],
    ledger: &Ledger,
) -> Result<(), StripeError> {
    if paths.len() > MAX_EXPANSIONS {
        return Err(StripeError::invalid(format!(
            "You can expand at most {MAX_EXPANSIONS} fields."
        ))
        .param("expand"));
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
        let parts = match (answer["object"].as_str(), parts.as_slice()) {
            (Some("list"), ["data", rest @ ..]) => rest,
            (_, parts) => parts,
        };
        if let Some(Value::Array(items)) = answer.get_mut("data") {
            for item in items {
                follow(item, parts, path, ledger)?;
            }
        } else {
            follow(answer, parts, path, ledger)?;
        }
    }
    Ok(())
}

fn follow(
    object: &mut Value,
    parts: &[&str],
    path: &str,
    ledger: &Ledger,
) -> Result<(), StripeError> {
    let [first, rest @ ..] = parts else {
        return Ok(());
    };
    let Some(field) = object.get_mut(*first) else {
        let message = format!("This property cannot be expanded ({first}).");
        return Err(StripeError::invalid(message)
            .param("expand")
            .with("expanded", path));
    };
    if let Some(id) = field.as_str() {
        let Some(found) = ledger.object(id) else {
            return Err(StripeError::invalid(format!(
                "This property cannot be expanded ({first})."
            ))
            .param("expand"));
        };
        *field = found;
    }
    if field.is_null() {
        Ok(())
    } else {
        follow(field, rest, path, ledger)
    }
}
