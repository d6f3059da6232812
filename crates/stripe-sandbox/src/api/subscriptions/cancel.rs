//! `DELETE /v1/subscriptions/{id}`. Source: Stripe API reference, "Cancel a subscription".

use serde_json::Value;

use super::{found, schedule};
use crate::billing::{self, ITEM, SUBSCRIPTION, items_of, owned, prorations, text};
use crate::v1::{Call, StripeError};

pub(crate) fn cancel(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut subscription, origin) = found(call, call.id())?;
    let id = owned(&subscription, "id");
    if matches!(
        text(&subscription, "status"),
        Some("canceled" | "incomplete_expired")
    ) {
        return Err(StripeError::missing(SUBSCRIPTION, &id));
    }
    let given = call.params.clone();
    schedule::cancellation(&mut subscription, &given, origin.now)?;
    call.ledger.documents.insert(subscription.clone());
    if given.flag("prorate") {
        let items = items_of(&subscription);
        for item in prorations(call.ledger, &subscription, &items, &[], origin.now, true)? {
            call.ledger.add(item, "invoiceitem.created", &origin);
        }
    }
    if given.flag("invoice_now") {
        billing::invoice_now(call.ledger, &subscription, Vec::new(), &origin);
    } else if given.flag("prorate") {
        keep_as_credit(call, &id);
    }
    billing::cancel(call.ledger, &id, "cancellation_requested", &origin);
    let (ended, _) = found(call, &id)?;
    Ok(Value::Object(ended))
}

/// A credit outlives its subscription: it waits for the customer's next invoice.
fn keep_as_credit(call: &mut Call<'_>, subscription: &str) {
    let of = |item: &&crate::state::Document| {
        text(item, "parent/subscription_details/subscription") == Some(subscription)
            && text(item, "invoice").is_none()
    };
    let ids: Vec<String> = call
        .ledger
        .documents
        .all(ITEM)
        .filter(of)
        .map(|item| owned(item, "id"))
        .collect();
    for id in ids {
        if let Some(item) = call.ledger.documents.get_mut(ITEM, &id) {
            item.shift_remove("parent");
        }
    }
}
