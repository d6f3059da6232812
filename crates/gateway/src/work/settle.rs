//! The one way by which a payment's state follows Stripe: webhook and shopper's return both come through here.
//!
//! Reads our record, reads the `PaymentIntent` from Stripe with the store's own key, asks [`domain::settle`], and
//! stores the decision in one transaction with whatever triggered it.

use std::time::Duration;

use db::inbox::ClaimedEvent;
use db::orders::Order;
use db::payments::{Payment, PaymentState};
use db::saved_payment_methods::SavedPaymentMethod;
use domain::incident::Incident;
use domain::order::PaymentStatus;
use domain::returned::Returned;
use domain::settle::{Decision, Expected, IntentStatus, Observed, decide};
use domain::{Mode, Money, StoreId};
use jiff::Timestamp;
use stripe_http::payment_intents::{self, CaptureMethod, PaymentIntent, Status};
use stripe_http::{Error as StripeError, PaymentIntentId};

use super::effects;
use super::returned::{self, News};
use super::told;
use crate::app::App;
use crate::error::ApiError;
use crate::middleware::rate_limit::Budget;
use crate::saved_payment_methods::record;
use crate::stripe::StoreStripe;
use crate::timeline::Cause;

/// Why we look at a payment.
#[derive(Debug, Clone, Copy)]
pub enum Trigger<'a> {
    /// An event of the inbox; it is finished in the same transaction.
    Event(&'a ClaimedEvent),
    /// The shopper came back, or somebody asked.
    Asked,
    /// It stayed open for long.
    Sweep,
    /// An operator asked at the command line.
    Operator,
    /// We have done something about it at Stripe, for this cause.
    Acted(Cause<'a>),
}

impl<'a> Trigger<'a> {
    /// As the order's story tells it.
    pub(super) fn cause(&self) -> Cause<'a> {
        match self {
            Self::Event(event) if event.is_found => Cause::Found(&event.event_id),
            Self::Event(event) => Cause::Event(&event.event_id),
            Self::Asked => Cause::Asked,
            Self::Sweep => Cause::Sweep,
            Self::Operator => Cause::Operator,
            Self::Acted(cause) => *cause,
        }
    }

    /// Of an event its type, else nothing.
    fn event_type(&self) -> &str {
        match self {
            Self::Event(event) => &event.event_type,
            Self::Asked | Self::Sweep | Self::Operator | Self::Acted(_) => "",
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Our record agrees with Stripe, or an incident says why not. A triggering event is finished.
    Stored,
    /// Not a payment of this store and mode. A triggering event is left to the caller.
    NotOurs,
}

/// Rounds against concurrent changes of the same order: webhook, return and a second worker are three.
const MAX_ROUNDS: u32 = 5;

/// A reader waits this long for Stripe.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(5);

/// Brings our record of a `PaymentIntent` up to what Stripe says now.
pub async fn settle(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
    trigger: Trigger<'_>,
) -> Result<Settled, ApiError> {
    for _ in 0..MAX_ROUNDS {
        let Some(known) = load(app, store_id, mode, payment_intent_id).await? else {
            return Ok(Settled::NotOurs);
        };
        let reading = read_from_stripe(
            app,
            store_id,
            &known.payment,
            payment_intent_id,
            trigger.event_type(),
        )
        .await?;
        let verdict = judge(store_id, &known, reading)?;
        let Known { payment, order } = known;
        if effects::store(app, store_id, &payment, order.as_ref(), &verdict, trigger).await? {
            return Ok(Settled::Stored);
        }
    }
    Err(ApiError::unavailable(
        "payment_busy",
        "The payment is being updated. Try again in a moment.",
        1,
    ))
}

/// Brings a payment up to date before it is shown, within the store's budget for such reads and within
/// five seconds. What cannot be had now is left to the webhook: the record is shown as it is. Tells whether it is fresh.
pub async fn catch_up(app: &App, store_id: StoreId, mode: Mode, payment_intent_id: &str) -> bool {
    if app
        .rate_limits
        .check(Budget::StripeReads, store_id)
        .is_err()
    {
        return false;
    }
    let settling = settle(app, store_id, mode, payment_intent_id, Trigger::Asked);
    match tokio::time::timeout(CATCH_UP_WITHIN, settling).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::warn!(%store_id, ?error, "a payment could not be read from Stripe for its reader");
            false
        }
        Err(_) => {
            tracing::warn!(%store_id, "Stripe is slow: a payment is shown as it was");
            false
        }
    }
}

/// What our records say of a payment.
pub(super) struct Known {
    /// Its row.
    pub payment: Payment,
    /// The order that it pays.
    pub order: Option<Order>,
}

pub(super) async fn load(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
) -> Result<Option<Known>, ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, payment_intent_id).await?;
    let Some(payment) = payment.filter(|payment| payment.mode == mode) else {
        return Ok(None);
    };
    let order = match payment.order_id {
        Some(order_id) => db::orders::find(&mut conn, store_id, order_id).await?,
        None => None,
    };
    Ok(Some(Known { payment, order }))
}

/// What Stripe says, or why it cannot say anything about this payment.
pub(super) enum Reading {
    Intent {
        account_id: String,
        intent: Box<PaymentIntent>,
        news: Box<News>,
    },
    OtherAccount,
    Missing,
}

pub(super) async fn read_from_stripe(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    payment_intent_id: &str,
    event_type: &str,
) -> Result<Reading, ApiError> {
    let account_id = &payment.account_id;
    let Some(stripe) = StoreStripe::of_account(app, store_id, payment.mode, account_id).await?
    else {
        return Ok(Reading::OtherAccount);
    };
    let id = PaymentIntentId::parse(payment_intent_id).map_err(ApiError::internal)?;
    let mut read = payment_intents::retrieve_with_charge(&stripe.client, &id).await;
    if let Err(StripeError::Permission(_)) = read {
        // A restricted key that may not read charges still tells whether the order is paid.
        read = payment_intents::retrieve(&stripe.client, &id).await;
    }
    match read {
        Ok(intent) => {
            let news = returned::read(app, &stripe, store_id, payment, &intent, event_type).await?;
            Ok(Reading::Intent {
                account_id: stripe.connection.account_id.clone(),
                intent: Box::new(intent),
                news: Box::new(news),
            })
        }
        Err(StripeError::NotFound(_)) => Ok(Reading::Missing),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

/// A decision about the order, and what the payment's own row becomes.
pub struct Verdict {
    /// What happens to the order.
    pub decision: Decision,
    /// Where the payment stands.
    pub payment_state: PaymentState,
    /// What was captured, in the smallest unit.
    pub captured_minor: i64,
    /// Stripe's code and decline code of the last failure.
    pub last_error: Option<(Option<String>, Option<String>)>,
    /// The charge of the attempt that failed last.
    pub failed_charge: Option<String>,
    /// Stripe's word for where the payment stands; `None` where that is no news.
    pub stripe_status: Option<String>,
    /// What the shopper lets the store keep.
    pub to_keep: Option<SavedPaymentMethod>,
    /// Stripe's charge, and until when it can be captured; `None` where neither is news.
    pub charge: Option<(String, Option<Timestamp>)>,
    /// What became of the money of an order that is paid by this very decision.
    pub then: Option<PaymentStatus>,
    /// What is new about refunds and disputes.
    pub news: Option<Box<News>>,
}

pub(super) fn judge(
    store_id: StoreId,
    known: &Known,
    reading: Reading,
) -> Result<Verdict, ApiError> {
    let payment = &known.payment;
    let unchanged = |decision| Verdict {
        decision,
        payment_state: payment.status,
        captured_minor: payment.captured_minor,
        last_error: None,
        failed_charge: None,
        stripe_status: None,
        to_keep: None,
        charge: None,
        then: None,
        news: None,
    };
    let (account_id, intent, news) = match reading {
        Reading::OtherAccount => {
            return Ok(unchanged(Decision::Report(Incident::AccountMismatch)));
        }
        Reading::Missing => return Ok(unchanged(Decision::Report(Incident::PaymentMissing))),
        Reading::Intent {
            account_id,
            intent,
            news,
        } => (account_id, intent, news),
    };
    let (decision, then) = match &known.order {
        Some(order) => {
            let observed = observed(&account_id, &intent, news.returned(payment));
            settled(expected(store_id, known, order)?, &observed)
        }
        None => (Decision::Unchanged, None),
    };
    if let Decision::Report(incident) = decision
        && !is_of_this_payment(incident)
    {
        return Ok(unchanged(decision));
    }
    Ok(Verdict {
        decision,
        payment_state: payment_state(payment.status, &intent),
        captured_minor: captured_minor(payment, &intent),
        last_error: intent
            .last_payment_error
            .as_ref()
            .map(|error| (error.code.clone(), error.decline_code.clone())),
        failed_charge: told::failed_charge(&intent),
        stripe_status: told::new_status(payment, &intent),
        to_keep: record::to_keep(payment, &intent),
        charge: told::new_charge(payment, &intent),
        then,
        news: Some(news),
    })
}

/// Whether it is this payment that an incident tells of: what was taken is kept in our records then, so that it can go back.
const fn is_of_this_payment(incident: Incident) -> bool {
    matches!(
        incident,
        Incident::PaidAfterCancel | Incident::AmountMismatch
    )
}

/// What was captured, which never becomes less. An amount that there cannot be counts for nothing.
fn captured_minor(payment: &Payment, intent: &PaymentIntent) -> i64 {
    Money::new(intent.amount_received, payment.currency).map_or(payment.captured_minor, |taken| {
        taken.amount_minor().max(payment.captured_minor)
    })
}

/// The decision, and for an order that becomes paid by it what has become of its money before anybody looked.
fn settled(mut expected: Expected, observed: &Observed) -> (Decision, Option<PaymentStatus>) {
    let decision = decide(&expected, observed);
    if decision != Decision::MarkPaid {
        return (decision, None);
    }
    expected.payment_status = PaymentStatus::Paid;
    match decide(&expected, observed) {
        Decision::Follow(then) => (decision, Some(then)),
        _ => (decision, None),
    }
}

fn expected(store_id: StoreId, known: &Known, order: &Order) -> Result<Expected, ApiError> {
    let payment = &known.payment;
    let payment_intent_id = payment.payment_intent_id.clone();
    Ok(Expected {
        store_id,
        order_id: order.id,
        mode: order.mode,
        account_id: payment.account_id.clone(),
        payment_intent_id: payment_intent_id.ok_or_else(|| {
            ApiError::internal("a payment was found by an id that it does not have")
        })?,
        amount: Money::new(order.amount_minor, order.currency).map_err(ApiError::internal)?,
        order_status: order.status,
        payment_status: order.payment_status,
    })
}

fn observed(account_id: &str, intent: &PaymentIntent, returned: Returned) -> Observed {
    let metadata = |key| intent.metadata.get(key).map(str::to_owned);
    Observed {
        account_id: account_id.to_owned(),
        payment_intent_id: intent.id.to_string(),
        mode: Mode::from_livemode(intent.livemode),
        status: intent_status(&intent.status),
        amount_minor: intent.amount,
        is_held_first: intent.capture_method == CaptureMethod::Manual,
        amount_received_minor: intent.amount_received,
        amount_capturable_minor: intent.amount_capturable,
        currency: intent.currency.parse().ok(),
        metadata_store_id: metadata("tillgate_store_id"),
        metadata_order_id: metadata("tillgate_order_id"),
        has_payment_error: intent.last_payment_error.is_some(),
        returned,
    }
}

fn intent_status(status: &Status) -> IntentStatus {
    match status {
        Status::Succeeded => IntentStatus::Succeeded,
        Status::RequiresCapture => IntentStatus::RequiresCapture,
        Status::Canceled => IntentStatus::Canceled,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {
            IntentStatus::AwaitsShopper
        }
        Status::Processing | Status::Unknown(_) => IntentStatus::AwaitsStripe,
    }
}

/// Forward only: a payment that succeeded or was cancelled stays so.
fn payment_state(current: PaymentState, intent: &PaymentIntent) -> PaymentState {
    if matches!(current, PaymentState::Succeeded | PaymentState::Canceled) {
        return current;
    }
    match intent_status(&intent.status) {
        IntentStatus::Succeeded => PaymentState::Succeeded,
        IntentStatus::Canceled => PaymentState::Canceled,
        IntentStatus::RequiresCapture => PaymentState::Authorized,
        IntentStatus::AwaitsShopper | IntentStatus::AwaitsStripe => current,
    }
}
