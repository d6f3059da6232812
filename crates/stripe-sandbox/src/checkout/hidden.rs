//! What a session keeps beside the object that the API shows: its line items, which are answered only
//! where they are asked for, and what is to become of the payment, the subscription or the set-up.

use serde_json::{Map, Value, json};

use super::{Payer, SESSION};
use crate::params::Params;
use crate::state::{Document, Ledger};

const HIDDEN: &str = "checkout.session.hidden";
/// The session of an intent, under the intent's id.
const LINK: &str = "checkout.session.intent";

/// Names within it.
const ITEMS: &str = "line_items";
/// Parameters that are used when the session is paid.
const LATER: &[&str] = &[
    "payment_intent_data",
    "subscription_data",
    "setup_intent_data",
];

/// The hidden part of one session.
pub(crate) struct Hidden(Document);

impl Hidden {
    /// The one of a session that is stored.
    pub(crate) fn of(ledger: &Ledger, session: &str) -> Self {
        Self(
            ledger
                .documents
                .get(HIDDEN, session)
                .cloned()
                .unwrap_or_default(),
        )
    }

    pub(crate) fn new(session: &str, items: Vec<Value>, params: &Params) -> Self {
        let mut hidden = Document::new();
        hidden.insert("id".to_owned(), Value::from(session));
        hidden.insert("object".to_owned(), Value::from(HIDDEN));
        hidden.insert(ITEMS.to_owned(), Value::Array(items));
        for name in LATER {
            if let Some(given) = params.get(name) {
                hidden.insert((*name).to_owned(), given.clone());
            }
        }
        Self(hidden)
    }

    pub(crate) fn store(self, ledger: &mut Ledger) {
        ledger.documents.insert(self.0);
    }

    /// One of [`LATER`].
    pub(crate) fn data(&self, name: &str) -> Params {
        Params::from(
            self.0
                .get(name)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
        )
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn items(&self) -> &[Value] {
        self.0
            .get(ITEMS)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// What the customer has typed, for when the payment succeeds.
    pub(super) fn set_payer(&mut self, payer: &Payer) {
        self.set("payer", json!(payer));
    }

    pub(super) fn payer(&self) -> Payer {
        let payer = self.0.get("payer").cloned().unwrap_or_default();
        serde_json::from_value(payer).unwrap_or_default()
    }

    /// Remembers whose session a PaymentIntent or SetupIntent is for.
    pub(super) fn link(ledger: &mut Ledger, intent: &str, session: &str) {
        let mut link = Document::new();
        link.insert("id".to_owned(), Value::from(intent));
        link.insert("object".to_owned(), Value::from(LINK));
        link.insert("session".to_owned(), Value::from(session));
        ledger.documents.insert(link);
    }

    pub(super) fn session_of(ledger: &Ledger, intent: &str) -> Option<String> {
        let session = ledger.documents.get(LINK, intent)?.get("session")?;
        session.as_str().map(str::to_owned)
    }

    /// Puts what is given over what was given before.
    pub(crate) fn merge(&mut self, name: &str, change: &Map<String, Value>) {
        let known = self.0.entry(name).or_insert_with(|| json!({}));
        if let Value::Object(known) = known {
            known.extend(change.clone());
        }
    }
}

/// The line items of a session.
pub(crate) fn items(ledger: &Ledger, session: &str) -> Vec<Value> {
    Hidden::of(ledger, session).items().to_vec()
}

/// Stores other line items and what they come to.
pub(crate) fn set_items(ledger: &mut Ledger, session: &mut Document, items: Vec<Value>) {
    let id = session
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut hidden = Hidden::of(ledger, id);
    totals(session, &items);
    hidden.set(ITEMS, Value::Array(items));
    hidden.store(ledger);
}

/// Puts what the items and the shipping come to into the session.
pub(crate) fn totals(session: &mut Document, items: &[Value]) {
    debug_assert_eq!(session.get("object"), Some(&Value::from(SESSION)));
    let of = |item: &Value| item["amount_subtotal"].as_i64().unwrap_or_default();
    let subtotal: i64 = items.iter().map(of).fold(0, i64::saturating_add);
    let shipping = session
        .get("shipping_cost")
        .and_then(|cost| cost["amount_total"].as_i64());
    let shipping = shipping.unwrap_or_default();
    session.insert("amount_subtotal".to_owned(), json!(subtotal));
    session.insert(
        "amount_total".to_owned(),
        json!(subtotal.saturating_add(shipping)),
    );
    let details = json!({ "amount_discount": 0, "amount_shipping": shipping, "amount_tax": 0 });
    session.insert("total_details".to_owned(), details);
}
