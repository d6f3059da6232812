//! One page of an account's events: listed at Stripe, stored in the inbox where it is new there.

use db::inbox::{NewEvent, Source, Stored};
use jiff::Timestamp;
use serde_json::value::RawValue;
use stripe_http::Error as StripeError;
use stripe_http::events::{self, Created, ListParams, Listed, MAX_LIMIT};
use stripe_http::webhook::Event;

use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;
use crate::webhook::intake::{Signer, new_event};
use crate::webhook::types::HANDLED_EVENTS;

const _: () = assert!(HANDLED_EVENTS.len() <= events::MAX_TYPES);

/// A page whose events are so large that the whole is not taken is asked for in parts.
const SMALL_LIMIT: u8 = 10;

/// A page whose events are in the inbox.
#[derive(Debug)]
pub(super) struct Page {
    /// How many events it had.
    pub listed: usize,
    /// How many of them nobody had told us.
    pub new: usize,
    /// When Stripe made the newest of them.
    pub newest: Option<Timestamp>,
    /// From where to go on; `None` if this was the last page.
    pub next: Option<String>,
}

/// Why a page could not be taken.
#[derive(Debug)]
pub(super) enum Failure {
    /// Stripe did not give it.
    Stripe(StripeError),
    /// We could not take it.
    Here(ApiError),
}

impl<E: Into<ApiError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Here(error.into())
    }
}

/// Lists the next page of the events since `since` and stores what is new of it, in one commit.
pub(super) async fn take(
    app: &App,
    stripe: &StoreStripe,
    since: Timestamp,
    after: Option<&str>,
) -> Result<Page, Failure> {
    let listed = list(app, stripe, since, after)
        .await
        .map_err(Failure::Stripe)?;
    let count = listed.events.len();
    let events: Vec<(Event, Box<RawValue>)> =
        listed.events.into_iter().filter_map(readable).collect();
    let newest = events.iter().map(|(event, _)| created_at(event)).max();
    let new = store(app, stripe, events).await?;
    Ok(Page {
        listed: count,
        new,
        newest,
        next: listed.last_id.filter(|_| listed.has_more),
    })
}

async fn list(
    app: &App,
    stripe: &StoreStripe,
    since: Timestamp,
    after: Option<&str>,
) -> Result<events::Page, StripeError> {
    let params = ListParams {
        types: &HANDLED_EVENTS,
        created: Created {
            gte: Some(since.as_second()),
        },
        limit: Some(MAX_LIMIT),
        starting_after: after,
    };
    let account_id = &stripe.connection.account_id;
    app.rate_limits.until_may_ask(account_id).await;
    match events::list(&stripe.client, &params).await {
        Err(StripeError::Undecodable {
            http_status: 200, ..
        }) => {
            app.rate_limits.until_may_ask(account_id).await;
            let limit = Some(SMALL_LIMIT);
            events::list(&stripe.client, &ListParams { limit, ..params }).await
        }
        other => other,
    }
}

/// What is not an event today is none tomorrow: it is said once, and stops nothing.
fn readable(Listed { raw, event }: Listed) -> Option<(Event, Box<RawValue>)> {
    event
        .map(|event| (event, raw))
        .inspect_err(|error| tracing::warn!(%error, "Stripe lists an event that cannot be read"))
        .ok()
}

fn created_at(event: &Event) -> Timestamp {
    Timestamp::from_second(event.created).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Stores what is not there yet. One commit for the page, beside the webhooks' queue: a backlog of ours must not take
/// their places.
async fn store(
    app: &App,
    stripe: &StoreStripe,
    events: Vec<(Event, Box<RawValue>)>,
) -> Result<usize, ApiError> {
    let (store_id, connection) = (stripe.store_id, &stripe.connection);
    let candidates: Vec<(&str, Timestamp)> = events
        .iter()
        .map(|(event, _)| (event.id.as_str(), created_at(event)))
        .collect();
    let account_id = &connection.account_id;
    let mut conn = app.db.read().await?;
    let known = db::inbox::known(
        &mut conn,
        store_id,
        connection.mode,
        account_id,
        &candidates,
    )
    .await?;
    drop(conn);
    let signer = Signer {
        mode: connection.mode,
        account_id: account_id.clone(),
    };
    let new = events
        .into_iter()
        .filter(|(event, _)| !known.contains(&event.id))
        .map(|(event, raw)| {
            let body = raw.get().as_bytes();
            new_event(app, store_id, &signer, event, body, Source::Reconcile)
        })
        .collect::<Result<Vec<NewEvent>, ApiError>>()?;
    if new.is_empty() {
        return Ok(0);
    }
    let stored = db::inbox::record(&app.db, new).await?;
    app.work.wake(store_id);
    Ok(stored
        .into_iter()
        .filter(|stored| *stored == Stored::New)
        .count())
}
