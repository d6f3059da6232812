//! Whether a connection's events arrive as they should: found out from what did arrive.

use db::Conn;
use domain::connection_problem::ConnectionProblem;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::connect::findings;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// How far we look back.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What Stripe made only just now may still be on its way.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(10);
/// How far our clock may be from Stripe's: as much as signatures permit.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// Compares the newest delivery with what had to be fetched from Stripe, and looks for deliveries of the other mode.
pub(crate) async fn look(app: &App, stripe: &StoreStripe) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let now = app.now();
    let mut conn = app.db.read().await?;
    let last_event_at = heard_at(&mut conn, stripe, before(now, DAY), now).await?;
    let endpoint = db::webhook_endpoints::find(&mut conn, store_id, mode, account_id).await?;
    let mut secrets = db::webhook_secrets::list_valid(&mut conn, store_id, now).await?;
    secrets.retain(|secret| secret.mode == mode && secret.account_id == account_id);
    let pasted_at = secrets
        .iter()
        .filter(|secret| secret.endpoint_id.is_none())
        .map(|secret| secret.created_at)
        .max();
    // Since when Stripe knows where to deliver to.
    let since = endpoint
        .map(|endpoint| endpoint.registered_at)
        .into_iter()
        .chain(pasted_at)
        .min();

    let day_ago = before(now, DAY);
    let made_before = before(now, ON_ITS_WAY);
    let fetched =
        db::inbox::newest_fetched(&mut conn, store_id, mode, account_id, day_ago, made_before)
            .await?;
    let other_mode = db::inbox::newest_ignored(
        &mut conn,
        store_id,
        mode,
        account_id,
        "mode_mismatch",
        day_ago,
    )
    .await?;
    let wrong_signature_at = db::stores::wrong_signature_at(&mut conn, store_id).await?;
    drop(conn);

    let is_missed = fetched.is_some_and(|made_at| {
        let heard_until = last_event_at.map_or(Timestamp::MIN, |at| at + CLOCKS_APART);
        since.is_some_and(|since| made_at >= since) && made_at > heard_until
    });
    // Anybody can send what is signed wrongly: alone it proves nothing.
    let newest_secret_at = secrets.iter().map(|secret| secret.created_at).max();
    let is_signed_wrongly =
        wrong_signature_at.is_some_and(|at| at >= day_ago && Some(at) >= newest_secret_at);
    let findings = [
        (ConnectionProblem::WebhookNotArriving, is_missed),
        (
            ConnectionProblem::WebhookSecretWrongMode,
            other_mode.is_some() && other_mode >= newest_secret_at,
        ),
    ];
    findings::settle(app, stripe, &findings).await?;
    // One that is open stays so until deliveries come in again.
    if !is_missed || is_signed_wrongly {
        let finding = (ConnectionProblem::WebhookSecretWrong, is_missed);
        findings::settle(app, stripe, &[finding]).await?;
    }
    Ok(())
}

/// When the connection's newest delivery came in, if it was after `since` or is noted at the connection.
pub(crate) async fn heard_at(
    conn: &mut Conn,
    stripe: &StoreStripe,
    since: Timestamp,
    now: Timestamp,
) -> Result<Option<Timestamp>, ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let connection = db::connections::find_account(conn, store_id, mode, account_id).await?;
    // One that is yet to come was noted by a clock of ours that was ahead.
    let noted = connection
        .and_then(|connection| connection.last_event_at)
        .filter(|noted| *noted <= now + CLOCKS_APART);
    let stored = db::inbox::newest_delivered(conn, store_id, mode, account_id, since).await?;
    Ok(noted.max(stored))
}

fn before(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
