//! Shipping methods, documented.

use serde_json::json;

use super::wire::{ShippingMethodFields, ShippingMethodReply};
use crate::openapi::access::{API_KEY, Access};
use crate::openapi::operation::{Operation, delete, get, patch, post};

/// Every call about shipping methods.
pub fn operations() -> Vec<Operation> {
    let open = Access::anyone("Shoppers choose one before they tell who they are.");
    let example =
        json!({ "name": "Parcel", "amount": 490, "currency": "eur", "countries": ["DE", "AT"] });
    let wrong = ["invalid_value", "invalid_currency", "invalid_amount"];
    vec![
        get("/shipping-methods", "listShippingMethods", open)
            .says(
                "List shipping methods",
                "What the store offers, oldest first. One without `countries` goes everywhere.",
            )
            .answers_list::<ShippingMethodReply>("All of them."),
        post("/shipping-methods", "createShippingMethod", API_KEY)
            .says(
                "Add a shipping method",
                "`name` and `amount` are required. A store offers at most 100.",
            )
            .takes::<ShippingMethodFields>(example)
            .refuses(400, &wrong)
            .refuses(400, &["parameter_missing"])
            .refuses(422, &["too_many_methods"])
            .answers::<ShippingMethodReply>(201, "The method."),
        patch(
            "/shipping-methods/{method_id}",
            "updateShippingMethod",
            API_KEY,
        )
        .says(
            "Change a shipping method",
            "Changes only what it names. Checkouts and orders that have it keep their price.",
        )
        .takes::<ShippingMethodFields>(json!({ "amount": 590 }))
        .refuses(400, &wrong)
        .answers::<ShippingMethodReply>(200, "The method as it is now."),
        delete(
            "/shipping-methods/{method_id}",
            "deleteShippingMethod",
            API_KEY,
        )
        .says(
            "Delete a shipping method",
            "Orders keep what they say; shoppers can no longer choose it.",
        ),
    ]
}
