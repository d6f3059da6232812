//! Confirming: the shopper agrees that a card is kept for later.

use serde_json::Value;

use super::{attempt, find, finish, tell, unexpected_state};
use crate::cards::Outcome;
use crate::objects::SetupStatus;
use crate::payments::{self, Step, wallet};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// How a set-up is confirmed.
#[derive(Default)]
pub(crate) struct SetupConfirmation {
    /// A `PaymentMethod` of this ledger; without it, the one that the set-up has.
    pub(crate) payment_method: Option<String>,
    /// Where a hosted challenge sends the shopper afterwards.
    pub(crate) return_url: Option<String>,
    /// Stripe.js shows the challenge itself.
    pub(crate) use_stripe_sdk: bool,
}

/// Confirms a set-up: it succeeds, waits for a challenge, or fails.
pub(crate) fn confirm(
    ledger: &mut Ledger,
    id: &str,
    how: SetupConfirmation,
    origin: &Origin,
) -> Result<(), StripeError> {
    let intent = find(ledger, id)?;
    check_status(intent.status)?;
    let Some(used) = how.payment_method.or_else(|| intent.payment_method.clone()) else {
        return Err(unexpected_state(
            "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again.".to_owned(),
        ));
    };
    let customer = intent.customer.clone();
    wallet::check_card_allowed(&intent.payment_method_types, "SetupIntent")?;
    wallet::check_use(ledger, &used, customer.as_deref())?;
    let intent = find(ledger, id)?;
    intent.payment_method = Some(used.clone());
    intent.last_setup_error = Value::Null;
    intent.next_action = Value::Null;
    let options = intent.card_options.clone();
    let Some(method) = ledger.payment_methods.get(&used) else {
        return Err(StripeError::missing("PaymentMethod", &used));
    };
    let declines = match method.card.outcome {
        Outcome::Declines(decline) if !method.card.declines_only_charges() => Some(decline),
        _ => None,
    };
    let step = payments::step_for(method, &options, false);
    attempt::begin(ledger, id, "processing", origin);
    if let Some(decline) = declines {
        let error = StripeError::card(decline, decline.message());
        return finish::fail(ledger, id, error, origin);
    }
    match step {
        Step::Charge(three_d_secure) => finish::succeed(ledger, id, three_d_secure, origin),
        Step::Challenge => {
            attempt::end(ledger, id, "requires_action", None, Value::Null);
            let intent = find(ledger, id)?;
            intent.status = SetupStatus::RequiresAction;
            let url = payments::challenge_url(id, &intent.client_secret, origin);
            intent.next_action = payments::next_action(&url, how.return_url, how.use_stripe_sdk);
            tell(ledger, id, "setup_intent.requires_action", origin);
            Ok(())
        }
    }
}

fn check_status(status: SetupStatus) -> Result<(), StripeError> {
    match status {
        SetupStatus::Succeeded => Err(unexpected_state(
            "You cannot confirm this SetupIntent because it has already succeeded.".to_owned(),
        )),
        SetupStatus::Canceled => Err(unexpected_state(
            "You cannot confirm this SetupIntent because it has a status of canceled. Only a SetupIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.".to_owned(),
        )),
        _ => Ok(()),
    }
}
