//! `/v1/invoices`: one file for each thing that can be done; what invoices do stands in
//! `crate::billing`. Source: Stripe API reference, "Invoices".

mod change;
mod create;
mod lines;
mod pay;
mod read;

pub(crate) use change::{delete, finalize, mark_uncollectible, send, update, void};
pub(crate) use create::create;
pub(crate) use lines::{add_lines, remove_lines, update_line, update_lines};
pub(crate) use pay::{attach_payment, pay};
pub(crate) use read::{lines, list, retrieve};

use serde_json::Value;

use crate::billing::{INVOICE, at_customer, owned};
use crate::state::Document;
use crate::v1::{Call, Origin, StripeError};

/// The invoice that the path names, and the time of its customer.
fn found(call: &Call<'_>) -> Result<(Document, Origin), StripeError> {
    let invoice = call.ledger.documents.find(INVOICE, call.id())?.clone();
    let origin = at_customer(call.ledger, &owned(&invoice, "customer"), &call.origin);
    Ok((invoice, origin))
}

/// The invoice as it is now.
fn answer(call: &Call<'_>, id: &str) -> Result<Value, StripeError> {
    let invoice = call.ledger.documents.find(INVOICE, id)?;
    Ok(Value::Object(invoice.clone()))
}

/// 400 for what only a draft can have.
fn not_editable() -> StripeError {
    StripeError::invalid("Finalized invoices can't be updated in this way.")
        .code("invoice_not_editable")
}
