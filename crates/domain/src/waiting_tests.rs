//! One row per thing that an order can wait for.

use std::collections::BTreeSet;

use super::*;

const PAYMENT: PaymentFacts<'_> = PaymentFacts {
    at_stripe: AtStripe::AwaitsShopper,
    is_fresh: true,
    last_error: None,
    held_until: None,
    next_look_minutes: Some(5),
};

/// An order that was placed a moment ago, in a store where all is well.
fn placed() -> Facts<'static> {
    Facts {
        order: OrderFacts {
            status: OrderStatus::Pending,
            payment_status: PaymentStatus::Unpaid,
            is_paid_by_hand: false,
            keeps_stock: true,
            captures_at: OrderStatus::Shipped,
        },
        payment: Some(PAYMENT),
        account: Account::Connected,
        problems: &[],
        incidents: &[],
        has_pending_event: false,
        due_action: None,
        has_open_refund: false,
    }
}

fn standing(status: OrderStatus, payment_status: PaymentStatus) -> Facts<'static> {
    let mut facts = placed();
    facts.order.status = status;
    facts.order.payment_status = payment_status;
    facts.payment = Some(PaymentFacts {
        at_stripe: AtStripe::Decided,
        held_until: Some("2026-11-28"),
        ..PAYMENT
    });
    facts
}

fn with(change: impl FnOnce(&mut Facts<'static>)) -> Facts<'static> {
    let mut facts = placed();
    change(&mut facts);
    facts
}

fn paying(change: impl FnOnce(&mut PaymentFacts<'static>)) -> Facts<'static> {
    with(|facts| {
        let mut payment = PAYMENT;
        change(&mut payment);
        facts.payment = Some(payment);
    })
}

/// What the order waits for, and a piece of what its merchant reads.
type Row = (Facts<'static>, &'static str, &'static str);

fn table() -> Vec<Row> {
    let mut rows = waiting_for_the_shopper();
    rows.extend(waiting_for_others());
    rows
}

fn waiting_for_the_shopper() -> Vec<Row> {
    let failed = |error| {
        let mut facts = paying(|payment| payment.last_error = error);
        facts.order.payment_status = PaymentStatus::Failed;
        facts
    };
    vec![
        (placed(), "shopper_has_not_paid", "has not paid."),
        (
            with(|facts| facts.payment = None),
            "shopper_has_not_begun",
            "has not begun to pay.",
        ),
        (
            with(|facts| facts.order.keeps_stock = false),
            "shopper_has_not_paid",
            "given back meanwhile",
        ),
        (
            with(|facts| facts.problems = &[ConnectionProblem::WebhookNotArriving]),
            "shopper_has_not_paid",
            "webhooks do not arrive, so Stripe is asked again in 5 minutes",
        ),
        (
            failed(Some("card_declined")),
            "shopper_must_try_again",
            "failed (card_declined)",
        ),
        (failed(None), "shopper_must_try_again", "failed, and"),
        (
            paying(|payment| payment.at_stripe = AtStripe::AwaitsAction),
            "shopper_must_authenticate",
            "3-D Secure",
        ),
        (
            paying(|payment| payment.at_stripe = AtStripe::Processing),
            "bank_is_processing",
            "still at work",
        ),
        (
            paying(|payment| payment.is_fresh = false),
            "next_look",
            "in 5 minutes at the latest.",
        ),
        (
            paying(|payment| {
                payment.is_fresh = false;
                payment.next_look_minutes = Some(1);
            }),
            "next_look",
            "in a minute",
        ),
        (
            paying(|payment| {
                payment.is_fresh = false;
                payment.next_look_minutes = None;
            }),
            "next_look",
            "again soon.",
        ),
        (
            paying(|payment| payment.at_stripe = AtStripe::Unknown),
            "next_look",
            "could not be asked",
        ),
        (
            with(|facts| {
                facts.has_pending_event = true;
                facts.payment = Some(PaymentFacts {
                    is_fresh: false,
                    ..PAYMENT
                });
            }),
            "event_pending",
            "worked through",
        ),
        // What Stripe says now outranks an event that is not worked through yet.
        (
            with(|facts| facts.has_pending_event = true),
            "shopper_has_not_paid",
            "has not paid.",
        ),
        (
            with(|facts| {
                facts.problems = &[ConnectionProblem::WebhookUnreachable];
                facts.payment = Some(PaymentFacts {
                    is_fresh: false,
                    ..PAYMENT
                });
            }),
            "next_look",
            "which does not arrive",
        ),
    ]
}

fn waiting_for_others() -> Vec<Row> {
    use OrderStatus::{Cancelled, Completed, Confirmed, Shipped};
    use PaymentStatus::{Authorized, Paid, Unpaid};
    let mut action = standing(Confirmed, Authorized);
    action.due_action = Some(DueAction::Capture);
    let mut cancelling = placed();
    cancelling.due_action = Some(DueAction::Cancel);
    let mut refund = standing(Cancelled, Paid);
    refund.has_open_refund = true;
    let mut ending = standing(Confirmed, Authorized);
    ending.incidents = &[Incident::AuthorizationExpiring];
    let mut sold_out = standing(Confirmed, Paid);
    sold_out.incidents = &[Incident::Unfulfillable];
    let mut broken_and_disputed = sold_out;
    broken_and_disputed.incidents = &[Incident::Unfulfillable, Incident::Disputed];
    let mut held_but_refused = standing(Confirmed, Authorized);
    held_but_refused.account = Account::Refused;
    vec![
        (
            with(|facts| facts.order.is_paid_by_hand = true),
            "paid_by_hand",
            "mark it paid",
        ),
        (
            with(|facts| facts.account = Account::Refused),
            "store_must_reconnect",
            "connect Stripe again",
        ),
        (
            with(|facts| facts.account = Account::Missing),
            "store_not_connected",
            "connect Stripe",
        ),
        (
            held_but_refused,
            "store_must_reconnect",
            "connect Stripe again",
        ),
        (
            standing(Confirmed, Authorized),
            "held",
            "held until 2026-11-28; it is taken when the order is shipped",
        ),
        (
            standing(Shipped, Authorized),
            "to_be_captured",
            "capture it",
        ),
        (
            standing(Completed, Authorized),
            "to_be_captured",
            "capture it",
        ),
        (ending, "authorization_expiring", "ends soon"),
        (action, "capture_under_way", "being taken"),
        (cancelling, "cancellation_under_way", "being cancelled"),
        (refund, "refund_under_way", "refund"),
        (sold_out, "unfulfillable", "sold out"),
        (broken_and_disputed, "disputed", "disputes"),
        (
            with(|facts| facts.incidents = &[Incident::EventParked]),
            "event_parked",
            "replay",
        ),
        (
            with(|facts| facts.incidents = &[Incident::AmountMismatch]),
            "amount_mismatch",
            "differs",
        ),
        (standing(Confirmed, Unpaid), "next_look", "asked again"),
    ]
}

#[test]
fn the_one_thing_that_an_order_waits_for() {
    for (facts, code, words) in table() {
        let told = waits_for(&facts).unwrap_or_else(|| panic!("{code}: nothing for {facts:?}"));
        assert_eq!(told.code, code, "{facts:?}");
        assert!(told.message.contains(words), "{code}: {}", told.message);
        assert!(told.message.ends_with('.'), "{code}: {}", told.message);
    }
}

#[test]
fn an_order_that_is_done_with_waits_for_nothing() {
    use OrderStatus::{Cancelled, Completed, Confirmed, Shipped};
    use PaymentStatus::{Failed, Paid, PartiallyRefunded, Refunded, Unpaid};
    for (status, payment_status) in [
        (Confirmed, Paid),
        (Shipped, Paid),
        (Completed, Paid),
        (Completed, PartiallyRefunded),
        (Cancelled, Unpaid),
        (Cancelled, Failed),
        (Cancelled, Refunded),
        (Cancelled, Paid),
    ] {
        for account in [Account::Connected, Account::Refused, Account::Missing] {
            let mut facts = standing(status, payment_status);
            facts.account = account;
            assert_eq!(waits_for(&facts), None, "{status} {payment_status}");
        }
    }
}

#[test]
fn a_doubt_stops_a_capture_and_other_incidents_do_not() {
    for incident in Incident::ALL {
        let incidents = [incident];
        let mut facts = Facts {
            incidents: &incidents,
            ..standing(OrderStatus::Confirmed, PaymentStatus::Authorized)
        };
        assert_eq!(waits_for(&facts).unwrap().code, incident.code());
        facts.due_action = Some(DueAction::Capture);
        let is_doubt = DOUBTS.contains(&incident);
        let expected = if is_doubt {
            incident.code()
        } else {
            "capture_under_way"
        };
        assert_eq!(waits_for(&facts).unwrap().code, expected);
    }
}

#[test]
fn every_code_is_told_somewhere() {
    let told: BTreeSet<&str> = table().iter().map(|(_, code, _)| *code).collect();
    for wait in Wait::ALL {
        assert!(told.contains(wait.code()), "{wait:?}");
    }
    let all: BTreeSet<&str> = Wait::ALL.iter().map(|wait| wait.code()).collect();
    assert_eq!(all.len(), Wait::ALL.len());
}
