//! What is taken out of an event's body while it is walked.

use super::event::{Event, EventObject};
use super::strict_json::{AnyReader, Reader, Scalar};
use crate::Metadata;

/// Longest id, type or version that we keep; ids are a database key.
const MAX_TEXT_BYTES: usize = 255;

/// The end of 9999, less two days: within what every time type and database column holds. Whatever an account's owner signs
/// beyond it becomes this, always the same, so that the event stays one event.
const MAX_CREATED: i64 = 253_402_128_000;

/// The whole body, an object without a name.
#[derive(Default)]
pub(super) struct Body {
    envelope: Envelope,
}

impl Body {
    /// The event, if what every event has was there.
    pub(super) fn into_event(self) -> Option<Event> {
        self.envelope.into_event()
    }
}

impl Reader for Body {
    fn object(&mut self, _name: &str) -> Option<&mut AnyReader> {
        Some(&mut self.envelope)
    }
}

/// The event's own fields, as far as they are what they should be.
#[derive(Default)]
struct Envelope {
    is_event: bool,
    id: Option<String>,
    kind: Option<String>,
    api_version: Option<String>,
    created: Option<i64>,
    livemode: Option<bool>,
    account: Option<String>,
    account_is_odd: bool,
    data: Data,
}

impl Envelope {
    fn into_event(self) -> Option<Event> {
        let Data { object, is_there } = self.data;
        // Read strictly: an account that is overlooked would pass for the merchant's own.
        if !self.is_event || !is_there || self.account_is_odd {
            return None;
        }
        Some(Event {
            id: self.id?,
            kind: self.kind?,
            api_version: self.api_version,
            created: self.created?.clamp(0, MAX_CREATED),
            livemode: self.livemode?,
            account: self.account,
            object: EventObject {
                id: object.id,
                object: object.kind,
                payment_intent: object.payment_intent.or(object.expanded.id),
                metadata: object.metadata.0,
            },
        })
    }
}

impl Reader for Envelope {
    fn scalar(&mut self, name: &str, value: Scalar<'_>) {
        match (name, value) {
            ("object", value) => self.is_event = value == Scalar::Text("event"),
            ("id", value) => self.id = word(value),
            ("type", value) => self.kind = word(value),
            ("api_version", value) => self.api_version = word(value),
            ("created", Scalar::Integer(seconds)) => self.created = Some(seconds),
            ("livemode", Scalar::Flag(flag)) => self.livemode = Some(flag),
            ("account", Scalar::Null) => {}
            ("account", value) => {
                self.account = word(value);
                self.account_is_odd = self.account.is_none();
            }
            _ => {}
        }
    }

    fn object(&mut self, name: &str) -> Option<&mut AnyReader> {
        self.account_is_odd |= name == "account";
        (name == "data").then_some(&mut self.data as &mut AnyReader)
    }
}

#[derive(Default)]
struct Data {
    is_there: bool,
    object: Subject,
}

impl Reader for Data {
    fn object(&mut self, name: &str) -> Option<&mut AnyReader> {
        let is_object = name == "object";
        self.is_there |= is_object;
        is_object.then_some(&mut self.object as &mut AnyReader)
    }
}

#[derive(Default)]
struct Subject {
    id: Option<String>,
    kind: Option<String>,
    payment_intent: Option<String>,
    expanded: Expanded,
    metadata: Notes,
}

impl Reader for Subject {
    fn scalar(&mut self, name: &str, value: Scalar<'_>) {
        match name {
            "id" => self.id = word(value),
            "object" => self.kind = word(value),
            "payment_intent" => self.payment_intent = word(value),
            _ => {}
        }
    }

    fn object(&mut self, name: &str) -> Option<&mut AnyReader> {
        match name {
            "payment_intent" => Some(&mut self.expanded),
            "metadata" => Some(&mut self.metadata),
            _ => None,
        }
    }
}

/// A whole object where an id usually stands.
#[derive(Default)]
struct Expanded {
    id: Option<String>,
}

impl Reader for Expanded {
    fn scalar(&mut self, name: &str, value: Scalar<'_>) {
        if name == "id" {
            self.id = word(value);
        }
    }
}

#[derive(Default)]
struct Notes(Metadata);

impl Reader for Notes {
    fn scalar(&mut self, name: &str, value: Scalar<'_>) {
        if let Scalar::Text(text) = value {
            self.0.note(name, text);
        }
    }
}

/// A short printable word: safe as a database key and in a log line.
fn word(value: Scalar<'_>) -> Option<String> {
    let Scalar::Text(text) = value else {
        return None;
    };
    let plain = !text.is_empty()
        && text.len() <= MAX_TEXT_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| text.to_owned())
}
