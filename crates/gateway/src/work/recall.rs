//! Wakes what a clock of ours that was ahead put to sleep: once the clock is right again, nothing may wait for the date that
//! it once showed.

use db::misplanned::{self, Farthest};
use jiff::SignedDuration;

use crate::app::App;
use crate::error::ApiError;
use crate::orders::place::MANUAL_STOCK_HOLD;

/// A margin above the longest pause of each: a day for jobs (former connections, a long `RECONCILE_INTERVAL_SECONDS`,
/// Stripe's `Retry-After`), a month for payments, an hour for events, captures and refunds, and the longest that an order
/// keeps its pieces.
fn farthest(app: &App) -> Farthest {
    Farthest {
        jobs: SignedDuration::from_hours(2 * 24),
        payments: SignedDuration::from_hours(31 * 24),
        events: SignedDuration::from_hours(2),
        actions: SignedDuration::from_hours(2),
        stock: MANUAL_STOCK_HOLD.max(app.settings.stock_hold) + SignedDuration::from_hours(24),
    }
}

/// Makes due what is planned farther ahead than anything is. Returns how much that was.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let now = app.now();
    // As long as an order has that is placed now.
    let stock_until = now + app.settings.stock_hold;
    let recalled = misplanned::recall(&app.db, farthest(app), stock_until, now).await?;
    if recalled > 0 {
        tracing::warn!(
            recalled,
            "work was planned by a clock that was wrong: it is due now"
        );
        app.work.wake_jobs();
    }
    Ok(recalled)
}
