//! From draft to open: number, balance, PaymentIntent.
//! Source: Stripe docs, "Status transitions and finalization".

use serde_json::Value;

use crate::billing::{
    DAY, INVOICE, Settlement, Task, flag, mark_paid, number, owned, payments, set, text,
};
use crate::currencies::{self, AmountProblem};
use crate::ids;
use crate::state::{Document, Ledger};
use crate::v1::{Origin, StripeError};

/// Where nothing is said, an invoice that is sent can be paid for so long.
const DAYS_UNTIL_DUE: i64 = 30;

/// Finalizes a draft. Where nothing is to be paid, it is paid at once.
pub(crate) fn finalize(ledger: &mut Ledger, id: &str, origin: &Origin) -> Result<(), StripeError> {
    let mut invoice = ledger.documents.find(INVOICE, id)?.clone();
    if text(&invoice, "status") != Some("draft") {
        return Err(StripeError::invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
        ));
    }
    check_due(ledger, &invoice, 0)?;
    take_balance(ledger, &mut invoice, origin);
    if text(&invoice, "number").is_none() {
        let number = next_number(ledger, &owned(&invoice, "customer"));
        set(&mut invoice, "number", number);
    }
    set(&mut invoice, "status", "open");
    set(&mut invoice, "status_transitions/finalized_at", origin.now);
    if invoice.get("effective_at").is_none_or(Value::is_null) {
        set(&mut invoice, "effective_at", origin.now);
    }
    set(&mut invoice, "automatically_finalizes_at", Value::Null);
    let link = format!(
        "{}/i/{}/{}",
        origin.base_url,
        ledger.spec.account_id,
        ids::object("test")
    );
    set(&mut invoice, "invoice_pdf", format!("{link}/pdf"));
    set(&mut invoice, "hosted_invoice_url", link);
    due_date(ledger, &mut invoice, origin);
    let due = number(&invoice, "amount_due");
    if due > 0 {
        payments::open(ledger, &invoice, origin);
    }
    ledger.documents.insert(invoice.clone());
    ledger.emit("invoice.finalized", Value::Object(invoice), origin);
    if due == 0 {
        mark_paid(ledger, id, &Settlement::Nothing, origin);
    }
    Ok(())
}

/// Refuses an invoice that comes to more than can be charged. `more` is what will be added to it.
pub(super) fn check_due(ledger: &Ledger, invoice: &Document, more: i64) -> Result<(), StripeError> {
    let customer = text(invoice, "customer").and_then(|id| ledger.documents.get("customer", id));
    let balance = customer.map_or(0, |customer| number(customer, "balance"));
    let owed = number(invoice, "total").saturating_add(balance);
    let owed = owed.saturating_add(more);
    match currencies::check_amount(owed, text(invoice, "currency").unwrap_or_default()) {
        Err(AmountProblem::TooLarge(most)) => Err(StripeError::invalid(format!(
            "The invoice's amount due must be no more than {most}"
        ))
        .code("amount_too_large")),
        _ => Ok(()),
    }
}

/// The customer's balance pays first; what is too small to be charged is put onto it.
/// Source: Stripe docs, "Customer credit balance".
fn take_balance(ledger: &mut Ledger, invoice: &mut Document, origin: &Origin) {
    let customer_id = owned(invoice, "customer");
    let Some(mut customer) = ledger.documents.get("customer", &customer_id).cloned() else {
        return;
    };
    let balance = number(&customer, "balance");
    let owed = number(invoice, "total").saturating_add(balance);
    let currency = owned(invoice, "currency");
    let too_small = matches!(
        currencies::check_amount(owed, &currency),
        Err(AmountProblem::TooSmall(_))
    );
    let by_card = text(invoice, "collection_method") == Some("charge_automatically");
    let due = if owed <= 0 || (too_small && by_card) {
        0
    } else {
        owed
    };
    set(invoice, "starting_balance", balance);
    set(invoice, "ending_balance", owed - due);
    set(invoice, "amount_due", due);
    set(invoice, "amount_remaining", due);
    if owed - due != balance {
        set(&mut customer, "balance", owed - due);
        ledger.change(customer, "customer.updated", origin);
    }
}

/// `ABCD1234-0001`: the customer's own sequence.
fn next_number(ledger: &mut Ledger, customer: &str) -> String {
    let Some(customer) = ledger.documents.get_mut("customer", customer) else {
        return ids::invoice_prefix();
    };
    let sequence = number(customer, "next_invoice_sequence").max(1);
    set(customer, "next_invoice_sequence", sequence + 1);
    let prefix = owned(customer, "invoice_prefix");
    format!("{prefix}-{sequence:04}")
}

/// An invoice that is sent has a date until which it is to be paid.
fn due_date(ledger: &mut Ledger, invoice: &mut Document, origin: &Origin) {
    if text(invoice, "collection_method") != Some("send_invoice") {
        return;
    }
    if number(invoice, "due_date") == 0 {
        let days = text(invoice, "parent/subscription_details/subscription")
            .and_then(|id| ledger.documents.get("subscription", id))
            .map(|subscription| number(subscription, "days_until_due"))
            .filter(|days| *days > 0);
        let due = (origin.now).saturating_add(days.unwrap_or(DAYS_UNTIL_DUE).saturating_mul(DAY));
        set(invoice, "due_date", due);
    }
    let (clock, time) = (owned(invoice, "test_clock"), number(invoice, "due_date"));
    let task = Task::Overdue {
        invoice: owned(invoice, "id"),
        time,
    };
    if flag(invoice, "auto_advance") || time > 0 {
        ledger.billing.agenda.enter(&clock, time, task);
    }
}
