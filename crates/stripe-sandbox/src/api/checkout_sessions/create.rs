//! `POST /v1/checkout/sessions`.

use serde_json::{Value, json};

use super::{checks, fields, lines, shipping};
use crate::checkout::{Hidden, SESSION, totals};
use crate::ids;
use crate::spec::echo;
use crate::state::Task;
use crate::v1::{Call, StripeError};

/// Parameters that the session gives a meaning of its own.
const NOT_ECHOED: &[&str] = &[
    "adaptive_pricing",
    "after_expiration",
    "automatic_tax",
    "currency",
    "custom_fields",
    "discounts",
    "expires_at",
    "invoice_creation",
    "line_items",
    "payment_method_types",
    "shipping_options",
    "tax_id_collection",
];

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    checks::exclusions(call)?;
    checks::texts(call)?;
    let mode = checks::mode(&call.params)?;
    checks::fits_mode(&call.params, mode)?;
    checks::addresses(&call.params)?;
    let expires_at = checks::expires_at(&call.params, call.origin.now)?;
    checks::subscription_data(&call.params, call.origin.now)?;
    let custom_fields = fields::custom_fields(&call.params)?;
    let plan = lines::plan(call, mode)?;
    let shipping = shipping::plan(call, &plan.currency)?;
    checks::total(mode, plan.total() + shipping.amount(), &plan.currency)?;

    let mut session = call.blank(SESSION, ids::checkout_session(call.ledger.livemode));
    fields::defaults(&mut session, call, mode);
    echo(&mut session, SESSION, &call.params, NOT_ECHOED);
    fields::given(&mut session, &call.params);
    session.insert("expires_at".to_owned(), json!(expires_at));
    session.insert("custom_fields".to_owned(), custom_fields);
    if !plan.currency.is_empty() {
        session.insert("currency".to_owned(), json!(plan.currency));
    }
    shipping.apply(call, &mut session);
    let items = plan.make(call);
    if mode != "setup" {
        totals(&mut session, &items);
    }
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    Hidden::new(&id, items, &call.params).store(call.ledger);
    let task = Task::ExpireCheckout(id);
    call.ledger.timers.at(expires_at, task);
    // Stripe tells of a session when it ends, not when it begins.
    call.ledger.documents.insert(session.clone());
    Ok(Value::Object(session))
}
