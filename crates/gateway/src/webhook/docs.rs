//! The webhook endpoints, documented.

use actix_web::http::Method;
use serde_json::json;

use crate::openapi::access::{Access, Credential};
use crate::openapi::operation::Operation;
use crate::openapi::shapes::object;

/// Both webhook endpoints.
pub fn operations() -> Vec<Operation> {
    let endpoint = |path, id| {
        let access = Access::Needs(&[Credential::StripeSignature]);
        let received = object(&[("received", json!({ "type": "boolean", "const": true }))]);
        Operation::new(Method::POST, path, id, access)
            .takes_text(
                "application/json",
                "The event exactly as Stripe signed it, up to 1 MiB.",
                "{\"id\": \"evt_123\", \"object\": \"event\"}",
            )
            .refuses(400, &["signature_invalid", "not_an_event"])
            .refuses(415, &["unsupported_media_type"])
            .refuses(503, &["inbox_unavailable", "vault_unavailable"])
            .answers_schema(
                200,
                "Kept; duplicates and types that nobody handles too.",
                &received,
            )
    };
    vec![
        endpoint("/webhook/stripe/{store_id}", "receiveStoreEvent").says(
            "Receive a store's event",
            "The URL to enter at Stripe. The event is kept durably before the answer; its effects come afterwards.",
        ),
        endpoint("/webhook/stripe", "receiveEvent")
            .says(
                "Receive any store's event",
                "One URL for all stores: the event's own words tell whose secret must have signed it.",
            )
            .refuses(400, &["store_unknown"])
            .refuses(404, &["resource_missing"]),
    ]
}
