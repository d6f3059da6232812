//! `POST /v1/invoiceitems`.

use serde_json::{Value, json};

use crate::api::billing_checks;
use crate::api::charged::{Charged, charged};
use crate::billing::{INVOICE, ITEM, add_lines, at_customer, from_item, owned, set, text};
use crate::ids;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    billing_checks::references(&call.params)?;
    let invoice = draft(call)?;
    let customer = match (&invoice, call.params.text("customer")) {
        (Some(invoice), None) => owned(invoice, "customer"),
        _ => billing_checks::customer(call.ledger, &call.params)?,
    };
    let origin = at_customer(call.ledger, &customer, &call.origin);
    let currency = currency(call, invoice.as_ref(), &customer)?;
    let given = call.params.clone();
    let charged = charged(call, &given, "", &currency)?;
    let subscription = subscription(call, &customer)?;
    let mut item = blank(call, &customer, &charged, &origin);
    if let Some(subscription) = subscription {
        let details = json!({ "subscription": subscription });
        set(
            &mut item,
            "parent",
            json!({ "subscription_details": details, "type": "subscription_details" }),
        );
    }
    echo(
        &mut item,
        ITEM,
        &call.params,
        &[
            "amount", "currency", "customer", "pricing", "quantity", "invoice",
        ],
    );
    if let Some(mut invoice) = invoice {
        set(&mut item, "invoice", owned(&invoice, "id"));
        add_lines(&mut invoice, [from_item(&item)]);
        let added = call.ledger.add(item, "invoiceitem.created", &origin);
        call.ledger.change(invoice, "invoice.updated", &origin);
        return Ok(added);
    }
    Ok(call.ledger.add(item, "invoiceitem.created", &origin))
}

fn blank(call: &Call<'_>, customer: &str, charged: &Charged, origin: &Origin) -> Document {
    let item = json!({
        "id": ids::object("ii"),
        "object": ITEM,
        "amount": charged.amount,
        "currency": charged.currency,
        "customer": customer,
        "date": origin.now,
        "description": charged.description,
        "discountable": charged.amount >= 0,
        "discounts": [],
        "invoice": null,
        "livemode": call.ledger.livemode,
        "metadata": {},
        "net_amount": charged.amount,
        "period": { "end": origin.now, "start": origin.now },
        "pricing": charged.pricing,
        "proration": false,
        "quantity": charged.quantity,
        "quantity_decimal": charged.quantity.to_string(),
        "tax_rates": [],
        "test_clock": billing_checks::test_clock(call.ledger, customer),
    });
    match item {
        Value::Object(item) => item,
        _ => Document::new(),
    }
}

/// The draft that the item is put on at once.
fn draft(call: &Call<'_>) -> Result<Option<Document>, StripeError> {
    let Some(id) = call.params.text("invoice") else {
        return Ok(None);
    };
    let Ok(invoice) = call.ledger.documents.find(INVOICE, id) else {
        return Err(StripeError::no_such("invoice", id, "invoice"));
    };
    if text(invoice, "status") != Some("draft") {
        return Err(StripeError::invalid(
            "This invoice is no longer editable. You can only add invoice items to draft invoices.",
        )
        .code("invoice_not_editable")
        .param("invoice"));
    }
    Ok(Some(invoice.clone()))
}

fn currency(
    call: &Call<'_>,
    invoice: Option<&Document>,
    customer: &str,
) -> Result<String, StripeError> {
    let of_invoice = invoice.map(|invoice| owned(invoice, "currency"));
    match (call.params.text("currency"), of_invoice) {
        (Some(given), Some(currency)) if !given.eq_ignore_ascii_case(&currency) => {
            Err(StripeError::invalid(format!(
                "The currency of the invoice item ({given}) does not match the currency of the invoice ({currency})."
            ))
            .param("currency"))
        }
        (Some(given), _) => billing_checks::currency(given, "currency"),
        (None, Some(currency)) => Ok(currency),
        (None, None) => Ok(billing_checks::default_currency(call.ledger, customer)),
    }
}

fn subscription(call: &Call<'_>, customer: &str) -> Result<Option<String>, StripeError> {
    let Some(id) = call.params.text("subscription") else {
        return Ok(None);
    };
    let found = call.ledger.documents.find("subscription", id).ok();
    if found.is_none_or(|found| text(found, "customer") != Some(customer)) {
        return Err(StripeError::no_such("subscription", id, "subscription"));
    }
    Ok(Some(id.to_owned()))
}
