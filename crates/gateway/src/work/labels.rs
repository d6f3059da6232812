//! Tells Stripe whose order a payment is that was made before it, and where its receipt goes. The order never waits for it.

use db::payment_labels::{self, PaymentLabel};
use futures_util::StreamExt;
use futures_util::stream;
use jiff::SignedDuration;
use stripe_http::payment_intents::{self, PaymentIntent, UpdateParams};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use crate::app::App;
use crate::checkout::plan;
use crate::checkout::story;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::Cause;

/// Payments claimed at once: few, so that each is begun well within its lease.
const BATCH: i64 = 16;
/// Payments that Stripe is told about at the same time.
const PARALLEL: usize = 4;
/// Longer than the calls to Stripe with their retries may take, for a whole batch.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// With the back-off below more than a week.
const MAX_ATTEMPTS: i64 = 190;
const MAX_BACKOFF_S: i64 = 3600;
const CAUSE: Cause<'static> = Cause::Worker("labels");

/// Tells what is due. Returns how many that were.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    let claimed = payment_labels::claim(&app.db, BATCH, now + LEASE, now).await?;
    let count = claimed.len();
    stream::iter(claimed)
        .for_each_concurrent(PARALLEL, |label| async move {
            if let Err(error) = tell(app, &label).await {
                let (store_id, payment_id) = (label.store_id, label.payment_id);
                tracing::warn!(%store_id, %payment_id, ?error, "Stripe is told later whose order a payment is");
                if let Err(error) = postpone(app, &label).await {
                    tracing::warn!(%store_id, %payment_id, ?error, "the next try waits for the lease's end");
                }
            }
        })
        .await;
    Ok(count)
}

async fn tell(app: &App, label: &PaymentLabel) -> Result<(), ApiError> {
    let store_id = label.store_id;
    let mut conn = app.db.read().await?;
    let store = db::stores::find(&mut conn, store_id).await?;
    let payment = db::payments::find(&mut conn, store_id, label.payment_id).await?;
    let order = match payment.as_ref().and_then(|payment| payment.order_id) {
        Some(order_id) => db::orders::find(&mut conn, store_id, order_id).await?,
        None => None,
    };
    drop(conn);
    let (Some(store), Some(payment), Some(order)) = (store, payment, order) else {
        return finish(app, label).await;
    };
    let Some(intent_id) = &payment.payment_intent_id else {
        // It is created with all of this.
        return finish(app, label).await;
    };
    let id = PaymentIntentId::parse(intent_id).map_err(ApiError::internal)?;
    let stripe = StoreStripe::of_payment(app, store_id, &payment).await?;
    let params = plan::label(app, &store, &order)?;
    let answer = update(&stripe, &id, label, params).await;
    story::called(app, &stripe, &payment, "update", &answer, CAUSE).await;
    match answer {
        Ok(_) => finish(app, label).await,
        Err(error) if is_refusal(&error) => {
            tracing::error!(%store_id, payment_id = %payment.id, %error, "Stripe does not want to know whose order a payment is");
            finish(app, label).await
        }
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

/// An address that Stripe does not take, or not any more, does not keep the order's number from it.
async fn update(
    stripe: &StoreStripe,
    id: &PaymentIntentId,
    label: &PaymentLabel,
    mut params: UpdateParams,
) -> Result<PaymentIntent, StripeError> {
    // Each try has its own key: what is told may have changed since the last one, Stripe keeps a 500 with its key, and telling
    // twice does no harm.
    let own = IdempotencyKey::from(*label.id.as_uuid());
    let key = |suffix: &str| {
        let text = format!("{own}-{}{suffix}", label.attempts);
        IdempotencyKey::parse(text).unwrap_or_else(|_| own.clone())
    };
    let answer = payment_intents::update(&stripe.client, id, &params, &key("")).await;
    match answer {
        Err(error) if is_refusal(&error) && params.receipt_email.is_some() => {
            params.receipt_email = None;
            payment_intents::update(&stripe.client, id, &params, &key("-bare")).await
        }
        answer => answer,
    }
}

/// What Stripe says of these parameters it says again.
fn is_refusal(error: &StripeError) -> bool {
    matches!(
        error,
        StripeError::Invalid(_) | StripeError::UnexpectedState(_) | StripeError::NotFound(_)
    ) && !error.is_outcome_unknown()
}

async fn finish(app: &App, label: &PaymentLabel) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    payment_labels::finish(&mut tx, label.store_id, label).await?;
    Ok(tx.commit().await?)
}

async fn postpone(app: &App, label: &PaymentLabel) -> Result<(), ApiError> {
    if label.attempts >= MAX_ATTEMPTS {
        tracing::error!(store_id = %label.store_id, payment_id = %label.payment_id, "Stripe will not be told whose order a payment is");
        return finish(app, label).await;
    }
    let doublings = u32::try_from(label.attempts - 1).unwrap_or(0).min(12);
    let pause = SignedDuration::from_secs((1_i64 << doublings).min(MAX_BACKOFF_S));
    let mut tx = app.db.begin().await?;
    payment_labels::retry_later(&mut tx, label.store_id, label, app.now() + pause).await?;
    Ok(tx.commit().await?)
}
