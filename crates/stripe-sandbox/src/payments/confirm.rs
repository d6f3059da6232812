//! Confirming: the shopper agrees to pay with a payment method.

use serde_json::{Map, Value, json};

use crate::billing;
use crate::cards::{AUTHENTICATION_REQUIRED, OptionalChallenge, Outcome, When};
use crate::objects::{PaymentIntent, PaymentMethod, Status, ThreeDSecure};
use crate::payments::charge::{self, Attempt};
use crate::payments::{fail, find, unexpected_state, wallet};
use crate::state::Ledger;
use crate::v1::{Origin, StripeError};

/// How a payment is confirmed.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are parameters of Stripe's"
)]
pub(crate) struct Confirmation {
    /// A `PaymentMethod` of this ledger; without it, the one that the payment has.
    pub(crate) payment_method: Option<String>,
    /// Where a hosted challenge sends the shopper afterwards.
    pub(crate) return_url: Option<String>,
    /// The shopper is not there: a card that needs its holder is declined.
    pub(crate) off_session: bool,
    /// Decline instead of asking for a challenge.
    pub(crate) error_on_requires_action: bool,
    /// An invoice's payment: where the card needs its holder, the payment waits for them.
    pub(crate) waits_for_customer: bool,
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
    let Some(used) = how.payment_method.or_else(|| intent.payment_method.clone()) else {
        return Err(unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.".to_owned(),
        ));
    };
    let customer = intent.customer.clone();
    wallet::check_card_allowed(&intent.payment_method_types, "PaymentIntent")?;
    wallet::check_use(ledger, &used, customer.as_deref())?;
    let intent = find(ledger, id)?;
    let same = intent.payment_method.as_deref() == Some(&used);
    let passed = std::mem::take(&mut intent.challenge_passed) && same;
    intent.payment_method = Some(used.clone());
    intent.last_payment_error = Value::Null;
    intent.next_action = Value::Null;
    let step = match (
        ledger.payment_methods.get(&used),
        ledger.payment_intents.get(id),
    ) {
        _ if passed => Step::Charge(Some(ThreeDSecure::Authenticated)),
        (Some(method), Some(intent)) => next_step(method, intent, how.off_session),
        _ => Step::Charge(None),
    };
    match step {
        Step::Charge(three_d_secure) => {
            let how = Attempt {
                three_d_secure,
                refusal: None,
            };
            charge::attempt(ledger, id, how, origin)
        }
        // Nobody is there to pass the challenge: the issuer refuses.
        Step::Challenge if how.off_session && !how.waits_for_customer => {
            let refusal = Some(AUTHENTICATION_REQUIRED);
            let how = Attempt {
                three_d_secure: None,
                refusal,
            };
            charge::attempt(ledger, id, how, origin)
        }
        Step::Challenge if how.error_on_requires_action => {
            let error = StripeError::action_required();
            fail(ledger, id, error, origin)
        }
        Step::Challenge => {
            let intent = find(ledger, id)?;
            intent.status = Status::RequiresAction;
            let url = challenge_url(id, &intent.client_secret, origin);
            intent.next_action = next_action(&url, how.return_url, how.use_stripe_sdk);
            let object = intent.render();
            ledger.emit("payment_intent.requires_action", object, origin);
            billing::payment_needs_action(ledger, id, origin);
            Ok(())
        }
    }
}

/// What comes next.
pub(crate) enum Step {
    Challenge,
    Charge(Option<ThreeDSecure>),
}

fn next_step(method: &PaymentMethod, intent: &PaymentIntent, off_session: bool) -> Step {
    step_for(method, &intent.card_options, off_session)
}

/// Whether the card's holder is asked first. Source: Stripe docs, "Testing › 3D Secure authentication".
pub(crate) fn step_for(
    method: &PaymentMethod,
    card_options: &Map<String, Value>,
    off_session: bool,
) -> Step {
    let by_mail_or_phone = card_options.get("moto") == Some(&Value::Bool(true));
    if by_mail_or_phone {
        return Step::Charge(None);
    }
    let wish = card_options
        .get("request_three_d_secure")
        .and_then(Value::as_str);
    let wished = matches!(wish, Some("any" | "challenge"));
    match method.card.outcome {
        Outcome::Authenticates(When::OnSession) if off_session => Step::Charge(None),
        Outcome::Authenticates(_)
            if off_session && method.set_up && method.card.remembers_set_up() =>
        {
            Step::Charge(None)
        }
        Outcome::Authenticates(_) | Outcome::AuthenticatesThenDeclines(_) => Step::Challenge,
        _ if !wished || off_session => Step::Charge(None),
        _ => match method.card.optional_challenge() {
            OptionalChallenge::Challenge => Step::Challenge,
            OptionalChallenge::NotEnrolled => Step::Charge(Some(ThreeDSecure::Attempted)),
            OptionalChallenge::NotSupported => Step::Charge(Some(ThreeDSecure::NotSupported)),
            OptionalChallenge::Error => Step::Charge(Some(ThreeDSecure::Error)),
        },
    }
}

fn check_status(status: Status) -> Result<(), StripeError> {
    let message = match status {
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => return Ok(()),
        Status::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.".to_owned()
        }
        Status::RequiresCapture | Status::Processing | Status::Canceled => format!(
            "You cannot confirm this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_confirmation, requires_action.",
            status.as_str()
        ),
    };
    Err(unexpected_state(message))
}

/// Where the challenge for a PaymentIntent or SetupIntent is: a page of this sandbox.
pub(crate) fn challenge_url(id: &str, client_secret: &str, origin: &Origin) -> String {
    format!("{}/3ds/{id}?client_secret={client_secret}", origin.base_url)
}

/// The challenge is shown by Stripe.js or visited by redirect.
pub(crate) fn next_action(url: &str, return_url: Option<String>, use_stripe_sdk: bool) -> Value {
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
