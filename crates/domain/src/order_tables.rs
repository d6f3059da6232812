//! Every state against every state, and against all that Stripe may say. A state that is added has to get its row and its column.

use super::*;
use crate::incident::Incident;
use crate::returned::Returned;
use crate::settle::{Decision, Expected, IntentStatus, Observed, decide};
use crate::{Currency, Mode, Money, OrderId, StoreId};

/// From a state (row) to a state (column): `x` where it may move.
const ORDER_MOVES: &str = "
                   pending confirmed shipped completed cancelled
pending            .       x         x       x         x
confirmed          .       .         x       x         x
shipped            .       .         .       x         .
completed          .       .         .       .         .
cancelled          .       .         .       .         .
";

const MONEY_MOVES: &str = "
                   unpaid authorized paid failed partially_refunded refunded disputed
unpaid             .      x          x    x      .                  .        .
authorized         x      .          x    .      .                  .        .
paid               .      .          .    .      x                  x        x
failed             .      x          x    .      .                  .        .
partially_refunded .      .          .    .      .                  x        x
refunded           .      .          .    .      .                  .        x
disputed           .      .          x    .      x                  x        .
";

/// From a payment status (row), what a fresh reading of the `PaymentIntent` (column) makes of an order that is not cancelled:
/// `-` is nothing.
const READINGS: &str = "
                   waits_for_shopper declined waits_for_stripe requires_capture canceled succeeded
unpaid             -                 failed   -                authorized       -        paid
authorized         -                 -        -                -                unpaid   paid
paid               -                 -        -                -                -        -
failed             -                 -        -                authorized       -        paid
partially_refunded -                 -        -                -                -        -
refunded           -                 -        -                -                -        -
disputed           -                 -        -                -                -        paid
";

/// The same for a cancelled order: money that comes now is for a person to see.
const READINGS_WHEN_CANCELLED: &str = "
                   waits_for_shopper declined waits_for_stripe requires_capture   canceled succeeded
unpaid             -                 failed   -                paid_after_cancel  -        paid_after_cancel
authorized         -                 -        -                -                  unpaid   paid_after_cancel
paid               -                 -        -                -                  -        -
failed             -                 -        -                paid_after_cancel  -        paid_after_cancel
partially_refunded -                 -        -                -                  -        -
refunded           -                 -        -                -                  -        -
disputed           -                 -        -                -                  -        paid
";

/// Whether every cell of a table is what `seen` says for its row and column, which have to be all of these.
fn assert_table(table: &str, rows: &[&str], columns: &[&str], seen: impl Fn(&str, &str) -> String) {
    let mut lines = table.trim_start_matches('\n').lines();
    let heads: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(heads, columns, "the table's columns");
    let mut named = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        let row = words.next().unwrap();
        named.push(row);
        let cells: Vec<&str> = words.collect();
        assert_eq!(cells.len(), columns.len(), "{row}");
        for (column, cell) in columns.iter().zip(cells) {
            assert_eq!(seen(row, column), cell, "{row}: {column}");
        }
    }
    assert_eq!(named, rows, "the table's rows");
}

fn mark(may: bool) -> String {
    if may { "x" } else { "." }.to_owned()
}

fn order_words() -> Vec<&'static str> {
    OrderStatus::ALL.iter().map(|one| one.as_str()).collect()
}

fn money_words() -> Vec<&'static str> {
    PaymentStatus::ALL.iter().map(|one| one.as_str()).collect()
}

#[test]
fn every_order_state_against_every_other() {
    let words = order_words();
    assert_table(ORDER_MOVES, &words, &words, |from, to| {
        let [from, to]: [OrderStatus; 2] = [from, to].map(|word| word.parse().unwrap());
        mark(from.can_become(to))
    });
}

#[test]
fn every_payment_state_against_every_other() {
    let words = money_words();
    assert_table(MONEY_MOVES, &words, &words, |from, to| {
        let [from, to]: [PaymentStatus; 2] = [from, to].map(|word| word.parse().unwrap());
        mark(from.can_become(to))
    });
}

/// The columns, by Stripe's status; one that is added has to be named here.
const fn column(status: IntentStatus, is_declined: bool) -> &'static str {
    match status {
        IntentStatus::AwaitsShopper if is_declined => "declined",
        IntentStatus::AwaitsShopper => "waits_for_shopper",
        IntentStatus::AwaitsStripe => "waits_for_stripe",
        IntentStatus::RequiresCapture => "requires_capture",
        IntentStatus::Canceled => "canceled",
        IntentStatus::Succeeded => "succeeded",
    }
}

const STATUSES: [(IntentStatus, bool); 6] = [
    (IntentStatus::AwaitsShopper, false),
    (IntentStatus::AwaitsShopper, true),
    (IntentStatus::AwaitsStripe, false),
    (IntentStatus::RequiresCapture, false),
    (IntentStatus::Canceled, false),
    (IntentStatus::Succeeded, false),
];

fn decision(order: OrderStatus, money: PaymentStatus, reading: &str) -> Decision {
    let is_read =
        |(status, declined): &&(IntentStatus, bool)| column(*status, *declined) == reading;
    let (status, has_payment_error) = *STATUSES.iter().find(is_read).unwrap();
    let (store_id, order_id) = (StoreId::generate(), OrderId::generate());
    let expected = Expected {
        store_id,
        order_id,
        mode: Mode::Test,
        account_id: "acct_1EXAMPLE".into(),
        payment_intent_id: "pi_1EXAMPLE".into(),
        amount: Money::new(4999, Currency::EUR).unwrap(),
        order_status: order,
        payment_status: money,
    };
    let amount_if = |is_so: bool| if is_so { 4999 } else { 0 };
    let observed = Observed {
        account_id: expected.account_id.clone(),
        payment_intent_id: expected.payment_intent_id.clone(),
        mode: Mode::Test,
        status,
        amount_minor: 4999,
        is_held_first: false,
        amount_received_minor: amount_if(status == IntentStatus::Succeeded),
        amount_capturable_minor: amount_if(status == IntentStatus::RequiresCapture),
        currency: Some(Currency::EUR),
        metadata_store_id: Some(store_id.to_string()),
        metadata_order_id: Some(order_id.to_string()),
        has_payment_error,
        returned: Returned::default(),
    };
    decide(&expected, &observed)
}

fn word(decision: Decision) -> String {
    match decision {
        Decision::MarkPaid => "paid",
        Decision::MarkAuthorized => "authorized",
        Decision::MarkFailed => "failed",
        Decision::MarkUnpaid => "unpaid",
        Decision::Follow(status) => status.as_str(),
        Decision::Unchanged => "-",
        Decision::Report(Incident::PaidAfterCancel) => "paid_after_cancel",
        Decision::Report(incident) => incident.code(),
    }
    .to_owned()
}

#[test]
fn every_state_against_all_that_stripe_may_say() {
    let columns = STATUSES.map(|(status, declined)| column(status, declined));
    for &order in OrderStatus::ALL {
        let table = match order {
            OrderStatus::Cancelled => READINGS_WHEN_CANCELLED,
            OrderStatus::Pending
            | OrderStatus::Confirmed
            | OrderStatus::Shipped
            | OrderStatus::Completed => READINGS,
        };
        assert_table(table, &money_words(), &columns, |money, reading| {
            word(decision(order, money.parse().unwrap(), reading))
        });
    }
}
