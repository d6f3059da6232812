//! The account's balance: each movement has a balance transaction, and the balance is their sum.
//! Source: Stripe docs, "Balance transaction types", and API reference, "Balance".

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ids;
use crate::objects::{BalanceTransaction, Charge, Movement};
use crate::state::{Ledger, Task};
use crate::v1::Origin;

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// Funds are pending for this many days, as for most accounts in the US.
const PENDING_DAYS: i64 = 2;
/// Stripe's price for online card payments in the US, 2.9 % + 30 ¢; in every currency its minor units.
const FEE_PER_MILLE: i64 = 29;
const FEE_FIXED_MINOR: i64 = 30;
/// What Stripe takes for a dispute, in minor units of the charge's currency.
const DISPUTE_FEE_MINOR: i64 = 1_500;

/// The fee for a card payment, rounded to the nearest minor unit.
fn payment_fee(amount: i64) -> i64 {
    (amount.saturating_mul(FEE_PER_MILLE) + 500).div_euclid(1_000) + FEE_FIXED_MINOR
}

/// Gives a captured charge its balance transaction, and tells of it.
/// Source: Stripe docs, "Asynchronous capture".
pub(crate) fn settle_charge(ledger: &mut Ledger, charge: &str, origin: &Origin) {
    let Some(before) = ledger.charges.get(charge).map(Charge::render) else {
        return;
    };
    book_charge(ledger, charge, origin);
    if let Some(after) = ledger.charges.get(charge).map(Charge::render) {
        ledger.emit_difference("charge.updated", before, &after, origin);
    }
}

/// Books what was captured of a charge.
pub(crate) fn book_charge(ledger: &mut Ledger, id: &str, origin: &Origin) {
    let Some(charge) = ledger.charges.get(id) else {
        return;
    };
    if charge.balance_transaction.is_some() {
        return;
    }
    let method = charge.payment_method["id"].as_str().unwrap_or_default();
    let at_once =
        (ledger.payment_methods.get(method)).is_some_and(|method| method.card.bypasses_pending());
    let description = charge.echoed.get("description").and_then(Value::as_str);
    let transaction = BalanceTransaction {
        id: ids::object("txn"),
        kind: Movement::Charge,
        amount: charge.amount_captured,
        fee: payment_fee(charge.amount_captured),
        currency: charge.currency.clone(),
        created: origin.now,
        available_on: if at_once {
            origin.now
        } else {
            (origin.now.div_euclid(DAY_SECONDS) + PENDING_DAYS) * DAY_SECONDS
        },
        source: id.to_owned(),
        description: description.map(str::to_owned),
    };
    let transaction = add(ledger, transaction);
    if let Some(charge) = ledger.charges.get_mut(id) {
        charge.balance_transaction = Some(transaction);
    }
}

/// Books money that a refund takes from the balance, or that comes back because it failed.
pub(crate) fn book_refund(
    ledger: &mut Ledger,
    refund: &str,
    kind: Movement,
    origin: &Origin,
) -> Option<String> {
    let refund = ledger.refunds.get(refund)?;
    let (amount, description) = match kind {
        Movement::RefundFailure => (refund.amount, "REFUND FAILURE"),
        _ => (-refund.amount, "REFUND FOR CHARGE"),
    };
    let transaction = BalanceTransaction {
        id: ids::object("txn"),
        kind,
        amount,
        fee: 0,
        currency: refund.currency.clone(),
        created: origin.now,
        available_on: available_with_charge(ledger, &refund.charge, origin.now),
        source: refund.id.clone(),
        description: Some(description.to_owned()),
    };
    Some(add(ledger, transaction))
}

/// Books a dispute's withdrawal, with Stripe's fee, or its reversal, which gives the fee back.
pub(crate) fn book_dispute(
    ledger: &mut Ledger,
    dispute: &str,
    charge: &str,
    amount: i64,
    origin: &Origin,
) -> Option<Value> {
    let currency = ledger.charges.get(charge)?.currency.clone();
    let withdrawal = amount < 0;
    let transaction = BalanceTransaction {
        id: ids::object("txn"),
        kind: if withdrawal {
            Movement::Dispute
        } else {
            Movement::DisputeReversal
        },
        amount,
        fee: if withdrawal {
            DISPUTE_FEE_MINOR
        } else {
            -DISPUTE_FEE_MINOR
        },
        currency,
        created: origin.now,
        available_on: available_with_charge(ledger, charge, origin.now),
        source: dispute.to_owned(),
        description: Some(if withdrawal {
            format!("Chargeback withdrawal for {charge}")
        } else {
            format!("Chargeback reversal for {charge}")
        }),
    };
    let id = add(ledger, transaction);
    ledger.object("balance_transaction", &id)
}

/// Money of a charge that is still pending is taken from, and given back to, the pending balance.
fn available_with_charge(ledger: &Ledger, charge: &str, now: i64) -> i64 {
    let transaction = (ledger.charges.get(charge))
        .and_then(|charge| charge.balance_transaction.as_ref())
        .and_then(|id| ledger.balance_transactions.get(id));
    transaction.map_or(now, |transaction| transaction.available_on.max(now))
}

fn add(ledger: &mut Ledger, transaction: BalanceTransaction) -> String {
    let id = transaction.id.clone();
    if transaction.available_on > transaction.created {
        let due = transaction.available_on;
        ledger.timers.at(due, Task::BalanceAvailable);
    }
    ledger.balance_transactions.insert(id.clone(), transaction);
    id
}

/// The balance at the ledger's time.
pub(crate) fn render(ledger: &Ledger) -> Value {
    let home = ledger.spec.default_currency.as_str();
    let mut available = BTreeMap::from([(home, 0_i64)]);
    let mut pending = BTreeMap::from([(home, 0_i64)]);
    for transaction in ledger.balance_transactions.values() {
        let (to, other) = if transaction.available_on <= ledger.now {
            (&mut available, &mut pending)
        } else {
            (&mut pending, &mut available)
        };
        let sum = to.entry(&transaction.currency).or_default();
        *sum = sum.saturating_add(transaction.net());
        other.entry(&transaction.currency).or_default();
    }
    json!({
        "object": "balance",
        "available": funds(available),
        "livemode": ledger.livemode,
        "pending": funds(pending),
        "refund_and_dispute_prefunding": { "available": [], "pending": [] },
    })
}

fn funds(sums: BTreeMap<&str, i64>) -> Vec<Value> {
    let one = |(currency, amount): (&str, i64)| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } });
    sums.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_is_rounded_to_the_nearest_minor_unit() {
        assert_eq!(payment_fee(2000), 88);
        assert_eq!(payment_fee(50), 31);
        assert_eq!(payment_fee(1999), 88);
        assert_eq!(payment_fee(1), 30);
    }
}
