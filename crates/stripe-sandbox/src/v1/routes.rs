//! The table of contents of the API: method, path, who may call it, what it accepts, what it does.

use std::sync::LazyLock;

use serde_json::Value;

use crate::api::{
    account, balance, charges, checkout_sessions, customers, disputes, elements, events,
    payment_intents, payment_methods, portal, prices, products, refunds, search, setup_intents,
    webhook_endpoints,
};
use crate::api::{invoice_items, invoices, subscription_items, subscriptions, test_clocks};
use crate::spec::{self, Endpoint};
use crate::v1::{Call, StripeError};

/// One endpoint. What it accepts stands in `crate::spec`.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) publishable_allowed: bool,
    pub(crate) handler: Handler,
}

pub(crate) type Handler = fn(&mut Call<'_>) -> Result<Value, StripeError>;

#[rustfmt::skip]
const ROUTES: &[Route] = &[
    // Before the paths with an id in this place.
    secret("GET",     "/v1/charges/search",                  search::charges),
    secret("GET",     "/v1/customers/search",                search::customers),
    secret("GET",     "/v1/invoices/search",                 search::invoices),
    secret("GET",     "/v1/payment_intents/search",          search::payment_intents),
    secret("GET",     "/v1/prices/search",                   search::prices),
    secret("GET",     "/v1/products/search",                 search::products),
    secret("GET",     "/v1/subscriptions/search",            search::subscriptions),
    secret("GET",     "/v1/account",                         account::retrieve),
    secret("GET",     "/v1/balance",                         balance::retrieve),
    secret("GET",     "/v1/balance_transactions",            balance::list_transactions),
    secret("GET",     "/v1/balance_transactions/{id}",       balance::retrieve_transaction),
    secret("GET",     "/v1/charges/{id}",                    charges::retrieve),
    secret("GET",     "/v1/charges",                         charges::list),
    secret("POST",    "/v1/billing_portal/configurations",   portal::create_configuration),
    secret("GET",     "/v1/billing_portal/configurations",   portal::list_configurations),
    secret("GET",     "/v1/billing_portal/configurations/{id}", portal::retrieve_configuration),
    secret("POST",    "/v1/billing_portal/configurations/{id}", portal::update_configuration),
    secret("POST",    "/v1/billing_portal/sessions",         portal::create_session),
    secret("POST",    "/v1/checkout/sessions",               checkout_sessions::create),
    secret("GET",     "/v1/checkout/sessions",               checkout_sessions::list),
    secret("GET",     "/v1/checkout/sessions/{id}",          checkout_sessions::retrieve),
    secret("POST",    "/v1/checkout/sessions/{id}",          checkout_sessions::update),
    secret("POST",    "/v1/checkout/sessions/{id}/expire",   checkout_sessions::expire),
    secret("GET",     "/v1/checkout/sessions/{id}/line_items", checkout_sessions::line_items),
    secret("POST",    "/v1/charges",                         charges::create),
    secret("POST",    "/v1/charges/{id}",                    charges::update),
    secret("POST",    "/v1/charges/{id}/capture",            charges::capture),
    secret("POST",    "/v1/customers",                       customers::create),
    secret("GET",     "/v1/customers",                       customers::list),
    secret("GET",     "/v1/customers/{id}",                  customers::retrieve),
    secret("POST",    "/v1/customers/{id}",                  customers::update),
    secret("DELETE",  "/v1/customers/{id}",                  customers::delete),
    secret("GET",     "/v1/disputes",                        disputes::list),
    secret("GET",     "/v1/disputes/{id}",                   disputes::retrieve),
    secret("POST",    "/v1/disputes/{id}",                   disputes::update),
    secret("POST",    "/v1/disputes/{id}/close",             disputes::close),
    browser("GET",    "/v1/elements/sessions",               elements::session),
    secret("GET",     "/v1/events",                          events::list),
    secret("GET",     "/v1/events/{id}",                     events::retrieve),
    secret("POST",    "/v1/events/{id}/retry",               events::retry),
    secret("POST",    "/v1/invoiceitems",                    invoice_items::create),
    secret("GET",     "/v1/invoiceitems",                    invoice_items::list),
    secret("GET",     "/v1/invoiceitems/{id}",               invoice_items::retrieve),
    secret("POST",    "/v1/invoiceitems/{id}",               invoice_items::update),
    secret("DELETE",  "/v1/invoiceitems/{id}",               invoice_items::delete),
    secret("POST",    "/v1/invoices",                        invoices::create),
    secret("POST",    "/v1/invoices/create_preview",         subscriptions::create_preview),
    secret("GET",     "/v1/invoices",                        invoices::list),
    secret("GET",     "/v1/invoices/{id}",                   invoices::retrieve),
    secret("POST",    "/v1/invoices/{id}",                   invoices::update),
    secret("DELETE",  "/v1/invoices/{id}",                   invoices::delete),
    secret("POST",    "/v1/invoices/{id}/add_lines",         invoices::add_lines),
    secret("POST",    "/v1/invoices/{id}/attach_payment",    invoices::attach_payment),
    secret("POST",    "/v1/invoices/{id}/finalize",          invoices::finalize),
    secret("GET",     "/v1/invoices/{id}/lines",             invoices::lines),
    secret("POST",    "/v1/invoices/{id}/lines/{id}",        invoices::update_line),
    secret("POST",    "/v1/invoices/{id}/mark_uncollectible", invoices::mark_uncollectible),
    secret("POST",    "/v1/invoices/{id}/pay",               invoices::pay),
    secret("POST",    "/v1/invoices/{id}/remove_lines",      invoices::remove_lines),
    secret("POST",    "/v1/invoices/{id}/send",              invoices::send),
    secret("POST",    "/v1/invoices/{id}/update_lines",      invoices::update_lines),
    secret("POST",    "/v1/invoices/{id}/void",              invoices::void),
    secret("POST",    "/v1/payment_intents",                 payment_intents::create),
    secret("GET",     "/v1/payment_intents",                 payment_intents::list),
    browser("GET",    "/v1/payment_intents/{id}",            payment_intents::retrieve),
    secret("POST",    "/v1/payment_intents/{id}",            payment_intents::update),
    browser("POST",   "/v1/payment_intents/{id}/confirm",    payment_intents::confirm),
    secret("POST",    "/v1/payment_intents/{id}/capture",    payment_intents::capture),
    secret("POST",    "/v1/payment_intents/{id}/cancel",     payment_intents::cancel),
    secret("POST",    "/v1/payment_intents/{id}/apply_customer_balance", payment_intents::apply_customer_balance),
    secret("POST",    "/v1/payment_intents/{id}/increment_authorization", payment_intents::increment_authorization),
    browser("POST",   "/v1/payment_intents/{id}/verify_microdeposits", payment_intents::verify_microdeposits),
    browser("POST",   "/v1/payment_methods",                 payment_methods::create),
    secret("GET",     "/v1/payment_methods/{id}",            payment_methods::retrieve),
    secret("POST",    "/v1/prices",                          prices::create),
    secret("GET",     "/v1/prices",                          prices::list),
    secret("GET",     "/v1/prices/{id}",                     prices::retrieve),
    secret("POST",    "/v1/prices/{id}",                     prices::update),
    secret("POST",    "/v1/products",                        products::create),
    secret("GET",     "/v1/products",                        products::list),
    secret("GET",     "/v1/products/{id}",                   products::retrieve),
    secret("POST",    "/v1/products/{id}",                   products::update),
    secret("DELETE",  "/v1/products/{id}",                   products::delete),
    secret("GET",     "/v1/payment_methods",                 payment_methods::list),
    secret("POST",    "/v1/payment_methods/{id}",            payment_methods::update),
    secret("POST",    "/v1/payment_methods/{id}/attach",     payment_methods::attach),
    secret("POST",    "/v1/payment_methods/{id}/detach",     payment_methods::detach),
    secret("GET",     "/v1/customers/{id}/payment_methods",  payment_methods::of_customer),
    secret("GET",     "/v1/customers/{id}/payment_methods/{id}", payment_methods::one_of_customer),
    secret("POST",    "/v1/refunds",                         refunds::create),
    secret("GET",     "/v1/refunds",                         refunds::list),
    secret("GET",     "/v1/refunds/{id}",                    refunds::retrieve),
    secret("POST",    "/v1/refunds/{id}",                    refunds::update),
    secret("POST",    "/v1/refunds/{id}/cancel",             refunds::cancel),
    secret("POST",    "/v1/test_helpers/refunds/{id}/expire", refunds::expire),
    secret("GET",     "/v1/setup_attempts",                  setup_intents::attempts),
    secret("POST",    "/v1/setup_intents",                   setup_intents::create),
    secret("GET",     "/v1/setup_intents",                   setup_intents::list),
    browser("GET",    "/v1/setup_intents/{id}",              setup_intents::retrieve),
    secret("POST",    "/v1/setup_intents/{id}",              setup_intents::update),
    secret("POST",    "/v1/setup_intents/{id}/cancel",       setup_intents::cancel),
    browser("POST",   "/v1/setup_intents/{id}/confirm",      setup_intents::confirm),
    browser("POST",   "/v1/setup_intents/{id}/verify_microdeposits", setup_intents::verify_microdeposits),
    secret("POST",    "/v1/subscription_items",              subscription_items::create),
    secret("GET",     "/v1/subscription_items",              subscription_items::list),
    secret("GET",     "/v1/subscription_items/{id}",         subscription_items::retrieve),
    secret("POST",    "/v1/subscription_items/{id}",         subscription_items::update),
    secret("DELETE",  "/v1/subscription_items/{id}",         subscription_items::delete),
    secret("POST",    "/v1/subscriptions",                   subscriptions::create),
    secret("GET",     "/v1/subscriptions",                   subscriptions::list),
    secret("GET",     "/v1/subscriptions/{id}",              subscriptions::retrieve),
    secret("POST",    "/v1/subscriptions/{id}",              subscriptions::update),
    secret("DELETE",  "/v1/subscriptions/{id}",              subscriptions::cancel),
    secret("POST",    "/v1/subscriptions/{id}/migrate",      subscriptions::migrate),
    secret("POST",    "/v1/subscriptions/{id}/pause",        subscriptions::pause),
    secret("POST",    "/v1/subscriptions/{id}/resume",       subscriptions::resume),
    secret("POST",    "/v1/test_helpers/test_clocks",        test_clocks::create),
    secret("GET",     "/v1/test_helpers/test_clocks",        test_clocks::list),
    secret("GET",     "/v1/test_helpers/test_clocks/{id}",   test_clocks::retrieve),
    secret("DELETE",  "/v1/test_helpers/test_clocks/{id}",   test_clocks::delete),
    secret("POST",    "/v1/test_helpers/test_clocks/{id}/advance", test_clocks::advance),
    secret("POST",    "/v1/webhook_endpoints",               webhook_endpoints::create),
    secret("GET",     "/v1/webhook_endpoints",               webhook_endpoints::list),
    secret("GET",     "/v1/webhook_endpoints/{id}",          webhook_endpoints::retrieve),
    secret("POST",    "/v1/webhook_endpoints/{id}",          webhook_endpoints::update),
    secret("DELETE",  "/v1/webhook_endpoints/{id}",          webhook_endpoints::delete),
];

impl Route {
    /// What Stripe says about it.
    pub(crate) fn endpoint(&self) -> &'static Endpoint {
        static NONE: LazyLock<Endpoint> = LazyLock::new(Endpoint::default);
        // Every route has one: `every_route_is_known_to_stripe` holds the table.
        spec::endpoint(self.method, self.path).unwrap_or(&NONE)
    }
}

/// The endpoint for a request, with the ids in its path.
pub(crate) fn find(method: &str, path: &str) -> Option<(&'static Route, Vec<String>)> {
    ROUTES
        .iter()
        .filter(|route| route.method == method)
        .find_map(|route| Some((route, ids(route.path, path)?)))
}

/// Stripe's answer where no endpoint is.
pub(crate) fn unrecognized(method: &str, path: &str) -> StripeError {
    let message = format!(
        "Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/."
    );
    StripeError::other(404, "invalid_request_error", &message)
}

const fn secret(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route {
        method,
        path,
        publishable_allowed: false,
        handler,
    }
}

/// Stripe.js calls these with the publishable key.
const fn browser(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route {
        method,
        path,
        publishable_allowed: true,
        handler,
    }
}

fn ids(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut ids = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        if wanted == "{id}" && !part.is_empty() {
            ids.push(part.to_owned());
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_known_to_stripe() {
        for route in ROUTES {
            let known = spec::endpoint(route.method, route.path).is_some();
            assert!(known, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn every_route_is_under_a_permission() {
        for route in ROUTES {
            let scope = crate::v1::permissions::needed_scope(route.path);
            assert!(scope.is_some(), "{}", route.path);
        }
    }
}
