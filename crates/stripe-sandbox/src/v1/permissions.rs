//! What a restricted key may do. Source: Stripe docs, "API permissions reference" and "Restricted API keys":
//! GET needs read, POST and DELETE need write, and write includes read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How much of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Access {
    None,
    Read,
    Write,
}

/// What one key may do: resource to access; what is not named is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Permissions(BTreeMap<String, Access>);

/// A permission as a person grants it and as Stripe's messages name it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The resource's path without `/v1/`; a longer path comes before its beginning.
    path: &'static str,
    /// In the dashboard: "Payment Intents".
    title: &'static str,
    /// `payment_intent`, of which are made `payment_intent_read` and `payment_intent_write`.
    name: &'static str,
}

#[rustfmt::skip]
const SCOPES: &[Scope] = &[
    scope("account",                "Accounts",                 "connected_account"),
    scope("accounts",               "Accounts",                 "connected_account"),
    scope("balance",                "Balance",                  "balance"),
    scope("balance_transactions",   "Balance",                  "balance"),
    scope("billing_portal",         "Customer Portal",          "customer_portal"),
    scope("charges",                "Charges and Refunds",      "charge"),
    scope("checkout/sessions",      "Checkout Sessions",        "checkout_session"),
    scope("coupons",                "Coupons",                  "coupon"),
    scope("customers",              "Customers",                "customer"),
    scope("disputes",               "Disputes",                 "dispute"),
    scope("elements",               "Payment Intents",          "payment_intent"),
    scope("events",                 "Events",                   "event"),
    scope("invoiceitems",           "Invoices",                 "invoice"),
    scope("invoices",               "Invoices",                 "invoice"),
    scope("payment_intents",        "Payment Intents",          "payment_intent"),
    scope("payment_methods",        "Payment Methods",          "payment_method"),
    scope("plans",                  "Prices",                   "plan"),
    scope("prices",                 "Prices",                   "plan"),
    scope("products",               "Products",                 "product"),
    scope("promotion_codes",        "Promotion Codes",          "promotion_code"),
    scope("refunds",                "Charges and Refunds",      "charge"),
    scope("setup_attempts",         "Setup Intents",            "setup_intent"),
    scope("setup_intents",          "Setup Intents",            "setup_intent"),
    scope("subscription_items",     "Subscriptions",            "subscription"),
    scope("subscriptions",          "Subscriptions",            "subscription"),
    scope("test_helpers/refunds",   "Charges and Refunds",      "charge"),
    scope("test_helpers/test_clocks", "Test Clocks",            "billing_clock"),
    scope("webhook_endpoints",      "Webhook Endpoints",        "webhook"),
];

const fn scope(path: &'static str, title: &'static str, name: &'static str) -> Scope {
    Scope { path, title, name }
}

impl Permissions {
    /// The name in it that is no permission's, if there is one.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|name| {
            *name != "*"
                && !SCOPES
                    .iter()
                    .any(|scope| scope.path == *name || scope.name == *name)
        })
    }

    /// Names are paths (`payment_intents`), or Stripe's own (`payment_intent`); `*` is every resource that is not
    /// named itself.
    fn grants(&self, scope: &Scope, needed: Access) -> bool {
        let named = SCOPES
            .iter()
            .filter(|one| one.name == scope.name)
            .filter_map(|one| self.0.get(one.path))
            .chain(self.0.get(scope.name))
            .max();
        named.or_else(|| self.0.get("*")).copied() >= Some(needed)
    }

    /// What is missing for a request: ("Payment Intents Write", `payment_intent_write`).
    pub(crate) fn missing(&self, method: &str, path: &str) -> Option<(String, String)> {
        let (needed, title, suffix) = if method == "GET" {
            (Access::Read, "Read", "read")
        } else {
            (Access::Write, "Write", "write")
        };
        let scope = needed_scope(path)?;
        (!self.grants(scope, needed)).then(|| {
            (
                format!("{} {title}", scope.title),
                format!("{}_{suffix}", scope.name),
            )
        })
    }
}

/// The permission that a path is under. Every route has one: a test holds the table.
pub(crate) fn needed_scope(path: &str) -> Option<&'static Scope> {
    let path = path.strip_prefix("/v1/")?;
    SCOPES.iter().find(|scope| {
        path.strip_prefix(scope.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(json: serde_json::Value) -> Permissions {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn write_includes_read_and_read_does_not_include_write() {
        let some = permissions(serde_json::json!({ "payment_intents": "write", "charge": "read" }));
        for (method, path, missing) in [
            ("GET", "/v1/payment_intents/pi_1", None),
            ("POST", "/v1/payment_intents", None),
            ("GET", "/v1/refunds", None),
            ("POST", "/v1/refunds", Some("charge_write")),
            ("DELETE", "/v1/customers/cus_1", Some("customer_write")),
            ("GET", "/v1/balance", Some("balance_read")),
        ] {
            let found = some.missing(method, path);
            assert_eq!(
                found.map(|(_, name)| name).as_deref(),
                missing,
                "{method} {path}"
            );
        }
    }

    #[test]
    fn a_star_is_for_what_is_not_named() {
        let most = permissions(serde_json::json!({ "*": "read", "events": "none" }));
        assert_eq!(most.missing("GET", "/v1/balance"), None);
        assert!(most.missing("GET", "/v1/events").is_some());
        assert_eq!(most.unknown(), None);
        let wrong = permissions(serde_json::json!({ "payment_intent": "read", "pets": "read" }));
        assert_eq!(wrong.unknown(), Some("pets"));
    }
}
