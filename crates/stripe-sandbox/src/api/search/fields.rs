//! Which fields can be searched for. Source: Stripe docs, "Search › Supported query fields for each resource".

pub(super) const CHARGES: &[&str] = &[
    "amount",
    "billing_details.address.postal_code",
    "created",
    "currency",
    "customer",
    "disputed",
    "metadata",
    "payment_method_details.card.brand",
    "payment_method_details.card.exp_month",
    "payment_method_details.card.exp_year",
    "payment_method_details.card.fingerprint",
    "payment_method_details.card.last4",
    "refunded",
    "status",
];

pub(super) const CUSTOMERS: &[&str] = &["created", "email", "metadata", "name", "phone"];

pub(super) const INVOICES: &[&str] = &[
    "created",
    "currency",
    "customer",
    "last_finalization_error_code",
    "last_finalization_error_type",
    "metadata",
    "number",
    "receipt_number",
    "status",
    "subscription",
    "total",
];

pub(super) const PAYMENT_INTENTS: &[&str] = &[
    "amount", "created", "currency", "customer", "metadata", "status",
];

pub(super) const PRICES: &[&str] = &[
    "active",
    "currency",
    "lookup_key",
    "metadata",
    "product",
    "type",
];

pub(super) const PRODUCTS: &[&str] = &[
    "active",
    "description",
    "metadata",
    "name",
    "shippable",
    "url",
];

pub(super) const SUBSCRIPTIONS: &[&str] = &["canceled_at", "created", "metadata", "status"];
