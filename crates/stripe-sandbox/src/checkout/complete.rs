//! The end of a session that was paid, or that needed no payment.

use serde_json::{Value, json};

use super::{Hidden, SESSION};
use crate::objects::Status;
use crate::state::{Document, Ledger};
use crate::v1::Origin;

/// Completes the session of a payment that has succeeded, whoever has moved it: the page, a challenge
/// in another window, or the API. Money that is only held counts as unpaid.
pub(crate) fn payment_succeeded(ledger: &mut Ledger, intent: &str, origin: &Origin) {
    let Some(session) = Hidden::session_of(ledger, intent) else {
        return;
    };
    let paid = ledger
        .payment_intents
        .get(intent)
        .map(|intent| intent.status);
    let status = if paid == Some(Status::Succeeded) {
        "paid"
    } else {
        "unpaid"
    };
    complete(ledger, &session, status, origin);
}

/// Ends an open session and tells of it.
pub(super) fn complete(ledger: &mut Ledger, id: &str, payment_status: &str, origin: &Origin) {
    let Ok(mut session) = super::open(ledger, id) else {
        return;
    };
    let hidden = Hidden::of(ledger, id);
    session.insert("status".to_owned(), json!("complete"));
    session.insert("payment_status".to_owned(), json!(payment_status));
    session.shift_remove("url");
    for name in ["customer", "subscription", "invoice"] {
        if let Some(made) = hidden.text(name) {
            session.insert(name.to_owned(), json!(made));
        }
    }
    describe_customer(ledger, &mut session, &hidden);
    let object = Value::Object(session.clone());
    ledger.documents.insert(session);
    ledger.emit("checkout.session.completed", object, origin);
}

/// Sets one field of a session.
pub(super) fn put(ledger: &mut Ledger, id: &str, name: &str, value: Value) {
    if let Some(session) = ledger.documents.get_mut(SESSION, id) {
        session.insert(name.to_owned(), value);
    }
}

fn describe_customer(ledger: &Ledger, session: &mut Document, hidden: &Hidden) {
    let payer = hidden.payer();
    let method = payer.payment_method.as_deref();
    let billing = method
        .and_then(|id| ledger.payment_methods.get(id))
        .map_or(Value::Null, |method| method.billing_details.clone());
    let customer = session.get("customer").and_then(Value::as_str);
    let customer = customer
        .and_then(|id| ledger.documents.get("customer", id))
        .map_or(Value::Null, |customer| Value::Object(customer.clone()));
    let text = |name: &str| session.get(name).cloned().filter(|value| !value.is_null());
    let given = |value: &Value| Some(value.clone()).filter(|value| !value.is_null());
    let email = payer.email.clone().map(Value::from);
    let email = email
        .or_else(|| given(&customer["email"]))
        .or_else(|| text("customer_email"));
    let name = payer.name.clone().map(Value::from);
    let details = json!({
        "address": billing["address"],
        "email": email,
        "name": name.or_else(|| given(&billing["name"])).or_else(|| given(&customer["name"])),
        "phone": payer.phone.clone().map(Value::from).or_else(|| given(&billing["phone"])),
        "tax_exempt": "none",
        "tax_ids": [],
    });
    session.insert("customer_details".to_owned(), details);
    session.insert(
        "collected_information".to_owned(),
        json!({ "shipping_details": payer.shipping }),
    );
    let terms = session
        .get("consent_collection")
        .map(|consent| consent["terms_of_service"].clone());
    if terms.is_some_and(|terms| terms == "required") {
        session.insert(
            "consent".to_owned(),
            json!({ "terms_of_service": "accepted" }),
        );
    }
    let fields = session
        .get_mut("custom_fields")
        .and_then(Value::as_array_mut);
    for field in fields.into_iter().flatten() {
        let key = field["key"].as_str().unwrap_or_default();
        let value = payer.custom_fields.get(key).cloned();
        let kind = field["type"].as_str().unwrap_or_default().to_owned();
        field[kind]["value"] = value.filter(|value| value != "").unwrap_or_default();
    }
}
