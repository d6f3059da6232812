//! The customer object of a session. Source: Stripe API reference, "Create a Checkout Session",
//! `customer_creation`.

use serde_json::{Value, json};

use super::{Hidden, Payer};
use crate::ids;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

const CUSTOMER: &str = "customer";

/// The session's customer: the one it was made for, one that an earlier attempt has made, or a new
/// one if `needed`.
pub(super) fn of(
    ledger: &mut Ledger,
    session: &Document,
    hidden: &mut Hidden,
    payer: &Payer,
    needed: bool,
    origin: &Origin,
) -> Option<String> {
    let text = |name: &str| session.get(name).and_then(Value::as_str);
    if let Some(known) = text(CUSTOMER).or_else(|| hidden.text(CUSTOMER)) {
        return Some(known.to_owned());
    }
    if !needed && text("customer_creation") != Some("always") {
        return None;
    }
    let email = payer.email.as_deref().or_else(|| text("customer_email"));
    let id = ids::customer();
    let customer = json!({
        "id": id,
        "object": CUSTOMER,
        "balance": 0,
        "created": origin.now,
        "delinquent": false,
        "email": email,
        "invoice_prefix": ids::invoice_prefix(),
        "invoice_settings": {},
        "livemode": ledger.livemode,
        "name": payer.name,
        "next_invoice_sequence": 1,
        "phone": payer.phone,
        "preferred_locales": [],
        "shipping": payer.shipping,
        "tax_exempt": "none",
    });
    if let Value::Object(document) = &customer {
        ledger.documents.insert(document.clone());
    }
    ledger.emit("customer.created", customer, origin);
    hidden.set(CUSTOMER, json!(id));
    Some(id)
}
