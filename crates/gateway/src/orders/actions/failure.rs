//! Why a try at Stripe has to be repeated, and when it is.

use db::payment_actions::{self, Action, ActionState, PaymentAction};
use domain::StoreId;
use jiff::SignedDuration;
use serde_json::json;
use stripe_http::Error as StripeError;

use super::conclude::{self, Ending};
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::timeline::{self, Cause};

/// With the back-off below more than a week: longer than a card holds money.
const MAX_ATTEMPTS: i64 = 190;
/// From here on a person is told, and it is tried all the same. About ten minutes.
const TELL_AFTER: i64 = 10;
const FIRST_BACKOFF_S: i64 = 1;
const MAX_BACKOFF_S: i64 = 3600;
/// A store whose key is refused waits for its merchant.
const RECONNECT_BACKOFF: SignedDuration = SignedDuration::from_mins(5);
/// `last_error` of a try that Stripe answered with a 500, which it repeats for that idempotency key.
pub(super) const STRIPE_500: &str = "stripe_500";

/// Why a try has to be repeated.
pub(super) struct Failure {
    /// As the caller sees it.
    pub(super) error: ApiError,
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
    /// From what Stripe answered, or did not.
    pub(super) async fn of_stripe(app: &App, stripe: &StoreStripe, error: StripeError) -> Self {
        let is_500 = error.http_status() == Some(500);
        let mut failure = Self::from(stripe.fail(app, error).await);
        if is_500 {
            failure.code = STRIPE_500;
        }
        failure
    }
}

/// Plans the next try, or gives up after the last one.
pub(super) async fn postpone(
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
