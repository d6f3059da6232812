//! Confirming: the shopper agrees to pay with a payment method.

use serde_json::{Value, json};

use crate::cards::{AUTHENTICATION_REQUIRED, Outcome, When};
use crate::objects::Status;
use crate::payments::{charge, fail, find, unexpected_state};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// How a payment is confirmed.
#[derive(Default)]
pub(crate) struct Confirmation {
    /// A `PaymentMethod` of this ledger; without it, the one that the payment has.
    pub(crate) payment_method: Option<String>,
    /// Where a hosted challenge sends the shopper afterwards.
    pub(crate) return_url: Option<String>,
    /// The shopper is not there: a card that needs its holder is declined.
    pub(crate) off_session: bool,
    /// Decline instead of asking for a challenge.
    pub(crate) error_on_requires_action: bool,
    /// Stripe.js shows the challenge itself.
    pub(crate) use_stripe_sdk: bool,
}

/// Confirms a payment: it succeeds, waits for capture or for a challenge, or is declined.
pub(crate) fn confirm(
    ledger: &mut Ledger,
    id: &str,
    how: Confirmation,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    check_status(intent.status)?;
    let Some(payment_method) = how.payment_method.or_else(|| intent.payment_method.clone()) else {
        return Err(unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.".to_owned(),
        ));
    };
    intent.payment_method = Some(payment_method.clone());
    intent.last_payment_error = Value::Null;
    intent.next_action = Value::Null;
    let Some(found) = ledger.payment_methods.get(&payment_method) else {
        return Err(StripeError::missing("PaymentMethod", &payment_method));
    };
    let challenge = match found.card.outcome {
        Outcome::Authenticates(When::OnSession) => !how.off_session,
        Outcome::Authenticates(When::Always) | Outcome::AuthenticatesThenDeclines(_) => true,
        Outcome::Succeeds | Outcome::Declines(_) | Outcome::Blocked => false,
    };
    if !challenge {
        return charge::attempt(ledger, id, charge::Authenticated::No, origin);
    }
    if how.off_session || how.error_on_requires_action {
        let error = StripeError::card(AUTHENTICATION_REQUIRED, AUTHENTICATION_REQUIRED.message());
        return fail(ledger, id, error, origin);
    }
    let intent = find(ledger, id)?;
    intent.status = Status::RequiresAction;
    intent.next_action = next_action(
        id,
        &intent.client_secret,
        how.return_url,
        how.use_stripe_sdk,
        origin,
    );
    let object = intent.render();
    ledger.emit("payment_intent.requires_action", object, origin);
    Ok(())
}

fn check_status(status: Status) -> Result<(), StripeError> {
    let message = match status {
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => return Ok(()),
        Status::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.".to_owned()
        }
        Status::RequiresCapture | Status::Canceled => format!(
            "You cannot confirm this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.",
            status.as_str()
        ),
    };
    Err(unexpected_state(message))
}

/// Where the challenge is: a page of this sandbox, shown by Stripe.js or visited by redirect.
fn next_action(
    id: &str,
    client_secret: &str,
    return_url: Option<String>,
    use_stripe_sdk: bool,
    origin: &Origin,
) -> Value {
    let url = format!("{}/3ds/{id}?client_secret={client_secret}", origin.base_url);
    match return_url {
        Some(return_url) if !use_stripe_sdk => json!({
            "redirect_to_url": { "return_url": return_url, "url": url },
            "type": "redirect_to_url",
        }),
        _ => json!({
            "type": "use_stripe_sdk",
            "use_stripe_sdk": { "stripe_js": url, "type": "three_d_secure_redirect" },
        }),
    }
}
