//! Changes of an invoice and of its status.
//! Source: Stripe docs, "Status transitions and finalization".

use serde_json::Value;

use super::create::shipping_cost;
use super::{answer, found, not_editable};
use crate::api::billing_checks;
use crate::billing::{
    self, Attempt, DAY, HOUR, INVOICE, ITEM, Task, at, close, collect_at, flag, number, owned,
    refresh, set, text,
};
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

/// What stays open to change when an invoice is finalized.
const ALWAYS: &[&str] = &[
    "auto_advance",
    "metadata",
    "default_payment_method",
    "default_source",
    "payment_settings",
];

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (mut invoice, origin) = found(call)?;
    billing_checks::references(&call.params)?;
    let draft = text(&invoice, "status") == Some("draft");
    let fixed = call
        .params
        .given()
        .any(|(name, _)| !ALWAYS.contains(&name.as_str()));
    if !draft && fixed {
        return Err(not_editable());
    }
    take_over(call, &mut invoice, &origin)?;
    refresh_if_draft(&mut invoice);
    if draft && at(&invoice, "automatically_finalizes_at").is_null() {
        billing::finalize_later(call.ledger, &mut invoice, &origin);
    }
    Ok(call.ledger.change(invoice, "invoice.updated", &origin))
}

fn refresh_if_draft(invoice: &mut Document) {
    if text(invoice, "status") == Some("draft") {
        refresh(invoice);
    }
}

/// The parameters that creation and update share.
pub(super) fn take_over(
    call: &mut Call<'_>,
    invoice: &mut Document,
    origin: &Origin,
) -> Result<(), StripeError> {
    let customer = owned(invoice, "customer");
    let name = "default_payment_method";
    billing_checks::payment_method(call.ledger, &call.params, name, &customer)?;
    let cost = shipping_cost(call)?;
    let computed = [
        "currency",
        "customer",
        "lines",
        "subscription",
        "shipping_cost",
        "discounts",
    ];
    echo(invoice, INVOICE, &call.params, &computed);
    if let Some(cost) = cost {
        set(
            invoice,
            "amount_shipping",
            at(
                &Document::from_iter([("c".to_owned(), cost.clone())]),
                "c/amount_total",
            )
            .clone(),
        );
        set(invoice, "shipping_cost", cost);
        refresh(invoice);
    }
    if let Some(days) = call.params.integer("days_until_due") {
        if text(invoice, "collection_method") != Some("send_invoice") {
            return Err(StripeError::invalid("`days_until_due` can only be set for invoices with `collection_method=send_invoice`.")
                .param("days_until_due"));
        }
        set(
            invoice,
            "due_date",
            origin.now + days.clamp(0, 10_000) * DAY,
        );
    }
    if let Some(time) = call.params.integer("automatically_finalizes_at") {
        if time < origin.now {
            return Err(StripeError::invalid(
                "`automatically_finalizes_at` must be in the future.",
            )
            .param("automatically_finalizes_at"));
        }
        let clock = owned(invoice, "test_clock");
        let invoice = owned(invoice, "id");
        call.ledger
            .billing
            .agenda
            .enter(&clock, time, Task::Finalize { invoice });
    }
    Ok(())
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, _) = found(call)?;
    let of_subscription = text(&invoice, "parent/type") == Some("subscription_details");
    if text(&invoice, "status") != Some("draft") || of_subscription {
        return Err(StripeError::invalid(
            "You can only delete draft invoices that are not part of a subscription. To void a finalized invoice, use the void endpoint.",
        )
        .code("invoice_not_editable"));
    }
    let id = owned(&invoice, "id");
    // Its items go with it.
    let items: Vec<String> = call
        .ledger
        .documents
        .all(ITEM)
        .filter(|item| text(item, "invoice") == Some(&id))
        .map(|item| owned(item, "id"))
        .collect();
    for item in items {
        call.ledger.documents.remove(ITEM, &item);
    }
    Ok(call.delete(INVOICE, &id, "invoice.deleted"))
}

pub(crate) fn finalize(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    let id = owned(&invoice, "id");
    if let Some(on) = call.params.get("auto_advance")
        && let Some(invoice) = call.ledger.documents.get_mut(INVOICE, &id)
    {
        set(invoice, "auto_advance", on.clone());
    }
    billing::finalize(call.ledger, &id, &origin)?;
    let Some(mut open) = call.ledger.documents.get(INVOICE, &id).cloned() else {
        return answer(call, &id);
    };
    let collects = flag(&open, "auto_advance")
        && text(&open, "status") == Some("open")
        && text(&open, "collection_method") == Some("charge_automatically");
    if collects {
        collect_at(call.ledger, &mut open, origin.now + HOUR);
        call.ledger.documents.insert(open);
    }
    answer(call, &id)
}

pub(crate) fn void(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    billing::void(call.ledger, &owned(&invoice, "id"), &origin)
}

pub(crate) fn mark_uncollectible(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    if text(&invoice, "status") != Some("open") {
        return Err(StripeError::invalid(format!(
            "You can only mark open invoices as uncollectible. This invoice isn't open. (Its status is {}.)",
            text(&invoice, "status").unwrap_or_default()
        )));
    }
    close(
        call.ledger,
        &owned(&invoice, "id"),
        "uncollectible",
        &origin,
    )
}

/// Sends the invoice by e-mail, which the sandbox only says; a draft is finalized first.
pub(crate) fn send(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let (invoice, origin) = found(call)?;
    let id = owned(&invoice, "id");
    if text(&invoice, "collection_method") != Some("send_invoice") {
        return Err(StripeError::invalid(
            "You can only manually send an invoice if its collection method is 'send_invoice'.",
        ));
    }
    match text(&invoice, "status") {
        Some("draft") => billing::finalize(call.ledger, &id, &origin)?,
        Some("open") => {}
        status => {
            return Err(StripeError::invalid(format!(
                "You can only manually send open invoices. This invoice isn't open. (Its status is {}.)",
                status.unwrap_or_default()
            )));
        }
    }
    let sent = answer(call, &id)?;
    call.ledger.emit("invoice.sent", sent.clone(), &origin);
    Ok(sent)
}

/// Whether nothing is left to be paid.
pub(super) fn is_settled(invoice: &Document) -> bool {
    text(invoice, "status") == Some("paid") || number(invoice, "amount_remaining") == 0
}

/// Charges it as its customer's request.
pub(super) fn attempt(
    call: &mut Call<'_>,
    id: &str,
    payment_method: Option<String>,
    origin: &Origin,
) -> Result<(), StripeError> {
    let how = Attempt {
        payment_method,
        off_session: call.params.get("off_session") != Some(&Value::Bool(false)),
        automatic: false,
    };
    billing::attempt(call.ledger, id, how, origin)
}
