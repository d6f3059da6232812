//! Sessions that are not paid in time. Source: Stripe docs, "Expire a Checkout Session".

use serde_json::{Value, json};

use super::SESSION;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// Expires a session that is open.
pub(crate) fn expire(ledger: &mut Ledger, mut session: Document, origin: &Origin) -> Value {
    session.insert("status".to_owned(), json!("expired"));
    session.shift_remove("url");
    let object = Value::Object(session.clone());
    ledger.documents.insert(session);
    ledger.emit("checkout.session.expired", object.clone(), origin);
    object
}

/// Expires what has become due; called before sessions are read.
pub(crate) fn expire_due(ledger: &mut Ledger, origin: &Origin) {
    let is_due = |session: &&Document| {
        let expires = session.get("expires_at").and_then(Value::as_i64);
        session.get("status") == Some(&json!("open")) && expires.is_some_and(|at| at <= origin.now)
    };
    let due: Vec<Document> = ledger
        .documents
        .all(SESSION)
        .filter(is_due)
        .cloned()
        .collect();
    for session in due {
        let at = session
            .get("expires_at")
            .and_then(Value::as_i64)
            .unwrap_or(origin.now);
        let of_itself = Origin {
            now: at,
            request_id: None,
            idempotency_key: None,
            base_url: origin.base_url.clone(),
        };
        expire(ledger, session, &of_itself);
    }
}
