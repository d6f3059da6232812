//! "Why is it pending?": the one thing that an order waits for, in a sentence for its merchant.
//!
//! Nothing is moved by what is found here. It is judged from what our records say, and from what Stripe said last.

use crate::connection_problem::ConnectionProblem;
use crate::incident::Incident;
use crate::order::{OrderStatus, PaymentStatus};

/// What an order waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitsFor {
    /// Its stable name; see [`Wait::code`] and [`Incident::code`].
    pub code: &'static str,
    /// What that means, and what to do if anything.
    pub message: String,
}

/// What an order can wait for beside a person who looks at an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// The store has no Stripe account any more.
    StoreNotConnected,
    /// Stripe refuses the store's key.
    StoreMustReconnect,
    /// The money is being taken.
    CaptureUnderWay,
    /// The payment is being cancelled, and the order with it.
    CancellationUnderWay,
    /// Money is on its way back.
    RefundUnderWay,
    /// The money is held until the order is moved on.
    Held,
    /// The money is held, and nothing takes it by itself any more.
    ToBeCaptured,
    /// The merchant says when the money has come.
    PaidByHand,
    /// There is no payment yet.
    ShopperHasNotBegun,
    /// The payment form stands open.
    ShopperHasNotPaid,
    /// The last attempt failed.
    ShopperMustTryAgain,
    /// The shopper's bank asks back.
    ShopperMustAuthenticate,
    /// The bank is at work.
    BankIsProcessing,
    /// News from Stripe is worked through.
    EventPending,
    /// Stripe could not be asked just now.
    NextLook,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::StoreNotConnected,
        Self::StoreMustReconnect,
        Self::CaptureUnderWay,
        Self::CancellationUnderWay,
        Self::RefundUnderWay,
        Self::Held,
        Self::ToBeCaptured,
        Self::PaidByHand,
        Self::ShopperHasNotBegun,
        Self::ShopperHasNotPaid,
        Self::ShopperMustTryAgain,
        Self::ShopperMustAuthenticate,
        Self::BankIsProcessing,
        Self::EventPending,
        Self::NextLook,
    ];

    /// Its name in the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::StoreNotConnected => "store_not_connected",
            Self::StoreMustReconnect => "store_must_reconnect",
            Self::CaptureUnderWay => "capture_under_way",
            Self::CancellationUnderWay => "cancellation_under_way",
            Self::RefundUnderWay => "refund_under_way",
            Self::Held => "held",
            Self::ToBeCaptured => "to_be_captured",
            Self::PaidByHand => "paid_by_hand",
            Self::ShopperHasNotBegun => "shopper_has_not_begun",
            Self::ShopperHasNotPaid => "shopper_has_not_paid",
            Self::ShopperMustTryAgain => "shopper_must_try_again",
            Self::ShopperMustAuthenticate => "shopper_must_authenticate",
            Self::BankIsProcessing => "bank_is_processing",
            Self::EventPending => "event_pending",
            Self::NextLook => "next_look",
        }
    }

    fn says(self, message: impl Into<String>) -> WaitsFor {
        WaitsFor {
            code: self.code(),
            message: message.into(),
        }
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy)]
pub struct OrderFacts {
    /// Where it stands.
    pub status: OrderStatus,
    /// Where its money stands.
    pub payment_status: PaymentStatus,
    /// Whether the merchant takes the money, and not Stripe.
    pub is_paid_by_hand: bool,
    /// Whether its pieces are out of the stock.
    pub keeps_stock: bool,
    /// The status at which the store takes what is held.
    pub captures_at: OrderStatus,
}

/// What Stripe said of a payment's `PaymentIntent` last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtStripe {
    /// Nothing is known yet.
    Unknown,
    /// The shopper has to give a card or press Pay.
    AwaitsShopper,
    /// The shopper has to confirm something, such as 3-D Secure.
    AwaitsAction,
    /// Stripe or a bank is at work.
    Processing,
    /// The money is held or taken, or the payment is over.
    Decided,
}

/// The order's payment, if one was begun.
#[derive(Debug, Clone, Copy)]
pub struct PaymentFacts<'a> {
    /// What Stripe said of it.
    pub at_stripe: AtStripe,
    /// Whether Stripe was asked just now.
    pub is_fresh: bool,
    /// Why the last attempt failed, in Stripe's word.
    pub last_error: Option<&'a str>,
    /// Until when the money is held, for people to read.
    pub held_until: Option<&'a str>,
    /// In how many minutes we look at it again at the latest.
    pub next_look_minutes: Option<i64>,
}

/// Whether the account that takes, or took, the order's money can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// It can.
    Connected,
    /// Stripe refuses its key, or another Stripe is asked now.
    Refused,
    /// The store has none.
    Missing,
}

/// What is to be done at Stripe about the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueAction {
    /// Take what is held.
    Capture,
    /// Give the payment up.
    Cancel,
}

/// All that is known about an order.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The order.
    pub order: OrderFacts,
    /// Its payment.
    pub payment: Option<PaymentFacts<'a>>,
    /// Its account.
    pub account: Account,
    /// What is wrong with the connection.
    pub problems: &'a [ConnectionProblem],
    /// What a person has to look at.
    pub incidents: &'a [Incident],
    /// Whether an event about the payment waits for its turn or for its next try.
    pub has_pending_event: bool,
    /// What is to be done at Stripe.
    pub due_action: Option<DueAction>,
    /// Whether a refund has not ended.
    pub has_open_refund: bool,
}

/// What the order waits for; `None` if for nothing.
pub fn waits_for(facts: &Facts<'_>) -> Option<WaitsFor> {
    of_account(facts)
        .or_else(|| of_incidents(facts, &DOUBTS))
        .or_else(|| of_action(facts))
        .or_else(|| of_incidents(facts, &FOR_A_PERSON))
        .or_else(|| of_money(facts))
        .or_else(|| {
            let words = "A refund is on its way; banks take some days, and nothing is to be done.";
            (facts.has_open_refund).then(|| Wait::RefundUnderWay.says(words))
        })
}

/// Records disagree: nothing goes on by itself.
const DOUBTS: [Incident; 7] = [
    Incident::AccountMismatch,
    Incident::ModeMismatch,
    Incident::PaymentMismatch,
    Incident::CurrencyMismatch,
    Incident::AmountMismatch,
    Incident::PaymentMissing,
    Incident::PaidAfterCancel,
];

/// What a person has to decide, the most urgent first.
const FOR_A_PERSON: [Incident; 8] = [
    Incident::Disputed,
    Incident::Unfulfillable,
    Incident::EventParked,
    Incident::CaptureFailed,
    Incident::AuthorizationExpired,
    Incident::AuthorizationExpiring,
    Incident::RefundFailed,
    Incident::CancelledButPaid,
];

fn of_incidents(facts: &Facts<'_>, ranked: &[Incident]) -> Option<WaitsFor> {
    let open = ranked
        .iter()
        .find(|incident| facts.incidents.contains(incident))?;
    Some(WaitsFor {
        code: open.code(),
        message: open.message().to_owned(),
    })
}

fn of_account(facts: &Facts<'_>) -> Option<WaitsFor> {
    let order = &facts.order;
    let awaits_stripe = !order.is_paid_by_hand
        && order.status != OrderStatus::Cancelled
        && (order.payment_status.is_payable() || order.payment_status == PaymentStatus::Authorized);
    if !awaits_stripe && facts.due_action.is_none() && !facts.has_open_refund {
        return None;
    }
    match facts.account {
        Account::Connected => None,
        Account::Refused => Some(Wait::StoreMustReconnect.says(
            "Stripe does not accept the store's key any more: connect Stripe again, and what has happened meanwhile is looked up by itself.",
        )),
        Account::Missing => Some(Wait::StoreNotConnected.says(
            "The store has no Stripe account to take this payment: connect Stripe.",
        )),
    }
}

fn of_action(facts: &Facts<'_>) -> Option<WaitsFor> {
    Some(match facts.due_action? {
        DueAction::Capture => Wait::CaptureUnderWay
            .says("The money is being taken at Stripe; this is tried until it is done."),
        DueAction::Cancel => Wait::CancellationUnderWay.says(
            "The payment is being cancelled at Stripe, and the order with it; this is tried until it is done.",
        ),
    })
}

fn of_money(facts: &Facts<'_>) -> Option<WaitsFor> {
    let order = &facts.order;
    if order.status == OrderStatus::Cancelled {
        return None;
    }
    match order.payment_status {
        PaymentStatus::Authorized => Some(held(facts)),
        PaymentStatus::Unpaid | PaymentStatus::Failed if order.is_paid_by_hand => Some(
            Wait::PaidByHand
                .says("The order is paid outside Stripe: mark it paid when the money has come."),
        ),
        PaymentStatus::Unpaid | PaymentStatus::Failed => Some(unpaid(facts)),
        PaymentStatus::Paid
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed => None,
    }
}

fn held(facts: &Facts<'_>) -> WaitsFor {
    let OrderFacts {
        status,
        captures_at,
        ..
    } = facts.order;
    let until = facts
        .payment
        .and_then(|payment| payment.held_until)
        .map_or_else(String::new, |until| format!(" until {until}"));
    if status != captures_at && status.can_become(captures_at) {
        return Wait::Held.says(format!(
            "The customer's money is held{until}; it is taken when the order is {captures_at}."
        ));
    }
    Wait::ToBeCaptured.says(format!(
        "The customer's money is held{until} and was not taken yet: capture it, or cancel the order."
    ))
}

fn unpaid(facts: &Facts<'_>) -> WaitsFor {
    let Some(payment) = facts.payment else {
        return Wait::ShopperHasNotBegun.says(format!(
            "The shopper has placed the order and has not begun to pay{}.",
            stock(facts)
        ));
    };
    if !payment.is_fresh {
        return unasked(facts, &payment);
    }
    match payment.at_stripe {
        AtStripe::AwaitsAction => Wait::ShopperMustAuthenticate.says(format!(
            "The shopper has to confirm the payment, with the bank's 3-D Secure or by a step of the payment method that was chosen{}.",
            lost(facts, &payment)
        )),
        AtStripe::Processing => Wait::BankIsProcessing.says(format!(
            "The bank is still at work on the payment, which takes days with some methods{}.",
            lost(facts, &payment)
        )),
        AtStripe::AwaitsShopper if facts.order.payment_status == PaymentStatus::Failed => {
            let why = payment
                .last_error
                .map_or_else(String::new, |code| format!(" ({code})"));
            Wait::ShopperMustTryAgain.says(format!(
                "The shopper's last attempt to pay failed{why}, and can be made again with this or another card{}.",
                stock(facts)
            ))
        }
        AtStripe::AwaitsShopper => Wait::ShopperHasNotPaid.says(format!(
            "The shopper has opened the payment and has not paid{}{}.",
            stock(facts),
            lost(facts, &payment)
        )),
        AtStripe::Unknown | AtStripe::Decided => unasked(facts, &payment),
    }
}

/// What Stripe says now is not known.
fn unasked(facts: &Facts<'_>, payment: &PaymentFacts<'_>) -> WaitsFor {
    if facts.has_pending_event {
        return Wait::EventPending.says(
            "Stripe has sent news about this payment, which are worked through by themselves.",
        );
    }
    let when = payment.next_look_minutes.map_or_else(
        || "soon".to_owned(),
        |minutes| format!("in {}", minutes_text(minutes)),
    );
    Wait::NextLook.says(format!(
        "Stripe could not be asked about this payment just now; it is asked again {when}{}.",
        if is_webhook_lost(facts) {
            ", without waiting for its webhook, which does not arrive"
        } else {
            ""
        }
    ))
}

fn stock(facts: &Facts<'_>) -> &'static str {
    if facts.order.keeps_stock {
        ""
    } else {
        "; its pieces were given back meanwhile, and are taken again if they are there when it is paid"
    }
}

/// Webhooks do not come, but we look ourselves.
fn lost(facts: &Facts<'_>, payment: &PaymentFacts<'_>) -> String {
    match payment.next_look_minutes.filter(|_| is_webhook_lost(facts)) {
        Some(minutes) => format!(
            "; Stripe's webhooks do not arrive, so Stripe is asked again in {}",
            minutes_text(minutes)
        ),
        None => String::new(),
    }
}

fn minutes_text(minutes: i64) -> String {
    match minutes {
        ..=1 => "a minute at the latest".to_owned(),
        minutes => format!("{minutes} minutes at the latest"),
    }
}

fn is_webhook_lost(facts: &Facts<'_>) -> bool {
    let mut problems = facts.problems.iter();
    problems.any(|problem| problem.loses_webhooks())
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
