//! Asks Stripe for a payment's refunds and disputes, where there may be news of them.

use db::payments::Payment;
use domain::StoreId;
use domain::returned::RefundStatus;
use stripe_http::payment_intents::{Charge, PaymentIntent, Status};
use stripe_http::{Error as StripeError, disputes, refunds};

use super::Records;
use super::plan::News;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// What is new about the refunds and disputes of a payment that Stripe was just asked for. `event_type` is the type of the
/// event that tells of news, or empty.
pub(in crate::work) async fn read(
    app: &App,
    stripe: &StoreStripe,
    store_id: StoreId,
    payment: &Payment,
    intent: &PaymentIntent,
    event_type: &str,
) -> Result<News, ApiError> {
    // Before Stripe is asked: whoever finds other records later knows that this reading is old.
    let known = Records::load(&mut app.db.read().await?, store_id, payment.id).await?;
    if intent.status != Status::Succeeded {
        return Ok(News::none(known));
    }
    let charge = intent
        .latest_charge
        .as_ref()
        .and_then(|charge| charge.expanded());
    let refunds = if may_have_refunds(&known, charge, event_type) {
        permitted(stripe, app, refunds::list(&stripe.client, &intent.id).await).await?
    } else {
        Listed::NotAsked
    };
    let disputes = if may_have_disputes(&known, charge, event_type) {
        permitted(
            stripe,
            app,
            disputes::list(&stripe.client, &intent.id).await,
        )
        .await?
    } else {
        Listed::NotAsked
    };
    let hidden_dispute =
        matches!(disputes, Listed::NotPermitted) && charge.is_some_and(|charge| charge.disputed);
    let (refunds, disputes) = (refunds.into_list(), disputes.into_list());
    Ok(News::of(
        payment,
        known,
        &refunds,
        &disputes,
        hidden_dispute,
    ))
}

/// A list that may not have been asked for.
enum Listed<T> {
    NotAsked,
    NotPermitted,
    All(Vec<T>),
}

impl<T> Listed<T> {
    fn into_list(self) -> Vec<T> {
        match self {
            Self::All(list) => list,
            Self::NotAsked | Self::NotPermitted => Vec::new(),
        }
    }
}

/// A restricted key that may not read these still tells whether the order is paid.
async fn permitted<T>(
    stripe: &StoreStripe,
    app: &App,
    listed: Result<Vec<T>, StripeError>,
) -> Result<Listed<T>, ApiError> {
    match listed {
        Ok(list) => Ok(Listed::All(list)),
        Err(StripeError::Permission(_)) => Ok(Listed::NotPermitted),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

fn may_have_refunds(known: &Records, charge: Option<&Charge>, event: &str) -> bool {
    if event.starts_with("refund.") || event == "charge.refunded" {
        return true;
    }
    let (mut counted, mut is_open) = (0_i64, false);
    for refund in &known.refunds {
        is_open |= matches!(
            refund.status,
            RefundStatus::Pending | RefundStatus::RequiresAction
        );
        if refund.status.is_at_stripe() {
            counted = counted.saturating_add(refund.amount_minor);
        }
    }
    is_open || charge.is_some_and(|charge| charge.given_back() != counted)
}

fn may_have_disputes(known: &Records, charge: Option<&Charge>, event: &str) -> bool {
    event.starts_with("charge.dispute.")
        || !known.disputes.is_empty()
        || charge.is_some_and(|charge| charge.disputed)
}
