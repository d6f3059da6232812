//! The whole HTTP surface as one table, by caller. From a row here no effect is more than three files away.

use actix_web::dev::HttpServiceFactory;
use actix_web::error::QueryPayloadError;
use actix_web::http::Method;
use actix_web::web::{self, QueryConfig, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

use actix_web::middleware::from_fn;

use crate::error::ApiError;
use crate::middleware::cors::answer_cors;
use crate::middleware::idempotency;
use crate::middleware::rate_limit::{limit_links, limit_store_api};
use crate::{
    checkout, connect, events, internal, links, operations, orders, payment_methods, refunds,
    shipping, storefront, timeline, webhook,
};

/// Registers every route.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(QueryConfig::default().error_handler(|error, _| bad_query(&error).into()))
        // Operators
        .service(on("/healthz", [get(operations::show_health)]))
        .service(on("/readyz", [get(operations::show_readiness)]))
        // Stripe, with a signature made with the store's own secret
        .service(on(
            "/webhook/stripe/{store_id}",
            [post(webhook::receive::receive_for_store)],
        ))
        .service(on(
            "/webhook/stripe",
            [post(webhook::shared::receive_shared)],
        ))
        // Merchants in a browser, with a connect token
        .service(on(
            "/stripe/connect",
            [
                get(connect::form::show_form),
                post(connect::submit::submit_keys),
            ],
        ))
        .service(on(
            "/stripe/success/{store_id}",
            [get(connect::success::show_success)],
        ))
        .service(on(
            "/stripe/status/{store_id}",
            [get(connect::status::show_status)],
        ))
        .service(on("/portal/sign-in", [get(connect::sign_in::show_sign_in)]))
        // Shoppers in a browser, with a checkout token
        .service(on(
            "/checkout/{checkout_token}",
            [get(checkout::page::show_checkout_page)],
        ))
        .service(on(
            "/payment/success",
            [get(checkout::result::show_payment_result)],
        ))
        .service(on(
            "/payment/cancel",
            [get(checkout::result::show_payment_cancelled)],
        ))
        // Whoever holds a payment link
        .service(on("/pay/{link_token}", [get(links::page::show_link_page)]))
        // Anyone
        .service(on("/demo", [get(storefront::demo::show_demo)]))
        .service(on(
            "/widget.js",
            [get(storefront::static_files::show_widget)],
        ))
        .service(on(
            "/static/{path:.*}",
            [get(storefront::static_files::show_static)],
        ))
        .service(internal_api())
        .service(store_api())
        .service(links_api());
}

/// Other back-end services of the deployment, with `X-Internal-Secret`.
fn internal_api() -> impl HttpServiceFactory {
    web::scope("/api/internal")
        .wrap(from_fn(idempotency::honour_for_internal))
        .service(on("/stores", [post(internal::create_store::create_store)]))
        .service(on(
            "/stores/{store_id}",
            [
                get(internal::show_store::show_store),
                patch(internal::update_store::update_store),
            ],
        ))
        .service(on(
            "/stores/{store_id}/stripe-status",
            [get(internal::stripe_status::show_stripe_status)],
        ))
        .service(on(
            "/stores/{store_id}/connect-links",
            [post(internal::connect_links::create_connect_link)],
        ))
        .service(on(
            "/stores/{store_id}/api-keys",
            [post(internal::create_api_key::create_api_key)],
        ))
        .service(on(
            "/orders/{order_id}",
            [get(internal::show_order::show_order)],
        ))
}

/// Whoever holds a payment link, by its token alone.
fn links_api() -> impl HttpServiceFactory {
    web::scope("/api/v1/payment-links/{link_token}")
        .wrap(from_fn(idempotency::honour_for_links))
        .wrap(from_fn(limit_links))
        .wrap(from_fn(answer_cors))
        .service(on("", [get(links::show_link::show_link)]))
        .service(on("/complete", [post(links::complete_link::complete_link)]))
}

/// Storefronts (cart ids and tokens) and merchants' back ends (API keys), under the store's id.
fn store_api() -> impl HttpServiceFactory {
    web::scope("/api/v1/stores/{store_id}")
        // Innermost first: too many calls cost no row, and every refusal can be read by the store's own pages.
        .wrap(from_fn(idempotency::honour_for_stores))
        .wrap(from_fn(limit_store_api))
        .wrap(from_fn(answer_cors))
        .service(on(
            "/products",
            [
                get(storefront::list_products::list_products),
                post(storefront::create_product::create_product),
            ],
        ))
        .service(on(
            "/products.csv",
            [get(storefront::csv::export::export_products)],
        ))
        .service(on(
            "/products/import",
            [post(storefront::csv::import::import_products)],
        ))
        .service(on(
            "/products/{product_id}",
            [
                get(storefront::show_product::show_product),
                patch(storefront::update_product::update_product),
                delete(storefront::delete_product::delete_product),
            ],
        ))
        .service(on(
            "/shipping-methods",
            [
                get(shipping::list_methods::list_methods),
                post(shipping::create_method::create_method),
            ],
        ))
        .service(on(
            "/shipping-methods/{method_id}",
            [
                patch(shipping::update_method::update_method),
                delete(shipping::delete_method::delete_method),
            ],
        ))
        .service(on(
            "/payment-methods",
            [
                get(payment_methods::list_methods::list_methods),
                post(payment_methods::create_method::create_method),
            ],
        ))
        .service(on(
            "/payment-methods/{method_id}",
            [
                patch(payment_methods::update_method::update_method),
                delete(payment_methods::delete_method::delete_method),
            ],
        ))
        .service(on("/carts", [post(storefront::create_cart::create_cart)]))
        .service(on(
            "/carts/{cart_id}",
            [get(storefront::show_cart::show_cart)],
        ))
        .service(on(
            "/carts/{cart_id}/items",
            [put(storefront::replace_cart_items::replace_cart_items)],
        ))
        .service(on(
            "/checkouts",
            [post(checkout::create_checkout::create_checkout)],
        ))
        .service(on(
            "/checkouts/{checkout_id}",
            [get(checkout::show_checkout::show_checkout)],
        ))
        .service(on(
            "/payment-intents",
            [post(checkout::create_payment_intent::create_payment_intent)],
        ))
        .service(on(
            "/payment-links",
            [post(links::create_link::create_link)],
        ))
        .service(on(
            "/payments/{payment_intent_id}",
            [get(checkout::show_payment::show_payment)],
        ))
        .configure(configure_orders)
}

/// What becomes of carts, under the store's id: orders, their money, and what Stripe tells of it.
fn configure_orders(config: &mut ServiceConfig) {
    config
        .service(on(
            "/orders",
            [
                get(orders::list_orders::list_orders),
                post(orders::create_order::create_order),
            ],
        ))
        .service(on(
            "/orders/{order_id}",
            [get(orders::show_order::show_order)],
        ))
        .service(on(
            "/orders/{order_id}/timeline",
            [get(timeline::show_timeline::show_timeline)],
        ))
        .service(on(
            "/orders/{order_id}/mark-paid",
            [post(orders::mark_paid::mark_paid)],
        ))
        .service(on(
            "/orders/{order_id}/restock",
            [post(orders::restock::restock)],
        ))
        .service(on(
            "/orders/{order_id}/status",
            [post(orders::update_status::update_status)],
        ))
        .service(on(
            "/orders/{order_id}/capture",
            [post(orders::capture_order::capture_order)],
        ))
        .service(on(
            "/orders/{order_id}/cancel",
            [post(orders::cancel_order::cancel_order)],
        ))
        .service(on(
            "/orders/{order_id}/refunds",
            [
                get(refunds::list_refunds::list_refunds),
                post(refunds::create_refund::create_refund),
            ],
        ))
        .service(on("/events", [get(events::list_events::list_events)]))
        .service(on(
            "/events/replay",
            [post(events::replay_events::replay_events)],
        ))
        .service(on(
            "/events/{event_id}",
            [get(events::show_event::show_event)],
        ))
        .service(on(
            "/events/{event_id}/replay",
            [post(events::replay_event::replay_event)],
        ));
}

type Entry = (Method, Route);

fn get<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::GET, web::get().to(handler))
}

fn post<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::POST, web::post().to(handler))
}

fn put<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::PUT, web::put().to(handler))
}

fn patch<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::PATCH, web::patch().to(handler))
}

fn delete<F, Args>(handler: F) -> Entry
where
    F: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: actix_web::Responder + 'static,
{
    (Method::DELETE, web::delete().to(handler))
}

/// A path and its methods; any other method is 405 with `Allow`.
fn on<const N: usize>(path: &str, entries: [Entry; N]) -> Resource {
    let methods: Vec<Method> = entries.iter().map(|(method, _)| method.clone()).collect();
    let mut resource = web::resource(path);
    for (_, route) in entries {
        resource = resource.route(route);
    }
    resource.default_service(web::to(move || {
        let error = ApiError::method_not_allowed(&methods);
        async move { Err::<HttpResponse, _>(error) }
    }))
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
