//! Payment methods, documented.

use serde_json::json;

use super::wire::{ManualMethodReply, PaymentMethodFields, PaymentMethodReply};
use crate::openapi::access::{API_KEY, Access};
use crate::openapi::operation::{Operation, delete, get, patch, post};

/// Every call about payment methods.
pub fn operations() -> Vec<Operation> {
    let open = Access::anyone("Shoppers choose one before they tell who they are.");
    let example = json!({
        "name": "Bank transfer", "description": "To DE00 1234 5678",
        "translations": { "de": { "name": "Überweisung", "description": "An DE00 1234 5678" } },
    });
    vec![
        get("/payment-methods", "listPaymentMethods", open)
            .says(
                "List payment methods",
                "`stripe` where the store is connected, then the store's own, in the reader's language.",
            )
            .header(
                "Accept-Language",
                "The reader's languages, as browsers send them.",
                json!({ "type": "string", "maxLength": 1000 }),
            )
            .answers_list::<PaymentMethodReply>("All of them."),
        post("/payment-methods", "createPaymentMethod", API_KEY)
            .says(
                "Add a payment method",
                "A way to pay beside Stripe, such as bank transfer. `name` is required. Orders by it are marked paid by hand.",
            )
            .takes::<PaymentMethodFields>(example)
            .refuses(400, &["invalid_value", "parameter_missing"])
            .refuses(422, &["too_many_methods"])
            .answers::<ManualMethodReply>(201, "The method, with every translation."),
        patch("/payment-methods/{method_id}", "updatePaymentMethod", API_KEY)
            .says("Change a payment method", "Changes only what it names; `translations` are replaced as a whole.")
            .takes::<PaymentMethodFields>(json!({ "name": "Prepayment" }))
            .refuses(400, &["invalid_value"])
            .answers::<ManualMethodReply>(200, "The method as it is now."),
        delete("/payment-methods/{method_id}", "deletePaymentMethod", API_KEY).says(
            "Delete a payment method",
            "Orders keep what they say; shoppers can no longer choose it.",
        ),
    ]
}
