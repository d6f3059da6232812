//! What replaying events would change, told without changing anything.

use std::collections::HashMap;

use db::inbox::EventSummary;
use domain::{Mode, OrderId, StoreId};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::replay::has_effect;
use super::wire::EventReply;
use crate::app::App;
use crate::error::ApiError;
use crate::openapi::words;
use crate::work::preview::{self, Preview};

/// Events in one call: each may ask Stripe.
pub const MAX_EVENTS: i64 = 20;
/// Calls to Stripe at the same time.
const PARALLEL: usize = 4;

/// What one event would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewReply {
    /// The event as it stands, and stays.
    pub event: EventReply,
    /// What would come of it.
    pub outcome: Outcome,
    /// The outcome in words.
    pub message: &'static str,
    /// What would change; empty unless `outcome` is `changes` or `incident`.
    pub changes: Vec<ChangeReply>,
    /// What would be shown to a person as the order's `attention`.
    pub incident: Option<IncidentReply>,
}

/// What would come of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PreviewOutcome)]
pub enum Outcome {
    /// Our record would follow Stripe.
    Changes,
    /// Our record agrees with Stripe.
    Nothing,
    /// Records disagree: a person would be told.
    Incident,
    /// Not an event that changes anything here.
    Ignored,
}

impl Outcome {
    /// The API's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changes => "changes",
            Self::Nothing => "nothing",
            Self::Incident => "incident",
            Self::Ignored => "ignored",
        }
    }
}

/// One field that would change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewChange)]
pub struct ChangeReply {
    /// The order; null for a payment that has none yet.
    #[schema(value_type = Option<words::Id>)]
    pub order_id: Option<OrderId>,
    /// Its number.
    pub number: Option<i64>,
    /// As in the order's JSON, or `payment.…` for our record of the payment.
    pub field: &'static str,
    /// What it is.
    pub from: Value,
    /// What it would be.
    pub to: Value,
}

/// An incident, as in `attention`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewIncident)]
pub struct IncidentReply {
    /// Its name.
    pub code: &'static str,
    /// What a person should do.
    pub message: &'static str,
}

/// Whether a preview of the event has to ask Stripe.
pub fn asks_stripe(event: &EventSummary) -> bool {
    has_effect(event) && event.object_id.is_some()
}

/// How many calls to Stripe a preview of these events makes: one for each payment.
pub fn stripe_calls(events: &[EventSummary]) -> usize {
    payments(events).len()
}

/// What one event would do.
pub async fn of_one(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    event: EventSummary,
) -> Result<PreviewReply, ApiError> {
    let mut replies = of_many(app, store_id, mode, vec![event]).await?;
    replies
        .pop()
        .ok_or_else(|| ApiError::internal("an event has no preview"))
}

/// What each event would do if all were replayed: what several tell of one payment stands at the first.
pub async fn of_many(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    events: Vec<EventSummary>,
) -> Result<Vec<PreviewReply>, ApiError> {
    let reading = payments(&events).into_iter().map(async |intent| {
        let event_type = telling(&events, &intent);
        let preview = preview::preview(app, store_id, mode, &intent, event_type).await?;
        Ok::<_, ApiError>((intent, preview))
    });
    let mut previews: HashMap<String, Option<Preview>> = stream::iter(reading)
        .buffer_unordered(PARALLEL)
        .try_collect()
        .await?;
    let tell = |event: EventSummary| {
        if !asks_stripe(&event) {
            return quiet(event, Outcome::Ignored, IGNORED);
        }
        let intent = event.object_id.as_deref().unwrap_or_default();
        match previews.remove(intent) {
            Some(Some(preview)) => told(event, preview),
            Some(None) => quiet(event, Outcome::Ignored, UNKNOWN),
            None => quiet(event, Outcome::Nothing, REPEATED),
        }
    };
    Ok(events.into_iter().map(tell).collect())
}

const CHANGES: &str = "Our record would follow Stripe.";
const NOTHING: &str = "Our record agrees with Stripe: nothing would change.";
const INCIDENT: &str = "Records disagree: the order would not move, and a person would be told.";
const IGNORED: &str = "Events like this one change nothing here.";
const UNKNOWN: &str = "The event is about a payment that is not of this store.";
const REPEATED: &str =
    "An event before this one is about the same payment: nothing would be left to change.";

/// The payments that a preview of these events looks at, each once.
fn payments(events: &[EventSummary]) -> Vec<String> {
    let mut payments: Vec<String> = events
        .iter()
        .filter(|event| asks_stripe(event))
        .filter_map(|event| event.object_id.clone())
        .collect();
    payments.sort_unstable();
    payments.dedup();
    payments
}

/// The type of the event that asks for most about a payment: whoever looks for refunds or disputes sees the rest, too.
fn telling<'a>(events: &'a [EventSummary], intent: &str) -> &'a str {
    let about = events
        .iter()
        .filter(|event| event.object_id.as_deref() == Some(intent));
    let mut types = about.map(|event| event.event_type.as_str());
    let first = types.next().unwrap_or_default();
    let more = |event_type: &&str| !event_type.starts_with("payment_intent.");
    if more(&first) {
        first
    } else {
        types.find(more).unwrap_or(first)
    }
}

fn quiet(event: EventSummary, outcome: Outcome, message: &'static str) -> PreviewReply {
    PreviewReply {
        event: event.into(),
        outcome,
        message,
        changes: Vec::new(),
        incident: None,
    }
}

fn told(event: EventSummary, preview: Preview) -> PreviewReply {
    let (outcome, message) = match &preview {
        Preview {
            incident: Some(_), ..
        } => (Outcome::Incident, INCIDENT),
        Preview { changes, .. } if changes.is_empty() => (Outcome::Nothing, NOTHING),
        _ => (Outcome::Changes, CHANGES),
    };
    let order = preview.order.as_ref();
    let (order_id, number) = (order.map(|order| order.id), order.map(|order| order.number));
    let changes = preview.changes.into_iter().map(|change| ChangeReply {
        order_id,
        number,
        field: change.field,
        from: change.from,
        to: change.to,
    });
    PreviewReply {
        event: event.into(),
        outcome,
        message,
        changes: changes.collect(),
        incident: preview.incident.map(|incident| IncidentReply {
            code: incident.code(),
            message: incident.message(),
        }),
    }
}
