//! What happened in the merchant's account in the last 30 days: what a lost webhook would have told.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::Unsendable;
use crate::request::Path;
use crate::webhook::{Event, EventError};
use crate::{Client, Error};

/// Types that one call may name (Stripe API reference, "List all events").
pub const MAX_TYPES: usize = 20;

/// Events that one page may have.
pub const MAX_LIMIT: u8 = 100;

/// Longest id that we page by.
const MAX_ID_BYTES: usize = 255;

/// Which events to list. They come newest first.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct ListParams<'a> {
    /// Only these types, at most [`MAX_TYPES`]; all if there are none.
    pub types: &'a [&'a str],
    /// Only events of this time.
    pub created: Created,
    /// How many, at most [`MAX_LIMIT`]; Stripe's default is 10.
    pub limit: Option<u8>,
    /// Goes on after (older than) this event.
    pub starting_after: Option<&'a str>,
}

/// A span of time up to now, in seconds since 1970.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Created {
    /// Its first second.
    pub gte: Option<i64>,
}

/// One page of events.
#[derive(Debug, Deserialize)]
#[serde(try_from = "PageBody")]
pub struct Page {
    /// Newest first.
    pub events: Vec<Listed>,
    /// Whether there are more in the same direction.
    pub has_more: bool,
    /// The last event's id, from which the next page starts; `None` if the page is empty.
    pub last_id: Option<String>,
}

/// An event of the list.
#[derive(Debug)]
pub struct Listed {
    /// As received, byte for byte.
    pub raw: Box<RawValue>,
    /// Its envelope. One that cannot be read hides no other.
    pub event: Result<Event, EventError>,
}

/// Lists events ("List all events"): at most 30 days back, newest first.
pub async fn list(client: &Client, params: &ListParams<'_>) -> Result<Page, Error> {
    if params.types.len() > MAX_TYPES || params.limit.is_some_and(|limit| limit > MAX_LIMIT) {
        return Err(Unsendable::OverLimit.into());
    }
    client.get_with(Path::fixed("/v1/events"), params).await
}

#[derive(Deserialize)]
struct PageBody {
    data: Vec<Box<RawValue>>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

/// A page that says there is more, but not from where.
#[derive(Debug, thiserror::Error)]
#[error("the last event of a page has no id")]
struct NoWayOn;

impl TryFrom<PageBody> for Page {
    type Error = NoWayOn;

    fn try_from(body: PageBody) -> Result<Self, NoWayOn> {
        let last_id = body.data.last().and_then(|raw| id(raw));
        if last_id.is_none() && body.has_more {
            return Err(NoWayOn);
        }
        let events = body.data.into_iter().map(|raw| Listed {
            event: Event::parse(raw.get().as_bytes()),
            raw,
        });
        Ok(Self {
            events: events.collect(),
            has_more: body.has_more,
            last_id,
        })
    }
}

fn id(raw: &RawValue) -> Option<String> {
    let Identified { id } = serde_json::from_str(raw.get()).ok()?;
    let plain = (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
    plain.then_some(id)
}
