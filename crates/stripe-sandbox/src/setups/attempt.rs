//! Attempts to set a card up. Source: Stripe API reference, "The `SetupAttempt` object".

use serde_json::{Value, json};

use crate::ids;
use crate::objects::ThreeDSecure;
use crate::state::Ledger;
use crate::v1::Origin;

pub(super) const ATTEMPT: &str = "setup_attempt";

/// Notes that a set-up is tried with its payment method.
pub(super) fn begin(ledger: &mut Ledger, id: &str, status: &str, origin: &Origin) {
    let Some(intent) = ledger.setup_intents.get_mut(id) else {
        return;
    };
    let attempt_id = ids::object("setatt");
    intent.latest_attempt = Some(attempt_id.clone());
    let method = intent.payment_method.as_deref().unwrap_or_default();
    let card = ledger
        .payment_methods
        .get(method)
        .map_or(Value::Null, |method| method.render()["card"].clone());
    let attempt = json!({
        "id": attempt_id,
        "object": ATTEMPT,
        "created": origin.now,
        "customer": intent.customer,
        "livemode": intent.livemode,
        "payment_method": method,
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "checks": card["checks"],
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "last4": card["last4"],
                "network": card["brand"],
                "three_d_secure": null,
            },
            "type": "card",
        },
        "setup_intent": id,
        "status": status,
        "usage": intent.usage,
    });
    if let Value::Object(attempt) = attempt {
        ledger.documents.insert(attempt);
    }
}

/// Notes how the latest attempt has ended.
pub(super) fn end(
    ledger: &mut Ledger,
    id: &str,
    status: &str,
    three_d_secure: Option<ThreeDSecure>,
    error: Value,
) {
    let latest = ledger
        .setup_intents
        .get(id)
        .and_then(|intent| intent.latest_attempt.clone());
    let Some(attempt) = latest.and_then(|latest| ledger.documents.get_mut(ATTEMPT, &latest)) else {
        return;
    };
    attempt.insert("status".to_owned(), Value::from(status));
    attempt.insert("setup_error".to_owned(), error);
    if let Some(details) = attempt.get_mut("payment_method_details") {
        details["card"]["three_d_secure"] =
            three_d_secure.map_or(Value::Null, ThreeDSecure::render);
    }
}
