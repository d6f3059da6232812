//! The internal API, documented.

use actix_web::http::Method;
use serde_json::json;

use super::connect_links::{ConnectLinkFields, ConnectLinkReply};
use super::create_api_key::{ApiKeyFields, ApiKeyReply};
use super::store_wire::{NewStoreFields, StoreFields, StoreReply};
use super::stripe_status::StripeStatusReply;
use crate::openapi::operation::Operation;
use crate::orders::docs::MerchantOrder;

/// Every call of the internal API.
pub fn operations() -> Vec<Operation> {
    let wrong = ["invalid_value", "invalid_currency"];
    vec![
        Operation::internal(Method::POST, "/stores", "createStore")
            .says(
                "Make a store",
                "One for each shop of your platform. Nothing is connected yet.",
            )
            .takes::<NewStoreFields>(json!({
                "name": "Example Roastery", "return_origins": ["https://shop.example.com"],
            }))
            .refuses(400, &wrong)
            .refuses(400, &["parameter_missing"])
            .answers::<StoreReply>(201, "The store."),
        Operation::internal(Method::GET, "/stores/{store_id}", "showStore")
            .says("Show a store", "")
            .answers::<StoreReply>(200, "The store."),
        Operation::internal(Method::PATCH, "/stores/{store_id}", "updateStore")
            .says(
                "Change a store",
                "Changes only what it names. `active_mode` must be connected.",
            )
            .takes::<StoreFields>(json!({ "return_origins": ["https://shop.example.com"] }))
            .refuses(400, &wrong)
            .refuses(409, &["store_not_connected", "conflict"])
            .answers::<StoreReply>(200, "The store as it is now."),
        Operation::internal(
            Method::GET,
            "/stores/{store_id}/stripe-status",
            "showStripeStatus",
        )
        .says(
            "Show a store's connections",
            "All that may be known of them; never a secret.",
        )
        .answers::<StripeStatusReply>(200, "The connections."),
        Operation::internal(
            Method::POST,
            "/stores/{store_id}/connect-links",
            "createConnectLink",
        )
        .says(
            "Make a connect link",
            "For a \"Connect payments\" button: opens the key entry form once, within 15 minutes.",
        )
        .may_take::<ConnectLinkFields>(json!({ "return_url": "https://shop.example.com/settings" }))
        .refuses(400, &["invalid_value"])
        .answers::<ConnectLinkReply>(201, "The link."),
        Operation::internal(Method::POST, "/stores/{store_id}/api-keys", "createApiKey")
            .says(
                "Make an API key",
                "For the shop's back end. `key` is shown this once.",
            )
            .takes::<ApiKeyFields>(json!({ "mode": "test", "label": "shop back end" }))
            .refuses(400, &["invalid_value", "parameter_missing"])
            .answers::<ApiKeyReply<'static>>(201, "The key."),
        Operation::internal(Method::GET, "/orders/{order_id}", "showAnyOrder")
            .says(
                "Show an order of any store",
                "By our own record, without asking Stripe.",
            )
            .answers::<MerchantOrder>(200, "The order."),
    ]
}
