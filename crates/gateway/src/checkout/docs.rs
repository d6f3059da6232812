//! Checkouts and payments, documented.

use serde_json::{Value, json};

use super::create_checkout::CheckoutRequest;
use super::create_payment_intent::IntentRequest;
use super::show_payment::STATUSES;
use crate::openapi::access::{Access, Credential};
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::shapes::{nullable, object, reference};
use crate::openapi::words::{Amount, Currency, Id, OrderStatusWord, PaymentStatusWord};
use crate::storefront::cart_wire::LineReply;

/// Every call about checkouts and payments.
pub fn operations() -> Vec<Operation> {
    vec![
        create_checkout(),
        show_checkout(),
        create_intent(),
        show_payment(),
    ]
}

fn schema(name: &str) -> Value {
    reference("schemas", name)
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn create_checkout() -> Operation {
    let open = Access::anyone("The cart's id is the right to check it out.");
    post("/checkouts", "createCheckout", open)
        .says(
            "Open a checkout",
            "Answers with the address of a page that takes the money (`checkout_url`): send the shopper there. It lives 30 minutes and \
             keeps the prices that it was opened with. `success_url` and `cancel_url` must be at an origin that the store allows.",
        )
        .takes::<CheckoutRequest>(json!({
            "cart_id": "018e1b2c-0000-7000-8000-000000000001", "email": "shopper@example.com",
        }))
        .refuses(400, &["invalid_value", "invalid_url", "cart_empty"])
        .refuses(
            409,
            &["store_not_connected", "cart_locked", "price_changed", "product_unavailable", "conflict"],
        )
        .refuses(
            422,
            &["amount_not_positive", "amount_too_large", "shipping_not_available", "shipping_currency_mismatch"],
        )
        .answers_schema(
            201,
            "The checkout.",
            &object(&[
                ("id", schema("Id")),
                ("checkout_token", text()),
                ("checkout_url", json!({ "type": "string", "format": "uri" })),
                ("amount", schema("Amount")),
                ("currency", schema("Currency")),
                ("expires_at", json!({ "type": "string", "format": "date-time" })),
            ]),
        )
        .knows::<Id>()
        .knows::<Amount>()
        .knows::<Currency>()
}

fn show_checkout() -> Operation {
    let order = object(&[
        ("id", schema("Id")),
        ("number", text()),
        ("status", schema("OrderStatusWord")),
        ("payment_status", schema("PaymentStatusWord")),
        ("amount", schema("Amount")),
        ("currency", schema("Currency")),
        ("payment_intent_id", json!({ "type": ["string", "null"] })),
    ]);
    let shipping = object(&[("method_id", schema("Id")), ("amount", schema("Amount"))]);
    let access = Access::Needs(&[Credential::CheckoutToken]);
    get("/checkouts/{checkout_id}", "showCheckout", access)
        .says(
            "Show a checkout",
            "Whether it is `open`, `completed` or `expired`, and its order once there is one. The token reads it for a day after its end.",
        )
        .refuses(401, &["checkout_token_invalid"])
        .answers_schema(
            200,
            "The checkout.",
            &object(&[
                ("id", schema("Id")),
                ("status", json!({ "type": "string", "enum": ["open", "completed", "expired"] })),
                ("amount", schema("Amount")),
                ("currency", schema("Currency")),
                ("items", json!({ "type": "array", "items": schema("Line") })),
                ("shipping", nullable(&shipping)),
                ("order", nullable(&order)),
            ]),
        )
        .knows::<LineReply>()
        .knows::<OrderStatusWord>()
        .knows::<PaymentStatusWord>()
}

fn create_intent() -> Operation {
    let access = Access::Needs(&[
        Credential::CheckoutToken,
        Credential::OrderToken,
        Credential::ApiKey,
    ]);
    let intent = object(&[
        ("id", text()),
        ("client_secret", json!({ "type": ["string", "null"] })),
        ("publishable_key", text()),
        ("amount", schema("Amount")),
        ("currency", schema("Currency")),
        ("status", text()),
        ("save_payment_method", json!({ "type": "boolean" })),
    ]);
    post("/payment-intents", "createPaymentIntent", access)
        .says(
            "Prepare a payment",
            "For a cart (`cart_id`, with the checkout token; its money is held and taken later), for an order (`order_id`, with the \
             order token), or for any `amount` (with an API key): exactly one of them. Give `client_secret` and `publishable_key` to \
             Stripe.js. The same cart or order gets the same PaymentIntent again, so nothing is charged twice. `save_payment_method` is \
             the shopper's consent that you keep the card; in the answer it tells whether it is kept.",
        )
        .takes::<IntentRequest>(json!({ "cart_id": "018e1b2c-0000-7000-8000-000000000001" }))
        .refuses(400, &["parameter_missing", "invalid_value", "invalid_currency", "invalid_amount", "cart_empty"])
        .refuses(
            401,
            &["order_token_required", "checkout_token_required", "api_key_required", "checkout_token_invalid"],
        )
        .refuses(402, &["card_declined"])
        .refuses(
            409,
            &[
                "order_cancelled", "order_not_payable_by_card", "cart_locked", "cart_changed", "checkout_outdated", "price_changed",
                "product_unavailable", "account_changed", "store_connected_elsewhere", "payment_action_pending",
            ],
        )
        .refuses(410, &["checkout_expired"])
        .refuses(
            422,
            &[
                "amount_not_positive", "amount_too_small", "amount_too_large", "insufficient_stock", "shipping_method_required", "shipping_not_available",
                "shipping_currency_mismatch",
            ],
        )
        .asks_stripe()
        .refuses(503, &["payment_busy"])
        .answers_schema(200, "The PaymentIntent that is there already.", &intent)
        .answers_schema(201, "A new PaymentIntent.", &intent)
}

fn show_payment() -> Operation {
    let access = Access::Needs(&[
        Credential::OrderToken,
        Credential::LinkToken,
        Credential::ApiKey,
    ]);
    get("/payments/{payment_intent_id}", "showPayment", access)
        .says(
            "Show a payment",
            "Where it stands in Stripe's words, looked up at Stripe if it is not settled. `requires_action`: the shopper has to pass 3-D Secure \
             or a step of the payment method. `processing`: the bank is at work; do not ask for another card. 404 to everybody whose payment \
             it is not. An API key also gets `dashboard_url`: the payment in Stripe's dashboard.",
        )
        .answers_schema(
            200,
            "The payment.",
            &object(&[
                ("id", text()),
                (
                    "status",
                    json!({ "type": "string", "enum": STATUSES }),
                ),
                (
                    "payment_link_status",
                    json!({ "type": ["string", "null"], "enum": ["open", "completing", "completed", "closed", "expired", null] }),
                ),
                ("order_id", nullable(&schema("Id"))),
            ]),
        )
}
