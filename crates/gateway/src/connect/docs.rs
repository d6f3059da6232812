//! The public status of a store, documented. The key entry form is a page for people.

use actix_web::http::Method;

use super::status::StatusReply;
use crate::openapi::access::Access;
use crate::openapi::operation::Operation;

/// Every call about connections that is no page.
pub fn operations() -> Vec<Operation> {
    let open = Access::anyone(
        "A shop's page asks it before there is anything to sell; it tells three facts.",
    );
    vec![
        Operation::new(
            Method::GET,
            "/stripe/status/{store_id}",
            "showPublicStatus",
            open,
        )
        .says(
            "Whether a store takes payments",
            "For any page (CORS `*`), a few seconds old at most.",
        )
        .answers::<StatusReply>(200, "The status."),
    ]
}
