//! Stripe's objects: what is stored, and how each is rendered in the API version of [`crate::API_VERSION`].

mod balance_transaction;
mod charge;
mod event;
mod event_types;
mod payment_intent;
mod payment_method;
mod refund;
mod setup_intent;
mod webhook_endpoint;

pub(crate) use balance_transaction::{BalanceTransaction, Movement};
pub(crate) use charge::{Charge, ChargeResult, HOLD_SECONDS, ThreeDSecure};
pub(crate) use event::Event;
pub(crate) use event_types::EVENT_TYPES;
pub(crate) use payment_intent::{CaptureMethod, ECHOED, PaymentIntent, Status};
pub(crate) use payment_method::PaymentMethod;
pub(crate) use refund::{Refund, RefundStatus};
pub(crate) use setup_intent::{SETUP_ECHOED, SetupIntent, SetupStatus};
pub(crate) use webhook_endpoint::WebhookEndpoint;

use serde_json::{Map, Value};

/// Stripe's rule for metadata: names are added or replaced, an empty value removes its name, and
/// clearing the whole removes all. Source: Stripe docs, "Metadata".
pub(crate) fn merge_metadata(metadata: &mut Map<String, Value>, change: Option<&Value>) {
    match change {
        Some(Value::Object(change)) => {
            for (name, value) in change {
                if value.as_str() == Some("") {
                    metadata.shift_remove(name);
                } else {
                    metadata.insert(name.clone(), value.clone());
                }
            }
        }
        Some(_) => metadata.clear(),
        None => {}
    }
}
