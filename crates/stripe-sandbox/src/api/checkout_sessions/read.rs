//! `GET /v1/checkout/sessions`, `/{id}` and `/{id}/line_items`.

use serde_json::Value;

use crate::catalogue::text;
use crate::checkout::{self, SESSION};
use crate::state::Document;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    find(call).map(Value::Object)
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let email = call.params.part("customer_details");
    let email = email.text("email");
    pages::documents(call, SESSION, |session| {
        let same = |name: &&str| {
            let wanted = call.params.get(name);
            wanted.is_none_or(|wanted| session.get(*name) == Some(wanted))
        };
        let fields = [
            "customer",
            "customer_account",
            "payment_intent",
            "payment_link",
            "status",
            "subscription",
        ];
        let details = session.get("customer_details").unwrap_or(&Value::Null);
        email.is_none_or(|email| details["email"] == email) && fields.iter().all(same)
    })
}

pub(crate) fn line_items(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let session = find(call)?;
    let items = checkout::items(call.ledger, text(&session, "id").unwrap_or_default());
    let created = session
        .get("created")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    let id = |item: &Value| item["id"].as_str().unwrap_or_default().to_owned();
    let rows: Vec<_> = items.iter().map(|item| (id(item), created)).collect();
    pages::page(call, "item", &rows, |wanted| {
        let found = items.iter().find(|item| item["id"] == wanted);
        found.cloned().unwrap_or_default()
    })
}

/// The session that the path names.
pub(super) fn find(call: &Call<'_>) -> Result<Document, StripeError> {
    call.ledger.documents.find(SESSION, call.id()).cloned()
}
