//! Which events are wanted: query parameters and fields in Stripe's style, parsed and bounded.

use std::str::FromStr;

use db::inbox::{EventFilter, EventState};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::internal::store_wire::invalid;

/// As long as the inbox takes ids and types.
const MAX_WORD_BYTES: usize = 255;

/// Stripe's `evt_…`, as the inbox takes them: 1 to 255 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId(String);

impl EventId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not the id of any event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event id is 1 to 255 printable ASCII characters")]
pub struct InvalidEventId;

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        is_word(text)
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidEventId)
    }
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An id or a type of a request.
pub fn word(text: &str, param: &'static str) -> Result<String, ApiError> {
    if is_word(text) {
        return Ok(text.to_owned());
    }
    Err(invalid(
        param,
        "must be 1 to 255 printable ASCII characters",
    ))
}

/// A state of a request.
pub fn state(word: &str, param: &'static str) -> Result<EventState, ApiError> {
    EventState::from_word(word).ok_or_else(|| {
        invalid(
            param,
            "must be received, processing, processed, ignored, waiting or parked",
        )
    })
}

/// 400: a cursor that is no event of this list.
pub fn unknown_cursor(param: &'static str) -> ApiError {
    ApiError::malformed(
        "invalid_cursor",
        format!("{param} must be the id of an object of this list."),
    )
    .param(param)
}

/// The filters of `GET /events`.
#[derive(Debug, Default, Deserialize)]
pub struct FilterQuery {
    state: Option<String>,
    r#type: Option<String>,
    #[serde(rename = "received[gte]")]
    gte: Option<String>,
    #[serde(rename = "received[gt]")]
    gt: Option<String>,
    #[serde(rename = "received[lte]")]
    lte: Option<String>,
    #[serde(rename = "received[lt]")]
    lt: Option<String>,
}

impl FilterQuery {
    /// The checked filter.
    pub fn filter(self) -> Result<EventFilter, ApiError> {
        let mut filter = EventFilter::all();
        if let Some(word) = &self.state {
            filter.states = vec![state(word, "state")?];
        }
        if let Some(text) = &self.r#type {
            filter.types = vec![word(text, "type")?];
        }
        let received = Received {
            gte: self.gte,
            gt: self.gt,
            lte: self.lte,
            lt: self.lt,
        };
        received.narrow(&mut filter)?;
        Ok(filter)
    }
}

/// When events were received, each bound in RFC 3339 or seconds since 1970.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Received {
    gte: Option<String>,
    gt: Option<String>,
    lte: Option<String>,
    lt: Option<String>,
}

impl Received {
    /// Narrows a filter to these bounds.
    pub fn narrow(&self, filter: &mut EventFilter) -> Result<(), ApiError> {
        // Instants are stored in microseconds.
        let next = |at: Timestamp| {
            at.checked_add(SignedDuration::from_micros(1))
                .unwrap_or(Timestamp::MAX)
        };
        let bounds = [
            (&self.gte, "received[gte]"),
            (&self.gt, "received[gt]"),
            (&self.lt, "received[lt]"),
            (&self.lte, "received[lte]"),
        ];
        let mut parsed = [None; 4];
        for (slot, (text, param)) in parsed.iter_mut().zip(bounds) {
            if let Some(text) = text {
                *slot = Some(instant(text).ok_or_else(|| {
                    invalid(
                        param,
                        "must be an instant like 2026-11-21T12:00:00Z, or seconds since 1970",
                    )
                })?);
            }
        }
        let [gte, gt, lt, lte] = parsed;
        for from in [gte, gt.map(next)].into_iter().flatten() {
            filter.received_from = filter.received_from.max(from);
        }
        for before in [lt, lte.map(next)].into_iter().flatten() {
            filter.received_before = filter.received_before.min(before);
        }
        Ok(())
    }
}

/// From 1970 to the year 9999, to the microsecond.
fn instant(text: &str) -> Option<Timestamp> {
    let at = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok()?,
        Err(_) => text.parse::<Timestamp>().ok()?,
    };
    (at >= Timestamp::UNIX_EPOCH)
        .then(|| Timestamp::from_microsecond(at.as_microsecond()).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_printable_words() {
        for good in ["evt_1", "x", &"e".repeat(255), "'--;%_"] {
            assert!(good.parse::<EventId>().is_ok(), "{good}");
        }
        for bad in ["", "a b", "evt_\0", "é", "a\n", &"e".repeat(256)] {
            assert!(bad.parse::<EventId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn instants_are_rfc_3339_or_seconds() {
        let at = instant("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(instant("1795262400"), Some(at));
        assert_eq!(instant("2026-11-21T13:00:00+01:00"), Some(at));
        for bad in [
            "",
            "now",
            "-1",
            "1969-12-31T23:59:59Z",
            "2026-11-21",
            "9223372036854775807",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn bounds_narrow_and_name_the_wrong_one() {
        let bound = |text: &str| Some(text.to_owned());
        let received = Received {
            gte: bound("10"),
            gt: bound("10"),
            lte: bound("20"),
            lt: bound("30"),
        };
        let mut filter = EventFilter::all();
        received.narrow(&mut filter).unwrap();
        let micros = |at: Timestamp| at.as_microsecond();
        assert_eq!(micros(filter.received_from), 10_000_001);
        assert_eq!(micros(filter.received_before), 20_000_001);
        let wrong = Received {
            lte: bound("soon"),
            ..Received::default()
        };
        let error = wrong.narrow(&mut filter).unwrap_err();
        assert!(error.message().contains("received[lte]"));
    }
}
