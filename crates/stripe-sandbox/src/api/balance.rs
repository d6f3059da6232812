//! `GET /v1/balance` and `GET /v1/balance_transactions[/{id}]`. How the balance moves stands in
//! `crate::money::balance`. Source: Stripe API reference, "Balance" and "Balance Transactions".

use serde_json::Value;

use crate::money::balance;
use crate::v1::{Call, StripeError, list as pages};

#[expect(clippy::unnecessary_wraps, reason = "every handler has one shape")]
pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    Ok(balance::render(call.ledger))
}

pub(crate) fn retrieve_transaction(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.object("balance_transaction", call.id());
    found.ok_or_else(|| StripeError::missing("balance transaction", call.id()))
}

pub(crate) fn list_transactions(call: &mut Call<'_>) -> Result<Value, StripeError> {
    if let Some(payout) = call.params.text("payout") {
        return Err(StripeError::no_such("payout", payout, "payout"));
    }
    let kind = call.params.text("type");
    let source = call.params.text("source");
    let currency = call.params.text("currency");
    let ledger = &call.ledger;
    let transactions = ledger.balance_transactions.values().rev();
    let rows: Vec<_> = transactions
        .filter(|one| kind.is_none_or(|kind| one.kind.kind() == kind))
        .filter(|one| source.is_none_or(|source| one.source == source))
        .filter(|one| currency.is_none_or(|code| one.currency.eq_ignore_ascii_case(code)))
        .map(|one| (one.id.clone(), one.created))
        .collect();
    pages::page(call, "balance_transaction", &rows, |id| {
        ledger.object("balance_transaction", id).unwrap_or_default()
    })
}
