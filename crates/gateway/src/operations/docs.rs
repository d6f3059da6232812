//! The operators' routes, documented.

use actix_web::http::Method;
use serde_json::json;

use crate::openapi::access::{Access, Tag};
use crate::openapi::operation::Operation;
use crate::openapi::shapes::object;

/// Both of them.
pub fn operations() -> Vec<Operation> {
    let ok = || json!({ "type": "string", "const": "ok" });
    let health = Access::anyone("A load balancer has no credential, and it tells nothing.");
    vec![
        Operation::new(Method::GET, "/healthz", "showHealth", health)
            .for_callers(Tag::Operators)
            .says("Is the process alive", "")
            .answers_schema(200, "It is.", &object(&[("status", ok())])),
        Operation::new(Method::GET, "/readyz", "showReadiness", health)
            .for_callers(Tag::Operators)
            .says(
                "Can it serve",
                "Whether the database answers and has this program's schema.",
            )
            .refuses(503, &["not_migrated"])
            .answers_schema(
                200,
                "It can.",
                &object(&[
                    ("status", ok()),
                    ("database", ok()),
                    ("migrations", ok()),
                    ("vault", ok()),
                ]),
            ),
    ]
}
