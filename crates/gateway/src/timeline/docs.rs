//! The story of an order, documented.

use super::show_timeline::TimelineReply;
use crate::openapi::access::API_KEY;
use crate::openapi::operation::{Operation, get};

/// The one call about it.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/orders/{order_id}/timeline", "showTimeline", API_KEY)
            .says(
                "Why is it pending?",
                "Everything that happened to the order, oldest first, each with its cause (`cause`, `cause_id`) and every call to \
                 Stripe with its request id; and in one sentence what the order waits for (`waits_for`, `null` if for nothing).",
            )
            .answers::<TimelineReply>(200, "The story."),
    ]
}
