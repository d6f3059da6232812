//! Does at Stripe what was written down. Whoever tries, in whatever number, it happens once.

use db::payment_actions::{self, Action, ActionState, PaymentAction};
use db::payments::Payment;
use domain::incident::Incident;
use domain::{Mode, StoreId};
use jiff::SignedDuration;
use serde_json::json;
use stripe_http::payment_intents::{
    self, CancelParams, CancellationReason, CaptureParams, PaymentIntent, Status,
};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use super::conclude::{self, Ending};
use super::request::LEASE;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};
use crate::work::settle::{self, Trigger};

/// Stripe forgets idempotency keys after 24 hours; an hour before that one is not used any more.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(23);
/// With the back-off below more than a week: longer than a card holds money.
const MAX_ATTEMPTS: i64 = 190;
/// From here on a person is told, and it is tried all the same. About ten minutes.
const TELL_AFTER: i64 = 10;
const FIRST_BACKOFF_S: i64 = 1;
const MAX_BACKOFF_S: i64 = 3600;
/// A store whose key is refused waits for its merchant.
const RECONNECT_BACKOFF: SignedDuration = SignedDuration::from_mins(5);
/// `last_error` of a try that Stripe answered with a 500, which it repeats for that idempotency key.
const STRIPE_500: &str = "stripe_500";

/// Does it at Stripe and stores what came of it. `Done` or `Refused`, or the reason why it has to be tried again, which is
/// planned then.
pub async fn perform(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    cause: Cause<'_>,
) -> Result<ActionState, ApiError> {
    match attempt(app, store_id, action, cause).await {
        Ok(state) => Ok(state),
        Err(failure) => {
            postpone(app, store_id, action, &failure, cause).await?;
            Err(failure.error)
        }
    }
}

/// As [`perform`], for an action that somebody may have left behind: begins another try now.
pub async fn resume(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    cause: Cause<'_>,
) -> Result<ActionState, ApiError> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let taken = payment_actions::take(&mut tx, store_id, action.id, now + LEASE, now).await?;
    tx.commit().await?;
    match taken {
        Some(action) => perform(app, store_id, &action, cause).await,
        None => state_of(app, store_id, action).await,
    }
}

/// Does now what was begun for a payment and left behind by whoever began it: its gateway died, or Stripe failed.
pub async fn resume_left(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    payment_intent_id: &str,
    cause: Cause<'_>,
) -> Result<(), ApiError> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, payment_intent_id).await?;
    let Some(payment) = payment.filter(|payment| payment.mode == mode) else {
        return Ok(());
    };
    let left = payment_actions::find_left(&mut conn, store_id, payment.id, app.now()).await?;
    drop(conn);
    if let Some(action) = left {
        resume(app, store_id, &action, cause).await?;
    }
    Ok(())
}

/// Why a try has to be repeated.
struct Failure {
    /// As the caller sees it.
    error: ApiError,
    /// As it is kept with the action.
    code: &'static str,
    /// Whether nobody but the merchant can help.
    awaits_merchant: bool,
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let code = error.code();
        let awaits_merchant = matches!(
            code,
            "store_reconnect_needed"
                | "store_not_connected"
                | "account_changed"
                | "order_needs_attention"
        );
        Self {
            error,
            code,
            awaits_merchant,
        }
    }
}

impl From<db::DbError> for Failure {
    fn from(error: db::DbError) -> Self {
        ApiError::from(error).into()
    }
}

impl Failure {
    async fn of_stripe(app: &App, stripe: &StoreStripe, error: StripeError) -> Self {
        let is_500 = error.http_status() == Some(500);
        let mut failure = Self::from(stripe.fail(app, error).await);
        if is_500 {
            failure.code = STRIPE_500;
        }
        failure
    }
}

async fn attempt(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    cause: Cause<'_>,
) -> Result<ActionState, Failure> {
    let payment = find_payment(app, store_id, action).await?;
    let Some(intent_id) = &payment.payment_intent_id else {
        // Nobody ever got its client secret: it holds nothing.
        let ended = match action.action {
            Action::Capture => ActionState::Refused,
            Action::Cancel => ActionState::Done,
        };
        return end(app, store_id, action, ended, cause).await;
    };
    check_doubts(app, store_id, action, &payment).await?;
    let id = PaymentIntentId::parse(intent_id).map_err(ApiError::internal)?;
    let stripe = StoreStripe::of_payment(app, store_id, &payment).await?;
    if action.attempts > 1 {
        // An earlier try may have done it, and its key may be forgotten by now, or stand for a failure.
        let intent = read(app, &stripe, &id).await?;
        if let Some(state) = ended(action.action, &intent) {
            return record(app, store_id, action, &payment, state, cause).await;
        }
    }
    let answer = call(app, &stripe, action, &id).await;
    tell(app, store_id, action, &payment, &answer, cause).await;
    let intent = match answer {
        Ok(intent) => intent,
        // Captured, cancelled or expired meanwhile.
        Err(StripeError::UnexpectedState(_)) => read(app, &stripe, &id).await?,
        // What Stripe says of these parameters it says again; the object may have been changed by somebody else.
        Err(error @ StripeError::Invalid(_)) if !error.is_outcome_unknown() => {
            tracing::error!(%store_id, payment_id = %payment.id, %error, "Stripe refuses an action");
            return record(app, store_id, action, &payment, ActionState::Refused, cause).await;
        }
        Err(error) => {
            let may_be_done =
                error.is_outcome_unknown() && !matches!(error, StripeError::Timeout { .. });
            let failure = Failure::of_stripe(app, &stripe, error).await;
            if !may_be_done {
                return Err(failure);
            }
            match read(app, &stripe, &id).await {
                Ok(intent) if ended(action.action, &intent).is_some() => intent,
                _ => return Err(failure),
            }
        }
    };
    match ended(action.action, &intent) {
        Some(state) => record(app, store_id, action, &payment, state, cause).await,
        None => Err(ApiError::unavailable(
            "stripe_busy",
            "Stripe is still working on the same payment. Wait a moment, then try again.",
            1,
        )
        .into()),
    }
}

/// What our records and Stripe's disagree on: nothing is taken by itself until a person has looked.
const DOUBTS: [Incident; 6] = [
    Incident::AmountMismatch,
    Incident::CurrencyMismatch,
    Incident::ModeMismatch,
    Incident::AccountMismatch,
    Incident::PaymentMismatch,
    Incident::PaidAfterCancel,
];

async fn check_doubts(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    payment: &Payment,
) -> Result<(), Failure> {
    let by_itself = action.action == Action::Capture && action.actor == Cause::Shopper.word();
    let Some(order_id) = payment.order_id.filter(|_| by_itself) else {
        return Ok(());
    };
    let mut conn = app.db.read().await?;
    let open = db::incidents::list_open(&mut conn, store_id, order_id).await?;
    let is_doubt = |code: &str| DOUBTS.iter().any(|doubt| doubt.code() == code);
    if open.iter().any(|incident| is_doubt(&incident.code)) {
        return Err(ApiError::conflict(
            "order_needs_attention",
            "A person has to look at this order before its money is taken: see its attention.",
        )
        .into());
    }
    Ok(())
}

async fn find_payment(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
) -> Result<Payment, Failure> {
    let mut conn = app.db.read().await?;
    let payment = db::payments::find(&mut conn, store_id, action.payment_id).await?;
    Ok(payment.ok_or_else(|| ApiError::internal("an action without its payment"))?)
}

/// What a payment in this state means for the action; `None` if it is still to be done.
fn ended(action: Action, intent: &PaymentIntent) -> Option<ActionState> {
    match (action, &intent.status) {
        (Action::Capture, Status::Succeeded) | (Action::Cancel, Status::Canceled) => {
            Some(ActionState::Done)
        }
        (Action::Capture, Status::Canceled) | (Action::Cancel, Status::Succeeded) => {
            Some(ActionState::Refused)
        }
        _ => None,
    }
}

async fn read(
    app: &App,
    stripe: &StoreStripe,
    id: &PaymentIntentId,
) -> Result<PaymentIntent, Failure> {
    match payment_intents::retrieve(&stripe.client, id).await {
        Ok(intent) => Ok(intent),
        Err(error) => Err(Failure::of_stripe(app, stripe, error).await),
    }
}

async fn call(
    app: &App,
    stripe: &StoreStripe,
    action: &PaymentAction,
    id: &PaymentIntentId,
) -> Result<PaymentIntent, StripeError> {
    let key = key(app, action);
    match action.action {
        Action::Capture => {
            let params = CaptureParams {
                amount_to_capture: action.amount_minor,
            };
            payment_intents::capture(&stripe.client, id, &params, &key).await
        }
        Action::Cancel => {
            let params = CancelParams {
                cancellation_reason: Some(CancellationReason::Abandoned),
            };
            payment_intents::cancel(&stripe.client, id, &params, &key).await
        }
    }
}

/// What Stripe was asked, and what it said, in the order's story.
async fn tell(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    payment: &Payment,
    answer: &Result<PaymentIntent, StripeError>,
    cause: Cause<'_>,
) {
    let Some(order_id) = payment.order_id else {
        return;
    };
    let name = action.action.as_str();
    let call = match answer {
        Ok(intent) => StripeCall::done(name, intent.request_id.as_deref()),
        Err(error) => StripeCall::failed(name, error),
    };
    let attempt = Some(action.attempts);
    timeline::tell_call(
        app,
        store_id,
        order_id,
        StripeCall { attempt, ..call },
        cause,
    )
    .await;
}

/// The action's own key, as long as Stripe keeps it; after that, and after a 500, which Stripe keeps with it, one of this try's
/// own: the payment has just been read, and Stripe takes and cancels it once whatever the key.
fn key(app: &App, action: &PaymentAction) -> IdempotencyKey {
    let is_old = action.created_at + KEY_LIFE < app.now();
    let is_spoilt = action.last_error.as_deref() == Some(STRIPE_500);
    let own = IdempotencyKey::from(*action.id.as_uuid());
    if action.attempts > 1 && (is_old || is_spoilt) {
        return IdempotencyKey::parse(format!("{own}-{}", action.attempts)).unwrap_or(own);
    }
    own
}

/// Brings our record up to what Stripe says, and ends the action.
async fn record(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    payment: &Payment,
    state: ActionState,
    cause: Cause<'_>,
) -> Result<ActionState, Failure> {
    if let Some(intent) = &payment.payment_intent_id {
        settle::settle(app, store_id, payment.mode, intent, Trigger::Acted(cause)).await?;
    }
    end(app, store_id, action, state, cause).await
}

async fn end(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    state: ActionState,
    cause: Cause<'_>,
) -> Result<ActionState, Failure> {
    let mut tx = app.db.begin().await?;
    let ending = Ending {
        state,
        cause,
        last_error: None,
    };
    conclude::conclude(&mut tx, store_id, action, ending, app.now()).await?;
    tx.commit().await?;
    Ok(state_of(app, store_id, action).await?)
}

async fn state_of(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
) -> Result<ActionState, ApiError> {
    let mut conn = app.db.read().await?;
    let fresh = payment_actions::find(&mut conn, store_id, action.id).await?;
    Ok(fresh.map_or(action.state, |fresh| fresh.state))
}

/// Plans the next try, or gives up after the last one.
async fn postpone(
    app: &App,
    store_id: StoreId,
    action: &PaymentAction,
    failure: &Failure,
    cause: Cause<'_>,
) -> Result<(), ApiError> {
    tracing::warn!(%store_id, payment_id = %action.payment_id, action = action.action.as_str(), attempt = action.attempts, error = ?failure.error, "an action at Stripe has to wait");
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if action.attempts >= MAX_ATTEMPTS && !failure.awaits_merchant {
        let ending = Ending {
            state: ActionState::Refused,
            cause,
            last_error: Some(failure.code),
        };
        conclude::conclude(&mut tx, store_id, action, ending, now).await?;
        return Ok(tx.commit().await?);
    }
    let pause = if failure.awaits_merchant {
        RECONNECT_BACKOFF
    } else {
        SignedDuration::from_millis(backoff_ms(action.attempts))
    };
    let code = failure.code;
    if payment_actions::retry_later(&mut tx, store_id, action, code, now + pause, now).await? {
        if action.attempts == TELL_AFTER && action.action == Action::Capture {
            conclude::report_capture(&mut tx, store_id, action, cause, now).await?;
        }
        let order_id = conclude::order_of(&mut tx, store_id, action).await?;
        if let Some(order_id) = order_id {
            let detail =
                json!({ "code": code, "attempt": action.attempts, "next_attempt_at": now + pause });
            let kind = format!("{}.postponed", action.action.as_str());
            timeline::note(&mut tx, store_id, order_id, &kind, cause, &detail, now).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Doubles up to an hour, with a jitter of half of it, so that a recovering Stripe is not met by a wave.
fn backoff_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(12);
    let full_ms = (FIRST_BACKOFF_S << doublings).min(MAX_BACKOFF_S) * 1000;
    full_ms / 2 + rand::random_range(0..=full_ms / 2)
}
