//! The end of a 3-D Secure challenge.

use serde_json::Value;

use crate::objects::{Status, ThreeDSecure};
use crate::payments::charge::{self, Attempt};
use crate::payments::{fail, find, unexpected_state, wallet};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// What the shopper did with the challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Challenge {
    #[serde(rename = "success")]
    Passed,
    #[serde(rename = "fail")]
    Failed,
}

/// Ends the challenge that the payment waits for: it is charged, or it fails without a charge.
pub(crate) fn authenticate(
    ledger: &mut Ledger,
    id: &str,
    challenge: Challenge,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    if intent.status != Status::RequiresAction {
        return Err(unexpected_state(format!(
            "This PaymentIntent has a status of {} and waits for no authentication.",
            intent.status.as_str()
        )));
    }
    match challenge {
        // The server confirms again. Source: Stripe docs, "Finalize payments on the server".
        Challenge::Passed if intent.confirmation_is_manual => {
            intent.status = Status::RequiresConfirmation;
            intent.next_action = Value::Null;
            intent.challenge_passed = true;
            Ok(())
        }
        Challenge::Passed => {
            // The card may have been used up or detached since the challenge was asked for.
            let (used, customer) = (intent.payment_method.clone(), intent.customer.clone());
            let usable = wallet::check_use(ledger, &used.unwrap_or_default(), customer.as_deref());
            if let Err(error) = usable {
                return fail(ledger, id, error, origin);
            }
            let how = Attempt {
                three_d_secure: Some(ThreeDSecure::Authenticated),
                refusal: None,
            };
            charge::attempt(ledger, id, how, origin)
        }
        Challenge::Failed => {
            let error = StripeError::authentication_failed(
                "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
            );
            fail(ledger, id, error, origin)
        }
    }
}
