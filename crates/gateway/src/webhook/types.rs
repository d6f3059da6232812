//! Which events we want from Stripe, and what each is about.

use stripe_http::PaymentIntentId;
use stripe_http::webhook::Event;

/// The event types that we handle ("Types of events"): the endpoints that we register ask for exactly these, the reconciler
/// lists exactly these, and a merchant who adds the endpoint by hand selects them.
pub const HANDLED_EVENTS: [&str; 7] = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.amount_capturable_updated",
    "payment_intent.requires_action",
    // Made and cancelled once at connect: it proves that deliveries arrive.
    "setup_intent.canceled",
];

/// The `PaymentIntent` that an event is about, for the event types that can change a payment's state.
pub fn payment_intent_id(event: &Event) -> Option<String> {
    let object = &event.object;
    let is_intent = event.kind.starts_with("payment_intent.")
        && object.object.as_deref() == Some("payment_intent");
    object
        .id
        .clone()
        .filter(|id| is_intent && PaymentIntentId::parse(id.clone()).is_ok())
}
