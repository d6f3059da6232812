//! Holds on cards that end: told three days and one day before, and looked at when they have ended. A card holds money for some
//! seven days (Stripe docs, "Place a hold on a payment method"); the charge's `capture_before` says until when.

use db::ending_holds::{self, EndingHold};
use domain::incident::Incident;
use jiff::SignedDuration;
use serde_json::json;

use super::settle::{self, Trigger};
use crate::app::App;
use crate::error::ApiError;
use crate::orders::attention;
use crate::timeline::{self, Cause};

/// How long before its end a hold is told of, by warning; the last one is after it.
const WARNINGS: [(i64, SignedDuration); 3] = [
    (3, SignedDuration::ZERO),
    (2, SignedDuration::from_hours(24)),
    (1, SignedDuration::from_hours(3 * 24)),
];
/// The warning that is none any more.
const ENDED: i64 = 3;
/// Holds told of at once.
const BATCH: i64 = 100;
const CAUSE: Cause<'static> = Cause::Worker("authorizations");

/// Tells of holds that end, once each time. Returns how many were told.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let mut told = 0;
    for (warning, ahead) in WARNINGS {
        let holds = ending_holds::list(&app.db, warning, app.now() + ahead, BATCH).await?;
        for hold in holds {
            if tell(app, &hold, warning).await? {
                told += 1;
            }
        }
    }
    Ok(told)
}

/// `false` if another gateway told it, or the money was taken meanwhile.
async fn tell(app: &App, hold: &EndingHold, warning: i64) -> Result<bool, ApiError> {
    let (store_id, now) = (hold.store_id, app.now());
    let mut tx = app.db.begin().await?;
    if !ending_holds::mark(&mut tx, store_id, hold.id, warning).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    if let Some(order_id) = hold.order_id
        && warning != ENDED
    {
        let incident = Incident::AuthorizationExpiring;
        attention::open(&mut tx, store_id, order_id, incident, CAUSE, now).await?;
        let detail = json!({ "capture_before": hold.capture_before });
        let kind = "authorization.expiring";
        timeline::note(&mut tx, store_id, order_id, kind, CAUSE, &detail, now).await?;
    }
    tx.commit().await?;
    if warning == ENDED
        && let Some(intent) = &hold.payment_intent_id
    {
        // Its event may be lost. What cannot be read now is left to the sweep.
        let trigger = Trigger::Acted(CAUSE);
        if let Err(error) = settle::settle(app, store_id, hold.mode, intent, trigger).await {
            tracing::warn!(%store_id, payment_id = %hold.id, ?error, "a hold that has ended could not be read from Stripe");
        }
    }
    Ok(true)
}
