//! What stands on the cardholder's statement.
//! Source: Stripe docs, "Statement descriptors", "Statement descriptor requirements".

use crate::api::check;
use crate::params::Params;
use crate::v1::StripeError;

const MAX_CHARS: usize = 22;
const FORBIDDEN: &[char] = &['<', '>', '\\', '\'', '"', '*'];

/// Refuses what no statement can show. `by_card` says that the payment may be made by card.
pub(super) fn check(params: &Params, by_card: bool) -> Result<(), StripeError> {
    for param in ["statement_descriptor", "statement_descriptor_suffix"] {
        if let Some(text) = params.text(param) {
            check_text(param, text)?;
        }
    }
    if by_card && params.text("statement_descriptor").is_some() {
        return Err(StripeError::invalid(
            "The statement_descriptor parameter is not supported for the payment_method_type `card`. To continue supporting payment_method_type `card`, please pass in `statement_descriptor_suffix` or remove the `statement_descriptor` parameter altogether. Please see https://support.stripe.com/questions/use-of-the-statement-descriptor-parameter-on-paymentintents-for-card-charges for additional details.",
        )
        .param("statement_descriptor"));
    }
    Ok(())
}

fn check_text(param: &str, text: &str) -> Result<(), StripeError> {
    check::length(param, text, MAX_CHARS)?;
    let name = param.replace('_', " ");
    let problem = if text.contains(FORBIDDEN) {
        r#"Cannot contain the characters <, >, \, ', " or *"#
    } else if !text.chars().any(char::is_alphabetic) {
        "Must contain at least one letter"
    } else {
        return Ok(());
    };
    Err(StripeError::invalid(format!("Invalid {name}. {problem}")).param(param))
}
