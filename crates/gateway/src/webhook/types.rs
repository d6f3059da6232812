//! Which events we want from Stripe, and what each is about.

use stripe_http::PaymentIntentId;
use stripe_http::webhook::Event;

/// The event types that we handle ("Types of events"): the endpoints that we register ask for exactly these, the reconciler
/// lists exactly these, and a merchant who adds the endpoint by hand selects them.
pub const HANDLED_EVENTS: [&str; 18] = [
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.processing",
    "payment_intent.amount_capturable_updated",
    "payment_intent.requires_action",
    // Captures, refunds and disputes, also those made in Stripe's dashboard.
    "charge.captured",
    "charge.expired",
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    // Made and cancelled once at connect: it proves that deliveries arrive.
    "setup_intent.canceled",
];

/// The `PaymentIntent` that an event is about, for the event types that can change a payment's state.
pub fn payment_intent_id(event: &Event) -> Option<String> {
    let object = &event.object;
    let kind = event.kind.as_str();
    let is_of_payment = kind.starts_with("payment_intent.");
    let id = match object.object.as_deref() {
        Some("payment_intent") if is_of_payment => object.id.as_ref(),
        // Others of these change nothing that we keep, and each costs a call to Stripe.
        Some("charge" | "refund" | "dispute")
            if !is_of_payment && HANDLED_EVENTS.contains(&kind) =>
        {
            object.payment_intent.as_ref()
        }
        _ => None,
    };
    id.filter(|id| PaymentIntentId::parse(id.as_str()).is_ok())
        .cloned()
}
