//! Does at Stripe what was written down. Whoever tries, in whatever number, it happens once.

use db::payment_actions::{self, Action, ActionState, PaymentAction};
use db::payments::Payment;
use domain::incident::Incident;
use domain::{Mode, StoreId};
use jiff::SignedDuration;
use stripe_http::payment_intents::{
    self, CancelParams, CancellationReason, CaptureParams, PaymentIntent, Status,
};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use super::conclude::{self, Ending};
use super::failure::{Failure, STRIPE_500, postpone};
use super::request::LEASE;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause, StripeCall};
use crate::work::settle::{self, Trigger};

/// Stripe forgets idempotency keys after 24 hours; an hour before that one is not used any more.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(23);

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
