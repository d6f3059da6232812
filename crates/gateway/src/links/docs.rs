//! Payment links, documented.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::complete_link::CompleteRequest;
use super::create_link::LinkRequest;
use crate::openapi::access::{Access, Credential};
use crate::openapi::operation::{Operation, post};
use crate::openapi::shapes::{object, reference};
use crate::routes::LINKS_API;

/// Whoever has the token in the path.
const HOLDER: Access = Access::Needs(&[Credential::LinkToken]);

/// What stands in the way of preparing the payment of a cart (422).
pub const NOT_PAYABLE: [&str; 7] = [
    "amount_not_positive",
    "amount_too_small",
    "amount_too_large",
    "insufficient_stock",
    "shipping_address_required",
    "shipping_not_available",
    "shipping_currency_mismatch",
];

/// What has happened meanwhile when the order of a payment is to be made (409).
pub const OVERTAKEN: [&str; 14] = [
    "link_busy",
    "link_outdated",
    "payment_mismatch",
    "payment_already_used",
    "payment_released",
    "cart_locked",
    "cart_changed",
    "checkout_outdated",
    "price_changed",
    "product_unavailable",
    "payment_action_pending",
    "account_changed",
    "store_connected_elsewhere",
    "conflict",
];

/// A cart to be paid, as an example.
pub fn example() -> Value {
    json!({
        "cart_id": "018e1b2c-0000-7000-8000-000000000001",
        "shipping_address": { "name": "Ada Example", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE" },
    })
}

/// Every call about payment links.
pub fn operations() -> Vec<Operation> {
    vec![create(), show(), complete()]
}

fn create() -> Operation {
    let access = Access::Anyone {
        because: "The cart's id is the right to have it paid.",
        or: &[Credential::ApiKey],
    };
    let link = object(&[
        ("payment_url", json!({ "type": "string", "format": "uri" })),
        ("payment_intent_id", json!({ "type": "string" })),
        (
            "expires_at",
            json!({ "type": "string", "format": "date-time" }),
        ),
    ]);
    post("/payment-links", "createPaymentLink", access)
        .says(
            "Make a payment link",
            "A page (`payment_url`) where somebody pays the cart, once, within 30 minutes. An earlier link of the cart ends with it.",
        )
        .takes::<LinkRequest>(example())
        .refuses(400, &["parameter_missing", "invalid_value", "cart_empty"])
        .refuses(402, &["card_declined"])
        .refuses(
            409,
            &[
                "cart_locked", "cart_changed", "price_changed", "product_unavailable", "payment_action_pending", "account_changed",
                "store_connected_elsewhere", "conflict",
            ],
        )
        .refuses(422, &NOT_PAYABLE)
        .refuses(422, &["shipping_method_required"])
        .asks_stripe()
        .refuses(503, &["payment_busy"])
        .answers_schema(201, "The link.", &link)
}

fn show() -> Operation {
    let link = object(&[
        ("client_secret", json!({ "type": ["string", "null"] })),
        ("publishable_key", json!({ "type": "string" })),
        ("amount", reference("schemas", "Amount")),
        ("currency", reference("schemas", "Currency")),
        ("email", json!({ "type": ["string", "null"] })),
    ]);
    Operation::new(Method::GET, LINKS_API, "showPaymentLink", HOLDER)
        .says(
            "Show a payment link",
            "What Stripe.js needs to pay it; never an address.",
        )
        .refuses(402, &["card_declined"])
        .refuses(
            409,
            &[
                "link_busy",
                "link_outdated",
                "account_changed",
                "store_connected_elsewhere",
            ],
        )
        .refuses(410, &["link_used", "link_expired"])
        .refuses(429, &["rate_limit"])
        .asks_stripe()
        .answers_schema(200, "The link.", &link)
}

fn complete() -> Operation {
    let done = object(&[
        ("status", json!({ "type": "string", "const": "completed" })),
        ("payment_intent_id", json!({ "type": "string" })),
        ("order_id", reference("schemas", "Id")),
    ]);
    Operation::new(Method::POST, format!("{LINKS_API}/complete"), "completePaymentLink", HOLDER)
        .says(
            "Complete a payment link",
            "Makes the order of what was paid, once. A passing failure gives the link back; sold out is 422, and the money is given free.",
        )
        .takes::<CompleteRequest>(json!({ "payment_intent_id": "pi_123" }))
        .with_idempotency()
        .refuses(400, &["invalid_value", "cart_empty"])
        .refuses(402, &["payment_incomplete", "card_declined"])
        .refuses(409, &OVERTAKEN)
        .refuses(410, &["link_used", "link_expired"])
        .refuses(
            422,
            &["insufficient_stock", "amount_not_positive", "shipping_address_required", "shipping_not_available", "shipping_currency_mismatch"],
        )
        .refuses(429, &["rate_limit"])
        .asks_stripe()
        .refuses(503, &["payment_busy"])
        .answers_schema(200, "The order is made.", &done)
}
