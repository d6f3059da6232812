//! Saved payment methods, documented.

use serde_json::json;

use super::wire::SavedReply;
use crate::links::create_link::LinkRequest;
use crate::links::docs as links;
use crate::openapi::access::API_KEY;
use crate::openapi::operation::{Operation, delete, get, post};
use crate::orders::wire::OrderReply;

/// Every call about what shoppers let the store keep.
pub fn operations() -> Vec<Operation> {
    vec![list(), charge(), give_up()]
}

fn list() -> Operation {
    get("/saved-payment-methods", "listSavedPaymentMethods", API_KEY)
        .says(
            "List what a shopper let you keep",
            "By the shopper's `email`, which is needed; newest first, at most a hundred.",
        )
        .asks(
            "email",
            "Whose.",
            json!({ "type": "string", "format": "email", "maxLength": 254 }),
            "?email=ada@example.com",
        )
        .refuses(400, &["parameter_missing", "invalid_value"])
        .answers_list::<SavedReply>("What is kept.")
}

fn charge() -> Operation {
    let path = "/saved-payment-methods/{saved_payment_method_id}/charges";
    post(path, "chargeSavedPaymentMethod", API_KEY)
        .says(
            "Pay a cart without the shopper",
            "The body is that of a payment link. 402 `authentication_required` carries a `payment_url` beside the error: send it to \
             the shopper, whose bank wants to confirm. The same call again never charges a cart twice.",
        )
        .takes::<LinkRequest>(links::example())
        .refuses(400, &["parameter_missing", "invalid_value", "cart_empty"])
        .refuses(402, &["card_declined", "authentication_required", "payment_incomplete"])
        .refuses(409, &links::OVERTAKEN)
        .refuses(410, &["link_used", "link_expired"])
        .refuses(422, &links::NOT_PAYABLE)
        .asks_stripe()
        .refuses(503, &["payment_busy"])
        .answers::<OrderReply>(201, "The order, paid or held as the store captures.")
}

fn give_up() -> Operation {
    delete(
        "/saved-payment-methods/{saved_payment_method_id}",
        "deleteSavedPaymentMethod",
        API_KEY,
    )
    .says(
        "Give up what is kept",
        "From now on it cannot be charged any more, whatever Stripe answers: where Stripe does not, the same call again tells it.",
    )
    .asks_stripe()
}
