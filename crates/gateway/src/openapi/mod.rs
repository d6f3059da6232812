//! The API's own description: one [`Operation`] for each call, made into an OpenAPI document (`/openapi.json`) and a page
//! for people (`/docs`).
//!
//! The operations stand in the features' `docs` modules; the schemas are derived from the types that requests are parsed
//! into and answers are made of. Tests hold the operations against the table of routes, in both directions.

use std::sync::LazyLock;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

pub mod access;
pub mod curl;
pub mod document;
pub mod fields;
pub mod operation;
pub mod page;
pub mod shapes;
pub mod text;
pub mod view;
pub mod words;

use operation::Operation;

use crate::storefront::static_files;
use crate::{
    checkout, connect, events, internal, links, operations, orders, payment_methods, refunds,
    saved_payment_methods, shipping, storefront, timeline, webhook,
};

/// Every documented call, in the order of the page.
pub fn operations() -> Vec<Operation> {
    [
        storefront::docs::operations(),
        shipping::docs::operations(),
        payment_methods::docs::operations(),
        checkout::docs::operations(),
        links::docs::operations(),
        saved_payment_methods::docs::operations(),
        orders::docs::operations(),
        timeline::docs::operations(),
        refunds::docs::operations(),
        events::docs::operations(),
        connect::docs::operations(),
        internal::docs::operations(),
        webhook::docs::operations(),
        operations::docs::operations(),
    ]
    .concat()
}

/// Routes without a place in the document, because they are pages, scripts and pictures for browsers.
pub const PAGES: [&str; 12] = [
    "/stripe/connect",
    "/stripe/success/{store_id}",
    "/portal/sign-in",
    "/checkout/{checkout_token}",
    "/payment/success",
    "/payment/cancel",
    "/demo",
    "/docs",
    "/openapi.json",
    "/widget.js",
    "/static/{path:.*}",
    "/pay/{link_token}",
];

/// The document; it depends on the program only, so it is made once.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::assemble(&operations()));

static BYTES: LazyLock<Bytes> = LazyLock::new(|| DOCUMENT.to_string().into());

/// `GET /openapi.json`, for anyone and from any page.
pub async fn show_document(request: HttpRequest) -> HttpResponse {
    static_files::answer(&request, "application/json", BYTES.clone())
}
