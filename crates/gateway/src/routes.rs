//! The whole HTTP surface as one table, by caller. From a row here no effect is more than three files away.
//!
//! A new row needs two more places, and tests fail without them: an `Operation` in the `docs` module of its feature (method,
//! path, who may call, what it takes and answers), which makes `/openapi.json`, `/docs`, the contract tester's calls and the
//! matrix of wrong credentials; and a line in `tests/it/surface.rs`. Types that are parsed or answered derive `ToSchema`, with
//! their bounds. A page for browsers stands in `openapi::PAGES` instead.

mod row;

use actix_web::HttpResponse;
use actix_web::error::QueryPayloadError;
use actix_web::http::Method;
use actix_web::web::{self, QueryConfig, ServiceConfig};

use actix_web::middleware::from_fn;

use self::row::{Row, delete, get, on, patch, post, put, register};
use crate::error::ApiError;
use crate::middleware::cors::answer_cors;
use crate::middleware::idempotency;
use crate::middleware::rate_limit::{limit_links, limit_store_api};
use crate::{
    checkout, connect, events, internal, links, openapi, operations, orders, payment_methods,
    refunds, saved_payment_methods, shipping, storefront, timeline, webhook,
};

/// Registers every route.
pub fn configure(config: &mut ServiceConfig) {
    config.app_data(QueryConfig::default().error_handler(|error, _| bad_query(&error).into()));
    let internal = web::scope(INTERNAL_API)
        .wrap(from_fn(idempotency::honour_for_internal))
        .configure(|config| register(config, internal_api()));
    let store = web::scope(STORE_API)
        // Innermost first: too many calls cost no row, and every refusal can be read by the store's own pages.
        .wrap(from_fn(idempotency::honour_for_stores))
        .wrap(from_fn(limit_store_api))
        .wrap(from_fn(answer_cors))
        .configure(|config| {
            register(config, store_api());
            register(config, orders_api());
        });
    let links = web::scope(LINKS_API)
        .wrap(from_fn(idempotency::honour_for_links))
        .wrap(from_fn(limit_links))
        .wrap(from_fn(answer_cors))
        .configure(|config| register(config, links_api()));
    register(config, open_routes());
    config.service(internal).service(store).service(links);
}

/// Where other back-end services of the deployment call.
pub const INTERNAL_API: &str = "/api/internal";
/// Where storefronts and merchants' back ends call.
pub const STORE_API: &str = "/api/v1/stores/{store_id}";

/// Where whoever holds a payment link calls.
pub const LINKS_API: &str = "/api/v1/payment-links/{link_token}";

/// Every method of every path of the surface, as they are registered.
pub fn surface() -> Vec<(Method, String)> {
    let below = |prefix: &'static str, rows: Vec<Row>| {
        rows.into_iter().flat_map(move |row| {
            let path = format!("{prefix}{}", row.path);
            let methods = row.entries.into_iter().map(|(method, _)| method);
            methods
                .map(move |method| (method, path.clone()))
                .collect::<Vec<_>>()
        })
    };
    below("", open_routes())
        .chain(below(INTERNAL_API, internal_api()))
        .chain(below(STORE_API, store_api()))
        .chain(below(STORE_API, orders_api()))
        .chain(below(LINKS_API, links_api()))
        .collect()
}

/// What stands under neither API.
fn open_routes() -> Vec<Row> {
    vec![
        // Operators
        on("/healthz", [get(operations::show_health)]),
        on("/readyz", [get(operations::show_readiness)]),
        // Stripe, with a signature made with the store's own secret
        on(
            "/webhook/stripe/{store_id}",
            [post(webhook::receive::receive_for_store)],
        ),
        on("/webhook/stripe", [post(webhook::shared::receive_shared)]),
        // Merchants in a browser, with a connect token
        on(
            "/stripe/connect",
            [
                get(connect::form::show_form),
                post(connect::submit::submit_keys),
            ],
        ),
        on(
            "/stripe/success/{store_id}",
            [get(connect::success::show_success)],
        ),
        on(
            "/stripe/status/{store_id}",
            [get(connect::status::show_status)],
        ),
        on("/portal/sign-in", [get(connect::sign_in::show_sign_in)]),
        // Shoppers in a browser, with a checkout token
        on(
            "/checkout/{checkout_token}",
            [get(checkout::page::show_checkout_page)],
        ),
        on(
            "/payment/success",
            [get(checkout::result::show_payment_result)],
        ),
        on(
            "/payment/cancel",
            [get(checkout::result::show_payment_cancelled)],
        ),
        // Whoever holds a payment link
        on("/pay/{link_token}", [get(links::page::show_link_page)]),
        // Anyone
        on("/openapi.json", [get(openapi::show_document)]),
        on("/docs", [get(openapi::page::show_page)]),
        on("/demo", [get(storefront::demo::show_demo)]),
        on("/widget.js", [get(storefront::static_files::show_widget)]),
        on(
            "/static/{path:.*}",
            [get(storefront::static_files::show_static)],
        ),
    ]
}

/// Other back-end services of the deployment, with `X-Internal-Secret`.
fn internal_api() -> Vec<Row> {
    vec![
        on("/stores", [post(internal::create_store::create_store)]),
        on(
            "/stores/{store_id}",
            [
                get(internal::show_store::show_store),
                patch(internal::update_store::update_store),
            ],
        ),
        on(
            "/stores/{store_id}/stripe-status",
            [get(internal::stripe_status::show_stripe_status)],
        ),
        on(
            "/stores/{store_id}/connect-links",
            [post(internal::connect_links::create_connect_link)],
        ),
        on(
            "/stores/{store_id}/api-keys",
            [post(internal::create_api_key::create_api_key)],
        ),
        on(
            "/orders/{order_id}",
            [get(internal::show_order::show_order)],
        ),
    ]
}

/// Whoever holds a payment link, by its token alone.
fn links_api() -> Vec<Row> {
    vec![
        on("", [get(links::show_link::show_link)]),
        on("/complete", [post(links::complete_link::complete_link)]),
    ]
}

/// Storefronts (cart ids and tokens) and merchants' back ends (API keys), under the store's id.
fn store_api() -> Vec<Row> {
    vec![
        on(
            "/products",
            [
                get(storefront::list_products::list_products),
                post(storefront::create_product::create_product),
            ],
        ),
        on(
            "/products.csv",
            [get(storefront::csv::export::export_products)],
        ),
        on(
            "/products/import",
            [post(storefront::csv::import::import_products)],
        ),
        on(
            "/products/{product_id}",
            [
                get(storefront::show_product::show_product),
                patch(storefront::update_product::update_product),
                delete(storefront::delete_product::delete_product),
            ],
        ),
        on(
            "/shipping-methods",
            [
                get(shipping::list_methods::list_methods),
                post(shipping::create_method::create_method),
            ],
        ),
        on(
            "/shipping-methods/{method_id}",
            [
                patch(shipping::update_method::update_method),
                delete(shipping::delete_method::delete_method),
            ],
        ),
        on(
            "/payment-methods",
            [
                get(payment_methods::list_methods::list_methods),
                post(payment_methods::create_method::create_method),
            ],
        ),
        on(
            "/payment-methods/{method_id}",
            [
                patch(payment_methods::update_method::update_method),
                delete(payment_methods::delete_method::delete_method),
            ],
        ),
        on("/carts", [post(storefront::create_cart::create_cart)]),
        on("/carts/{cart_id}", [get(storefront::show_cart::show_cart)]),
        on(
            "/carts/{cart_id}/items",
            [put(storefront::replace_cart_items::replace_cart_items)],
        ),
        on(
            "/checkouts",
            [post(checkout::create_checkout::create_checkout)],
        ),
        on(
            "/checkouts/{checkout_id}",
            [get(checkout::show_checkout::show_checkout)],
        ),
        on(
            "/payment-intents",
            [post(checkout::create_payment_intent::create_payment_intent)],
        ),
        on("/payment-links", [post(links::create_link::create_link)]),
        on(
            "/payments/{payment_intent_id}",
            [get(checkout::show_payment::show_payment)],
        ),
    ]
}

/// What becomes of carts, under the store's id: orders, their money, and what Stripe tells of it.
fn orders_api() -> Vec<Row> {
    vec![
        on(
            "/orders",
            [
                get(orders::list_orders::list_orders),
                post(orders::create_order::create_order),
            ],
        ),
        on("/orders/{order_id}", [get(orders::show_order::show_order)]),
        on(
            "/orders/{order_id}/timeline",
            [get(timeline::show_timeline::show_timeline)],
        ),
        on(
            "/orders/{order_id}/mark-paid",
            [post(orders::mark_paid::mark_paid)],
        ),
        on(
            "/orders/{order_id}/restock",
            [post(orders::restock::restock)],
        ),
        on(
            "/orders/{order_id}/status",
            [post(orders::update_status::update_status)],
        ),
        on(
            "/orders/{order_id}/capture",
            [post(orders::capture_order::capture_order)],
        ),
        on(
            "/orders/{order_id}/cancel",
            [post(orders::cancel_order::cancel_order)],
        ),
        on(
            "/orders/{order_id}/refunds",
            [
                get(refunds::list_refunds::list_refunds),
                post(refunds::create_refund::create_refund),
            ],
        ),
        on(
            "/saved-payment-methods",
            [get(saved_payment_methods::list_saved::list_saved)],
        ),
        on(
            "/saved-payment-methods/{saved_payment_method_id}",
            [delete(saved_payment_methods::delete_saved::delete_saved)],
        ),
        on(
            "/saved-payment-methods/{saved_payment_method_id}/charges",
            [post(saved_payment_methods::charge_saved::charge_saved)],
        ),
        on("/events", [get(events::list_events::list_events)]),
        on(
            "/events/replay",
            [post(events::replay_events::replay_events)],
        ),
        on("/events/{event_id}", [get(events::show_event::show_event)]),
        on(
            "/events/{event_id}/replay",
            [post(events::replay_event::replay_event)],
        ),
    ]
}

/// 400 for a query that cannot be read, such as one that names a parameter twice.
fn bad_query(error: &QueryPayloadError) -> ApiError {
    ApiError::malformed(
        "invalid_query",
        "The query cannot be read. Send each parameter once.",
    )
    .caused_by(error.to_string())
}

/// 404 for paths that are in no row.
pub async fn unknown_path() -> Result<HttpResponse, ApiError> {
    Err(ApiError::unknown_path())
}
