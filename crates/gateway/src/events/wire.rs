//! An event as the API shows it.

use db::inbox::EventSummary;
use domain::dashboard::payment_url;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::words;

/// An event of the inbox.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventReply {
    /// Stripe's `evt_…`.
    pub id: String,
    /// Stripe's `type`.
    pub r#type: String,
    /// received, processing, processed, ignored, waiting (the store must reconnect) or parked (given up).
    #[schema(value_type = words::EventStateWord)]
    pub state: String,
    /// How often it was tried since it arrived or was last replayed.
    pub attempts: i64,
    /// Why the last try failed, or why it was ignored: a code of `docs/errors.md`.
    pub last_error: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// When it was done with.
    pub processed_at: Option<Timestamp>,
    /// `webhook` if Stripe delivered it, `reconcile` if it was found in Stripe's list.
    pub source: String,
    /// The `PaymentIntent` that it is about.
    pub object_id: Option<String>,
    /// The payment in Stripe's dashboard.
    pub dashboard_url: Option<String>,
}

impl From<EventSummary> for EventReply {
    fn from(event: EventSummary) -> Self {
        Self {
            attempts: event.tries(),
            dashboard_url: event
                .object_id
                .as_deref()
                .filter(|id| id.starts_with("pi_"))
                .map(|id| payment_url(&event.account_id, event.mode, id)),
            id: event.event_id,
            r#type: event.event_type,
            state: event.state,
            last_error: event.last_error,
            received_at: event.received_at,
            processed_at: event.processed_at,
            source: event.source,
            object_id: event.object_id,
        }
    }
}
