//! `POST /events/replay`, with a store API key: many events, by id or by a filter.

use actix_web::{HttpResponse, web};
use db::inbox::EventFilter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::filter::{self, EventId};
use super::preview::{self, PreviewReply};
use super::replay::{self, Chosen};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::internal::store_wire::invalid;
use crate::json::Json;
use crate::middleware::rate_limit::Budget;
use crate::openapi::words;
use crate::span::Bounds;

/// Ids in one call.
const MAX_IDS: usize = 100;
/// Types in one call: Stripe has a few hundred.
const MAX_TYPES: usize = 100;

/// Which events; every field that is there narrows the choice, and one has to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayMany)]
pub struct ReplayManyRequest {
    #[schema(min_items = 1, max_items = 100)]
    ids: Option<Vec<String>>,
    received: Option<Bounds>,
    #[schema(value_type = Option<Vec<words::EventStateWord>>, min_items = 1)]
    states: Option<Vec<String>>,
    #[schema(min_items = 1, max_items = 100)]
    types: Option<Vec<String>>,
    #[schema(min_length = 1, max_length = 255)]
    starting_after: Option<String>,
    #[serde(default)]
    preview: bool,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replayed)]
pub(crate) struct ReplayManyReply {
    /// Events that fitted, at most as many as one call takes.
    matched: usize,
    /// Events that are due again.
    replayed: usize,
    /// Events that a worker has right now.
    in_progress: usize,
    /// Events that must have no effect here, and were left alone.
    without_effect: usize,
    /// The ids that were asked for and are not in the inbox.
    not_found: Vec<String>,
    /// Whether more events fit: send the same with `starting_after`.
    has_more: bool,
    next_starting_after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    preview: Option<Vec<PreviewReply>>,
}

/// Replays at most 1,000 events, oldest first; or tells what the first 20 of them would change.
pub async fn replay_events(
    app: web::Data<App>,
    caller: StoreKey,
    body: Json<ReplayManyRequest>,
) -> Result<HttpResponse, ApiError> {
    let request = body.0;
    let filter = request.filter()?;
    let after: Option<EventId> = match &request.starting_after {
        Some(id) => Some(
            id.parse()
                .map_err(|_| filter::unknown_cursor("starting_after"))?,
        ),
        None => None,
    };
    let (store_id, mode) = (caller.store.id, caller.key.mode);
    let limit = if request.preview {
        preview::MAX_EVENTS
    } else {
        replay::MAX_EVENTS
    };
    let chosen = replay::choose(&app, store_id, mode, &filter, after.as_ref(), limit).await?;
    let mut reply = ReplayManyReply::of(&chosen, &filter);
    if request.preview {
        for _ in 0..preview::stripe_calls(&chosen.events) {
            app.rate_limits.check(Budget::StripeReads, store_id)?;
        }
        reply.preview = Some(preview::of_many(&app, store_id, mode, chosen.events).await?);
    } else {
        let (effective, idle): (Vec<_>, Vec<_>) =
            chosen.events.into_iter().partition(replay::has_effect);
        let asked = effective.len();
        reply.without_effect = idle.len();
        let done = replay::replay(&app, store_id, mode, &caller.actor(), effective).await?;
        reply.replayed = done.len();
        reply.in_progress = asked - done.len();
    }
    Ok(HttpResponse::Ok().json(reply))
}

impl ReplayManyRequest {
    fn filter(&self) -> Result<EventFilter, ApiError> {
        let chosen = self.ids.is_some()
            || self.received.is_some()
            || self.states.is_some()
            || self.types.is_some();
        if !chosen {
            return Err(ApiError::malformed(
                "parameter_missing",
                "Say which events: ids, received, states or types.",
            )
            .param("ids"));
        }
        let mut filter = EventFilter::all();
        if let Some(ids) = &self.ids {
            filter.ids = Some(words(ids, MAX_IDS, "ids")?);
        }
        if let Some(types) = &self.types {
            filter.types = words(types, MAX_TYPES, "types")?;
        }
        if let Some(states) = &self.states {
            if states.is_empty() {
                return Err(invalid("states", "must not be empty"));
            }
            let states = states.iter().map(|word| filter::state(word, "states"));
            filter.states = states.collect::<Result<_, _>>()?;
            filter.states.dedup();
        }
        if let Some(received) = &self.received {
            (filter.received_from, filter.received_before) = received.span("received")?;
        }
        Ok(filter)
    }
}

/// Ids and types are words of the same kind.
fn words(list: &[String], max: usize, param: &'static str) -> Result<Vec<String>, ApiError> {
    if list.is_empty() || list.len() > max {
        return Err(invalid(
            param,
            format_args!("must be a list of 1 to {max} values"),
        ));
    }
    list.iter().map(|text| filter::word(text, param)).collect()
}

impl ReplayManyReply {
    fn of(chosen: &Chosen, filter: &EventFilter) -> Self {
        let is_found = |id: &String| chosen.events.iter().any(|event| event.event_id == *id);
        let ids = filter.ids.iter().flatten();
        Self {
            matched: chosen.events.len(),
            replayed: 0,
            in_progress: 0,
            without_effect: 0,
            not_found: ids.filter(|id| !is_found(id)).cloned().collect(),
            has_more: chosen.has_more,
            next_starting_after: chosen.next().map(str::to_owned),
            preview: None,
        }
    }
}
