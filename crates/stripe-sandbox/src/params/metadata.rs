//! Source: Stripe docs, "Metadata".

use serde_json::{Map, Value};

use super::validate::join;
use crate::v1::StripeError;

/// Up to 50 keys, names up to 40 and values up to 500 characters.
pub(crate) const KEYS: usize = 50;
const NAME_CHARS: usize = 40;
const VALUE_CHARS: usize = 500;

/// Refuses what Stripe refuses. How many names an object may have in the end is `v1::metadata_limit`'s.
pub(super) fn check(path: &str, tree: &Map<String, Value>) -> Result<(), StripeError> {
    let refuse = |message: String, param: &str| Err(StripeError::invalid(message).param(param));
    if tree.len() > KEYS {
        return refuse(
            format!("You can only have up to {KEYS} metadata keys."),
            path,
        );
    }
    for (name, value) in tree {
        let param = join(path, name);
        let Some(text) = value.as_str() else {
            return refuse(
                format!(
                    "Metadata values must be strings, but for key '{name}' you passed in a value of type hash"
                ),
                &param,
            );
        };
        if name.chars().count() > NAME_CHARS {
            return refuse(
                format!("Metadata keys must be at most {NAME_CHARS} characters"),
                &param,
            );
        }
        let chars = text.chars().count();
        if chars > VALUE_CHARS {
            return refuse(
                format!(
                    "Metadata values can have up to {VALUE_CHARS} characters, but you passed in a value that is {chars} characters."
                ),
                &param,
            );
        }
    }
    Ok(())
}
