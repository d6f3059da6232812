//! What a reading of a payment tells beside where it stands, as far as our record does not have it yet.

use db::payments::Payment;
use jiff::Timestamp;
use stripe_http::payment_intents::{PaymentIntent, Status};

/// Longest of Stripe's own words and ids that is kept with a payment.
const MAX_STRIPE_WORD_BYTES: usize = 255;

/// The charge of the attempt that failed, which the error names for cards.
pub(super) fn failed_charge(intent: &PaymentIntent) -> Option<String> {
    let error = intent.last_payment_error.as_ref()?;
    let latest = intent.latest_charge.as_ref();
    error
        .charge
        .clone()
        .or_else(|| latest.map(|charge| charge.id().to_owned()))
        .filter(|id| id.len() <= MAX_STRIPE_WORD_BYTES)
}

/// Where it stands in Stripe's word, if that is not what is kept.
pub(super) fn new_status(payment: &Payment, intent: &PaymentIntent) -> Option<String> {
    let status = intent.status.as_str();
    let is_news = payment.stripe_status.as_deref() != Some(status);
    (is_news && status.len() <= MAX_STRIPE_WORD_BYTES).then(|| status.to_owned())
}

/// The charge that holds or took the money, if we do not know it yet.
pub(super) fn new_charge(
    payment: &Payment,
    intent: &PaymentIntent,
) -> Option<(String, Option<Timestamp>)> {
    if !matches!(intent.status, Status::RequiresCapture | Status::Succeeded) {
        return None;
    }
    let charge = intent.latest_charge.as_ref()?;
    let capture_before = charge
        .expanded()
        .and_then(|charge| Timestamp::from_second(charge.capture_before()?).ok());
    let capture_before = capture_before.or(payment.capture_before);
    let is_known = payment.charge_id.as_deref() == Some(charge.id())
        && payment.capture_before == capture_before;
    (!is_known).then(|| (charge.id().to_owned(), capture_before))
}
