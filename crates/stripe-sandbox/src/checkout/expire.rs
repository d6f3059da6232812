//! Sessions that are not paid in time. Source: Stripe docs, "Expire a Checkout Session".

use serde_json::{Value, json};

use super::{Hidden, open};
use crate::payments;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// Expires a session that is open; a payment that was begun cannot be finished any more.
pub(crate) fn expire(ledger: &mut Ledger, mut session: Document, origin: &Origin) -> Value {
    session.insert("status".to_owned(), json!("expired"));
    session.shift_remove("url");
    let id = session
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let hidden = Hidden::of(ledger, id);
    let object = Value::Object(session.clone());
    ledger.documents.insert(session);
    if let Some(intent) = hidden.text("intent") {
        // One that has ended already stays as it is.
        let _ = payments::cancel(ledger, intent, Some("automatic".to_owned()), origin);
    }
    ledger.emit("checkout.session.expired", object.clone(), origin);
    object
}

/// Expires a session whose time is over, unless it was paid before.
pub(crate) fn expire_in_time(ledger: &mut Ledger, id: &str, origin: &Origin) {
    if let Ok(session) = open(ledger, id) {
        expire(ledger, session, origin);
    }
}
