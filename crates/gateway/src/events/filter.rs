//! Which events are wanted: query parameters and fields in Stripe's style, parsed and bounded.

use std::str::FromStr;

use db::inbox::{EventFilter, EventState};
use serde::Deserialize;

use crate::error::ApiError;
use crate::internal::store_wire::invalid;
use crate::span::Bounds;

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
        let received = Bounds {
            gte: self.gte,
            gt: self.gt,
            lte: self.lte,
            lt: self.lt,
        };
        (filter.received_from, filter.received_before) = received.span("received")?;
        Ok(filter)
    }
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
}
