//! `tillgate events …`: the inbox of Stripe's events, as an operator sees it.

pub mod list;
pub mod replay;

use anyhow::Context;
use db::inbox::{EventFilter, EventState};
use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};

use super::store;
use crate::app::App;
use crate::events::filter::EventId;

/// Which events of which store.
#[derive(Debug, clap::Args)]
struct Which {
    /// The store's id
    #[arg(long, value_name = "ID")]
    store: StoreId,
    /// Test or live; the mode in use unless told
    #[arg(long)]
    mode: Option<Mode>,
    /// Only in this state: received, processing, processed, ignored, waiting, parked
    #[arg(long, value_parser = state)]
    state: Vec<EventState>,
    /// Only of this type, such as `payment_intent.succeeded`
    #[arg(long = "type", value_name = "TYPE", value_parser = word)]
    types: Vec<String>,
    /// Received then or later: `24h` ago, or an instant like 2026-11-21T12:00:00Z
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<When>,
    /// Received before then
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<When>,
}

/// An instant, by itself or by how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    At(Timestamp),
    Ago(SignedDuration),
}

impl When {
    fn instant(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::Ago(duration) => now.checked_sub(duration).unwrap_or(Timestamp::UNIX_EPOCH),
        }
        .max(Timestamp::UNIX_EPOCH)
    }
}

fn when(text: &str) -> Result<When, &'static str> {
    const HINT: &str = "write 90m, 24h or 7d, or an instant like 2026-11-21T12:00:00Z";
    if let Ok(instant) = text.parse() {
        return Ok(When::At(instant));
    }
    let duration = match text.strip_suffix('d').map(str::parse::<u16>) {
        Some(Ok(days)) => SignedDuration::from_hours(24 * i64::from(days)),
        _ => text.parse().map_err(|_| HINT)?,
    };
    if duration.is_negative() {
        return Err(HINT);
    }
    Ok(When::Ago(duration))
}

fn state(word: &str) -> Result<EventState, &'static str> {
    EventState::from_word(word)
        .ok_or("it is one of received, processing, processed, ignored, waiting, parked")
}

fn word(text: &str) -> Result<String, crate::events::filter::InvalidEventId> {
    text.parse().map(|id: EventId| id.as_str().to_owned())
}

impl Which {
    /// The mode, and the filter up to now: what arrives meanwhile is another time's.
    async fn resolve(&self, app: &App) -> anyhow::Result<(Mode, EventFilter)> {
        let store = store::find(app, self.store).await?;
        let mode = self
            .mode
            .or(store.active_mode)
            .context("the store is not connected yet; say --mode test or --mode live")?;
        let now = app.now();
        let mut filter = EventFilter::all();
        if !self.state.is_empty() {
            filter.states.clone_from(&self.state);
        }
        filter.types.clone_from(&self.types);
        if let Some(since) = self.since {
            filter.received_from = since.instant(now);
        }
        let until = self.until.map_or(Timestamp::MAX, |when| when.instant(now));
        let next = now
            .checked_add(SignedDuration::from_micros(1))
            .unwrap_or(Timestamp::MAX);
        filter.received_before = until.min(next);
        Ok((mode, filter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_given_by_itself_or_by_how_long_ago_it_was() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("24h", "2026-11-20T12:00:00Z"),
            ("7d", "2026-11-14T12:00:00Z"),
            ("1h 30m", "2026-11-21T10:30:00Z"),
            ("0s", "2026-11-21T12:00:00Z"),
            ("2026-11-21T01:00:00+01:00", "2026-11-21T00:00:00Z"),
            ("65535d", "1970-01-01T00:00:00Z"),
            ("1960-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let instant = when(text).unwrap().instant(now);
            assert_eq!(instant.to_string(), expected, "{text}");
        }
        for wrong in ["", "d", "24", "-1h", "yesterday", "65536d", "1h ago"] {
            assert!(when(wrong).is_err(), "{wrong}");
        }
    }
}
