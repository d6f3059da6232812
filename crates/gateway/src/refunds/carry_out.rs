//! Asks Stripe for a refund that is written here, and keeps what came of it.

use db::payments::Payment;
use db::refunds::Refund;
use domain::StoreId;
use domain::returned::RefundStatus;
use jiff::SignedDuration;
use stripe_http::refunds::{self, CreateParams, Reason};
use stripe_http::{Error as StripeError, IdempotencyKey, Metadata, PaymentIntentId};

use super::outcome;
use super::plan::LEASE;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};
use crate::work::returned::REFUND_ID;

/// Stripe forgets idempotency keys after 24 hours; an hour before that a creation is never repeated.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(23);
/// What Stripe made in spite of a 500 stands in its list by then.
const AFTER_500: SignedDuration = SignedDuration::from_secs(60);
/// Why a refund is looked for instead of asked for again: Stripe repeats a 500 under the same key.
const BROKEN: &str = "stripe_error";

/// Who wants to know what came of it.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Somebody waits: what Stripe refuses never was.
    Waits(Cause<'a>),
    /// Nobody: what Stripe refuses has failed, and a person is told.
    IsGone(Cause<'a>),
}

impl<'a> Caller<'a> {
    pub(super) const fn cause(self) -> Cause<'a> {
        match self {
            Self::Waits(cause) | Self::IsGone(cause) => cause,
        }
    }
}

/// Asks Stripe for a refund that this process holds, under its own id as the idempotency key. Whatever happens, it is known
/// afterwards, taken back, or due again.
pub async fn carry_out(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    refund: Refund,
    caller: Caller<'_>,
) -> Result<Refund, ApiError> {
    let stripe = match StoreStripe::of_payment(app, store_id, payment).await {
        Ok(stripe) => stripe,
        Err(error) => {
            outcome::not_asked(app, store_id, &refund, caller, error.code()).await?;
            return Err(error);
        }
    };
    let intent = payment.payment_intent_id.as_deref().unwrap_or_default();
    let intent = PaymentIntentId::parse(intent).map_err(ApiError::internal)?;
    let is_old = refund.created_at + KEY_LIFE < app.now();
    if is_old || refund.last_error.as_deref() == Some(BROKEN) {
        return match look_for(&stripe, &intent, &refund).await {
            Ok(Some(made)) => outcome::made(app, store_id, &refund, &made, caller.cause()).await,
            // Stripe has never had it, and the key cannot be used again.
            Ok(None) => outcome::never_made(app, store_id, &refund, caller).await,
            Err(error) => {
                let error = stripe.fail(app, error).await;
                outcome::unknown(app, store_id, &refund, error.code()).await?;
                Err(error)
            }
        };
    }
    let answer = create(&stripe, &intent, &refund).await;
    tell(app, store_id, &refund, &answer, caller.cause()).await;
    match answer {
        Ok(made) => outcome::made(app, store_id, &refund, &made, caller.cause()).await,
        Err(error) => failed(app, store_id, &stripe, payment, &refund, error, caller).await,
    }
}

/// Finishes a refund whose end is not known yet; one that is known is given as it is.
pub async fn finish(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    refund: Refund,
    cause: Cause<'_>,
) -> Result<Refund, ApiError> {
    if refund.status != RefundStatus::Creating {
        return Ok(refund);
    }
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let claimed = db::refunds::claim_one(&mut tx, store_id, refund.id, now + LEASE, now).await?;
    tx.commit().await?;
    if let Some(refund) = claimed {
        return carry_out(app, store_id, payment, refund, Caller::Waits(cause)).await;
    }
    let found = db::refunds::find(&mut app.db.read().await?, store_id, refund.id).await?;
    let known = found.filter(|refund| refund.status != RefundStatus::Creating);
    known.ok_or_else(busy)
}

async fn create(
    stripe: &StoreStripe,
    intent: &PaymentIntentId,
    refund: &Refund,
) -> Result<refunds::Refund, StripeError> {
    let mut metadata = Metadata::default();
    // Both are within Stripe's bounds.
    let _ = metadata.insert(REFUND_ID, refund.id.to_string());
    let _ = metadata.insert("tillgate_store_id", stripe.store_id.to_string());
    let params = CreateParams {
        payment_intent: intent.clone(),
        amount: refund.amount_minor,
        reason: refund.reason.as_deref().and_then(Reason::from_word),
        metadata,
    };
    let key = IdempotencyKey::from(*refund.id.as_uuid());
    refunds::create(&stripe.client, &params, &key).await
}

/// What Stripe was asked, and what it said, in the order's story.
async fn tell(
    app: &App,
    store_id: StoreId,
    refund: &Refund,
    answer: &Result<refunds::Refund, StripeError>,
    cause: Cause<'_>,
) {
    let Some(order_id) = refund.order_id else {
        return;
    };
    let call = match answer {
        Ok(made) => StripeCall::done("refund", made.request_id.as_deref()),
        Err(error) => StripeCall::failed("refund", error),
    };
    let attempt = Some(refund.attempts);
    timeline::tell_call(
        app,
        store_id,
        order_id,
        StripeCall { attempt, ..call },
        cause,
    )
    .await;
}

/// Our refund in Stripe's list.
async fn look_for(
    stripe: &StoreStripe,
    intent: &PaymentIntentId,
    refund: &Refund,
) -> Result<Option<refunds::Refund>, StripeError> {
    let id = refund.id.to_string();
    let all = refunds::list(&stripe.client, intent).await?;
    let is_ours = |one: &refunds::Refund| {
        one.amount == refund.amount_minor && one.metadata.get(REFUND_ID) == Some(id.as_str())
    };
    Ok(all.into_iter().find(is_ours))
}

async fn failed(
    app: &App,
    store_id: StoreId,
    stripe: &StoreStripe,
    payment: &Payment,
    refund: &Refund,
    error: StripeError,
    caller: Caller<'_>,
) -> Result<Refund, ApiError> {
    stripe.note_failure(app, &error).await?;
    let broke = error.http_status() == Some(500) || matches!(error, StripeError::Idempotency(_));
    if error.is_outcome_unknown() || broke {
        let words = if broke { BROKEN } else { "stripe_timeout" };
        outcome::unknown(app, store_id, refund, words).await?;
        return Err(goes_on(error));
    }
    let passes = error.is_transient()
        || matches!(
            error,
            StripeError::Authentication(_) | StripeError::Permission(_)
        );
    if passes {
        let error = ApiError::from(error);
        outcome::not_asked(app, store_id, refund, caller, error.code()).await?;
        return Err(error);
    }
    outcome::refused(app, store_id, payment, refund, error, caller).await
}

/// When a refund whose end is not known is tried again.
pub(super) fn again_in(words: &str, attempts: i64) -> SignedDuration {
    const LONGEST: SignedDuration = SignedDuration::from_hours(1);
    if words == BROKEN {
        return AFTER_500;
    }
    // A caller's second call finds it due at once.
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(12);
    if doublings == 0 {
        SignedDuration::ZERO
    } else {
        SignedDuration::from_secs(5 << doublings).min(LONGEST)
    }
}

fn goes_on(error: StripeError) -> ApiError {
    let is_timeout = matches!(error, StripeError::Timeout { .. });
    let words = "Whether the refund was made is not known yet; it is found out and finished by itself. Look at the order's refunds, or send the same request with the same Idempotency-Key or action_key.";
    let goes_on = if is_timeout {
        ApiError::gateway_timeout("stripe_timeout", words)
    } else {
        ApiError::bad_gateway("stripe_error", words)
    };
    goes_on.caused_by(error)
}

fn busy() -> ApiError {
    ApiError::unavailable(
        "refund_busy",
        "This refund is being carried out at this moment. Look at it again.",
        2,
    )
}
