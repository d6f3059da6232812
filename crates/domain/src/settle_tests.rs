//! The settle rule, by table and by every order of a payment's life.

use proptest::prelude::*;

use super::*;
use crate::returned::{DisputeStanding, RefundStatus};

fn expected() -> Expected {
    Expected {
        store_id: StoreId::generate(),
        order_id: OrderId::generate(),
        mode: Mode::Test,
        account_id: "acct_1EXAMPLE".into(),
        payment_intent_id: "pi_1EXAMPLE".into(),
        amount: Money::new(4999, Currency::EUR).unwrap(),
        order_status: OrderStatus::Pending,
        payment_status: PaymentStatus::Unpaid,
    }
}

fn succeeded(expected: &Expected) -> Observed {
    Observed {
        account_id: expected.account_id.clone(),
        payment_intent_id: expected.payment_intent_id.clone(),
        mode: expected.mode,
        status: IntentStatus::Succeeded,
        amount_minor: 4999,
        is_held_first: false,
        amount_received_minor: 4999,
        amount_capturable_minor: 0,
        currency: Some(Currency::EUR),
        metadata_store_id: Some(expected.store_id.to_string()),
        metadata_order_id: Some(expected.order_id.to_string()),
        has_payment_error: false,
        returned: Returned::default(),
    }
}

#[test]
fn paid_when_everything_agrees() {
    let expected = expected();
    assert_eq!(decide(&expected, &succeeded(&expected)), Decision::MarkPaid);
}

/// A mismatch and how it comes about.
type Case = (Incident, fn(&mut Observed));

#[test]
fn w12_every_mismatch_has_its_name_and_never_pays() {
    let expected = expected();
    let cases: [Case; 10] = [
        (Incident::AmountMismatch, |o| o.amount_received_minor = 50),
        (Incident::AmountMismatch, |o| o.amount_received_minor = 0),
        (Incident::AmountMismatch, |o| o.amount_received_minor = 5000),
        (Incident::CurrencyMismatch, |o| {
            o.currency = "huf".parse().ok();
        }),
        (Incident::CurrencyMismatch, |o| o.currency = None),
        (Incident::ModeMismatch, |o| o.mode = Mode::Live),
        (Incident::AccountMismatch, |o| {
            o.account_id = "acct_2EXAMPLE".into();
        }),
        (Incident::PaymentMismatch, |o| {
            o.payment_intent_id = "pi_2EXAMPLE".into();
        }),
        (Incident::PaymentMismatch, |o| {
            o.metadata_store_id = Some(StoreId::generate().to_string());
        }),
        (Incident::PaymentMismatch, |o| {
            o.metadata_order_id = Some(String::new());
        }),
    ];
    for (incident, change) in cases {
        let mut observed = succeeded(&expected);
        change(&mut observed);
        assert_eq!(decide(&expected, &observed), Decision::Report(incident));
    }
}

#[test]
fn missing_metadata_is_no_contradiction() {
    let expected = expected();
    let observed = Observed {
        metadata_store_id: None,
        metadata_order_id: None,
        ..succeeded(&expected)
    };
    assert_eq!(decide(&expected, &observed), Decision::MarkPaid);
}

#[test]
fn money_for_a_cancelled_order_is_reported() {
    let expected = Expected {
        order_status: OrderStatus::Cancelled,
        ..expected()
    };
    assert_eq!(
        decide(&expected, &succeeded(&expected)),
        Decision::Report(Incident::PaidAfterCancel)
    );
}

#[test]
fn a_decline_leaves_the_order_payable_and_never_undoes_paid() {
    let mut expected = expected();
    let declined = Observed {
        status: IntentStatus::AwaitsShopper,
        amount_received_minor: 0,
        has_payment_error: true,
        ..succeeded(&expected)
    };
    assert_eq!(decide(&expected, &declined), Decision::MarkFailed);
    for &state in PaymentStatus::ALL
        .iter()
        .filter(|&&state| state != PaymentStatus::Unpaid)
    {
        expected.payment_status = state;
        assert_eq!(decide(&expected, &declined), Decision::Unchanged, "{state}");
    }
}

/// Applies a decision as the database does.
fn apply(expected: &mut Expected, decision: Decision) -> u32 {
    match decision {
        Decision::MarkPaid => {
            expected.payment_status = PaymentStatus::Paid;
            expected.order_status = OrderStatus::Confirmed;
            return 1;
        }
        Decision::MarkAuthorized => {
            expected.payment_status = PaymentStatus::Authorized;
            expected.order_status = OrderStatus::Confirmed;
        }
        Decision::MarkFailed => expected.payment_status = PaymentStatus::Failed,
        Decision::MarkUnpaid => expected.payment_status = PaymentStatus::Unpaid,
        Decision::Follow(status) => expected.payment_status = status,
        Decision::Unchanged | Decision::Report(_) => {}
    }
    0
}

#[test]
fn a_paid_order_follows_its_money() {
    use PaymentStatus::{Disputed, Paid, PartiallyRefunded, Refunded};
    let refunded = |refunded_minor| Returned {
        refunded_minor,
        ..Returned::default()
    };
    let disputed = Returned {
        is_disputed: true,
        ..Returned::default()
    };
    for (from, returned, decision) in [
        (Paid, refunded(0), Decision::Unchanged),
        (Paid, refunded(1), Decision::Follow(PartiallyRefunded)),
        (Paid, refunded(4999), Decision::Follow(Refunded)),
        (Paid, disputed, Decision::Follow(Disputed)),
        (Disputed, disputed, Decision::Unchanged),
        (Disputed, refunded(0), Decision::Follow(Paid)),
        // Nothing came back: this is what was read before the refund.
        (Refunded, refunded(0), Decision::Unchanged),
    ] {
        let expected = Expected {
            payment_status: from,
            ..expected()
        };
        let observed = Observed {
            returned,
            ..succeeded(&expected)
        };
        assert_eq!(
            decide(&expected, &observed),
            decision,
            "{from} {returned:?}"
        );
    }
}

#[test]
fn money_for_a_cancelled_order_that_was_sent_back_needs_nobody() {
    let expected = Expected {
        order_status: OrderStatus::Cancelled,
        ..expected()
    };
    for (refunded_minor, decision) in [
        (4998, Decision::Report(Incident::PaidAfterCancel)),
        (4999, Decision::Unchanged),
    ] {
        let observed = Observed {
            returned: Returned {
                refunded_minor,
                ..Returned::default()
            },
            ..succeeded(&expected)
        };
        assert_eq!(decide(&expected, &observed), decision);
    }
}

proptest! {
    /// Old readings may come after new ones (two workers); once money was seen, it stays, and it is seen once.
    #[test]
    fn w8_any_order_and_repetition_confirms_once(order in proptest::collection::vec(0_usize..4, 1..40)) {
        let mut expected = expected();
        let base = succeeded(&expected);
        let readings = [
            Observed { status: IntentStatus::AwaitsShopper, amount_received_minor: 0, ..base.clone() },
            Observed { status: IntentStatus::AwaitsShopper, amount_received_minor: 0, has_payment_error: true, ..base.clone() },
            Observed { status: IntentStatus::AwaitsStripe, amount_received_minor: 0, ..base.clone() },
            base,
        ];
        let mut confirmations = 0;
        for &index in &order {
            let decision = decide(&expected, &readings[index]);
            confirmations += apply(&mut expected, decision);
        }
        let paid = order.contains(&3);
        prop_assert_eq!(confirmations, u32::from(paid));
        prop_assert_eq!(expected.payment_status == PaymentStatus::Paid, paid);
    }

    /// A life with refunds and disputes, looked at any number of times while it goes on: whatever was seen on the way, the
    /// last look ends where the money is, and the order was confirmed once.
    #[test]
    fn w8_however_often_it_is_looked_at_the_end_is_where_the_money_is(
        steps in proptest::collection::vec((0_usize..8, any::<bool>()), 0..40)
    ) {
        let mut expected = expected();
        let base = succeeded(&expected);
        let (mut refunds, mut disputes) = (Vec::new(), Vec::new());
        let mut confirmations = 0;
        let mut look = |expected: &mut Expected, refunds: &[(RefundStatus, i64)], disputes: &[(DisputeStanding, i64)]| {
            let returned = Returned::of(refunds.iter().copied(), disputes.iter().copied());
            let observed = Observed { returned, ..base.clone() };
            let first = decide(expected, &observed);
            confirmations += apply(expected, first);
            // What was paid and given back before anybody looked is both.
            let second = decide(expected, &observed);
            confirmations += apply(expected, second);
            returned
        };
        for (what, is_seen) in steps {
            let held: i64 = refunds.iter().filter(|(status, _): &&(RefundStatus, i64)| status.is_at_stripe()).map(|(_, amount)| amount).sum();
            let left = 4999 - held;
            match what {
                0 if left > 0 => refunds.push((RefundStatus::Pending, (left / 2).max(1))),
                1 if left > 0 => refunds.push((RefundStatus::Succeeded, left)),
                2 => if let Some(refund) = refunds.first_mut() { refund.0 = RefundStatus::Failed },
                3 => if let Some(refund) = refunds.last_mut() { refund.0 = RefundStatus::Canceled },
                4 if left > 0 => disputes.push((DisputeStanding::Open, left)),
                5 => if let Some(dispute) = disputes.first_mut() { dispute.0 = DisputeStanding::Won },
                6 => if let Some(dispute) = disputes.last_mut() { dispute.0 = DisputeStanding::Lost },
                7 => disputes.push((DisputeStanding::Inquiry, 4999)),
                _ => {}
            }
            if is_seen {
                look(&mut expected, &refunds, &disputes);
            }
        }
        let returned = look(&mut expected, &refunds, &disputes);
        prop_assert_eq!(confirmations, 1);
        prop_assert_eq!(expected.payment_status, returned.status(4999));
        prop_assert_eq!(decide(&expected, &Observed { returned, ..base.clone() }), Decision::Unchanged);
    }
}

#[test]
fn a_part_of_a_hold_pays_whoever_took_it() {
    let held = Expected {
        payment_status: PaymentStatus::Authorized,
        ..expected()
    };
    let received = |amount_received_minor| Observed {
        amount_received_minor,
        is_held_first: true,
        ..succeeded(&held)
    };
    for part in [1, 500, 4998, 4999] {
        assert_eq!(decide(&held, &received(part)), Decision::MarkPaid, "{part}");
    }
    let mismatch = Decision::Report(Incident::AmountMismatch);
    for other in [i64::MIN, -1, 0, 5000, i64::MAX] {
        assert_eq!(decide(&held, &received(other)), mismatch, "{other}");
    }
    // A PaymentIntent of another amount, and one that takes the money at once, have to bring it all.
    for amount_minor in [500, 4998, 5000] {
        let other = Observed {
            amount_minor,
            ..received(500)
        };
        assert_eq!(decide(&held, &other), mismatch, "{amount_minor}");
    }
    let at_once = Observed {
        is_held_first: false,
        ..received(500)
    };
    assert_eq!(decide(&held, &at_once), mismatch);
    // Less must not be held than the total.
    let less = Observed {
        status: IntentStatus::RequiresCapture,
        amount_capturable_minor: 500,
        ..received(0)
    };
    assert_eq!(decide(&held, &less), mismatch);
}

#[test]
fn a_wrong_amount_that_was_sent_back_needs_nobody() {
    let expected = expected();
    for (received, refunded_minor, decision) in [
        (50, 49, Decision::Report(Incident::AmountMismatch)),
        (50, 50, Decision::Unchanged),
        (0, 0, Decision::Report(Incident::AmountMismatch)),
    ] {
        let observed = Observed {
            amount_received_minor: received,
            returned: Returned {
                refunded_minor,
                ..Returned::default()
            },
            ..succeeded(&expected)
        };
        assert_eq!(decide(&expected, &observed), decision, "{received}");
    }
}
