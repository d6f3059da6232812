//! Card testing is seen by the declines that Stripe tells of, told to the merchant, and ended when it is quiet again.
//!
//! What counts are the events of the last minutes in the database, so that all gateways see the same and a restart forgets
//! nothing. What a store's public routes do meanwhile stands in [`crate::shield`].

use db::Conn;
use db::connection_problems::{self, Place};
use db::inbox::{ClaimedEvent, DECLINED, count_attempts};
use domain::card_testing::{Attempts, WINDOW_MINUTES};
use domain::connection_problem::ConnectionProblem;
use jiff::SignedDuration;

use crate::app::App;
use crate::error::ApiError;

const PROBLEM: ConnectionProblem = ConnectionProblem::CardTesting;
/// Stores that are looked at in one round.
const BATCH: i64 = 500;

/// Looks at the store whose payment was declined by this event, which is settled.
pub(super) async fn look(app: &App, event: &ClaimedEvent) {
    if event.event_type != DECLINED {
        return;
    }
    let place = Place {
        store_id: event.store_id,
        mode: event.mode,
        account_id: event.account_id.clone(),
    };
    if let Err(error) = try_to_look(app, &place).await {
        tracing::warn!(store_id = %place.store_id, ?error, "a store's declines could not be counted");
    }
}

async fn try_to_look(app: &App, place: &Place) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = (place.store_id, place.mode, &place.account_id);
    let mut conn = app.db.read().await?;
    if connection_problems::is_open(&mut conn, store_id, mode, PROBLEM).await? {
        return Ok(());
    }
    let attempts = count(app, &mut conn, place).await?;
    // A problem belongs to a connection; an event may have outlived its own.
    let found = db::connections::find_account(&mut conn, store_id, mode, account_id).await?;
    drop(conn);
    if !attempts.is_card_testing() || found.is_none() {
        return Ok(());
    }
    let all = attempts.declined + attempts.good;
    let detail = format!(
        "{} of {all} payments in {WINDOW_MINUTES} minutes were declined",
        attempts.declined
    );
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    let detail = Some(detail.as_str());
    let is_new =
        connection_problems::open(&mut tx, store_id, mode, account_id, PROBLEM, detail, now)
            .await?;
    tx.commit().await?;
    if is_new {
        let (declined, good) = (attempts.declined, attempts.good);
        tracing::error!(%store_id, %mode, declined, good, "incident: card testing, new payments are slowed down");
    }
    Ok(())
}

async fn count(app: &App, conn: &mut Conn, place: &Place) -> Result<Attempts, ApiError> {
    let since = app.now() - SignedDuration::from_mins(WINDOW_MINUTES);
    let (store_id, mode, account_id) = (place.store_id, place.mode, &place.account_id);
    Ok(count_attempts(conn, store_id, mode, account_id, since).await?)
}

/// Ends it where it is quiet again. Returns at how many stores.
pub async fn run_once(app: &App) -> Result<usize, ApiError> {
    let mut conn = app.db.read().await?;
    let places = connection_problems::list_places(&mut conn, PROBLEM, BATCH).await?;
    let mut quiet = Vec::new();
    for place in places {
        if count(app, &mut conn, &place).await?.is_quiet() {
            quiet.push(place);
        }
    }
    drop(conn);
    let mut ended = 0;
    for place in quiet {
        let (store_id, mode, account_id) = (place.store_id, place.mode, &place.account_id);
        let mut tx = app.db.begin().await?;
        let was_open =
            connection_problems::resolve(&mut tx, store_id, mode, account_id, PROBLEM).await?;
        tx.commit().await?;
        if was_open {
            ended += 1;
            tracing::info!(%store_id, %mode, "card testing is over");
        }
    }
    Ok(ended)
}
