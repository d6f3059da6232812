//! The envelope of an event, read tolerantly: merchants' accounts send the shapes of their own API
//! versions. An event is a hint; amounts and states are read from Stripe, not from here.

use super::envelope::Body;
use super::strict_json;
use crate::Metadata;

/// A snapshot event (API reference, "The Event object").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`: 1 to 255 printable ASCII characters.
    pub id: String,
    /// Stripe's `type`, for example `payment_intent.succeeded`; any text is allowed.
    pub kind: String,
    /// The version that rendered `data`.
    pub api_version: Option<String>,
    /// Seconds since 1970, up to the last days of 9999. Orders nothing: its grain is one second.
    pub created: i64,
    /// Whether real money moved.
    pub livemode: bool,
    /// Set when the event is of an account connected to the merchant's: not the store's own money.
    pub account: Option<String>,
    /// What the event is about.
    pub object: EventObject,
}

/// The few fields of `data.object` that tell which of our things it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventObject {
    /// `pi_…`, `ch_…`; some objects have none.
    pub id: Option<String>,
    /// For example `payment_intent`.
    pub object: Option<String>,
    /// The PaymentIntent that a charge, refund or dispute belongs to.
    pub payment_intent: Option<String>,
    /// Only a hint: anyone who may write to the merchant's account may write here.
    pub metadata: Metadata,
}

/// Why signed bytes are not an event. Both are a 400.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum EventError {
    /// Not UTF-8, not JSON, nested over 128 levels, or with a name that stands twice.
    #[error("the payload is not JSON")]
    NotJson,
    /// JSON, but without what every snapshot event has.
    #[error("the payload is not an event")]
    NotAnEvent,
}

impl Event {
    /// Reads the envelope. Believe it only after [`verify`](super::verify); before that it may tell
    /// which store's secret to try.
    pub fn parse(payload: &[u8]) -> Result<Self, EventError> {
        let text = std::str::from_utf8(payload).map_err(|_| EventError::NotJson)?;
        let mut body = Body::default();
        strict_json::read(text, &mut body).map_err(|_| EventError::NotJson)?;
        body.into_event().ok_or(EventError::NotAnEvent)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event() -> Value {
        json!({
            "id": "evt_1", "object": "event", "api_version": "2022-08-01", "created": 1_760_000_000,
            "livemode": false, "type": "charge.refunded", "new_field": [1, {"a": null}],
            "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1",
                                "amount": 4999.5, "metadata": {"order_id": "o1", "n": 5}}}
        })
    }

    fn parse(value: &Value) -> Result<Event, EventError> {
        Event::parse(value.to_string().as_bytes())
    }

    #[test]
    fn the_envelope_is_read() {
        let event = parse(&event()).unwrap();
        assert_eq!(
            (event.id.as_str(), event.kind.as_str()),
            ("evt_1", "charge.refunded")
        );
        assert_eq!(event.api_version.as_deref(), Some("2022-08-01"));
        assert_eq!(
            (event.created, event.livemode, event.account),
            (1_760_000_000, false, None)
        );
        assert_eq!(event.object.id.as_deref(), Some("ch_1"));
        assert_eq!(event.object.payment_intent.as_deref(), Some("pi_1"));
        assert_eq!(
            event.object.metadata.iter().collect::<Vec<_>>(),
            [("order_id", "o1")]
        );
    }

    #[test]
    fn an_expanded_payment_intent_is_read() {
        let mut value = event();
        value["data"]["object"]["payment_intent"] = json!({"id": "pi_2"});
        assert_eq!(
            parse(&value).unwrap().object.payment_intent.as_deref(),
            Some("pi_2")
        );
    }

    #[test]
    fn what_every_event_has_is_required() {
        let long = "x".repeat(256);
        for (field, wrong) in [
            ("id", json!(null)),
            ("id", json!("")),
            ("id", json!(5)),
            ("id", json!(long)),
            ("id", json!("evt_\u{0}")),
            ("object", json!("v2.core.event")),
            ("type", json!("")),
            ("livemode", json!("false")),
            ("created", json!("2025-10-09T08:53:20.000Z")),
            ("created", json!(1.5)),
            ("account", json!(7)),
            ("account", json!("")),
            ("data", json!(null)),
            ("data", json!({"object": null})),
            ("data", json!({"object": []})),
            ("account", json!({"id": "acct_1"})),
            ("account", json!(["acct_1"])),
            ("id", json!({"id": "evt_1"})),
            ("created", json!(u64::MAX)),
        ] {
            let mut value = event();
            value[field] = wrong.clone();
            assert_eq!(
                parse(&value),
                Err(EventError::NotAnEvent),
                "{field} = {wrong}"
            );
        }
        let mut longest = event();
        longest["id"] = json!("x".repeat(255));
        assert!(parse(&longest).is_ok());
    }

    #[test]
    fn w15_times_that_no_calendar_holds_become_its_ends() {
        for (sent, read) in [
            (-300_000_000_000, 0),
            (i64::MIN, 0),
            (-1, 0),
            (0, 0),
            (253_402_128_000, 253_402_128_000),
            (i64::MAX, 253_402_128_000),
        ] {
            let mut value = event();
            value["created"] = json!(sent);
            assert_eq!(parse(&value).unwrap().created, read, "{sent}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        let text = event().to_string();
        for (once, twice) in [
            (r#""id":"evt_1""#, r#""id":"evt_0","id":"evt_1""#),
            (r#""order_id":"o1""#, r#""order_id":"o1","order_id":"o1""#),
            (r#"{"a":null}"#, r#"{"a":null,"a":null}"#),
            // The same name, spelled with an escape.
            (
                r#""livemode":false"#,
                r#""livemode":false,"live\u006dode":true"#,
            ),
        ] {
            let changed = text.replace(once, twice);
            assert_ne!(changed, text);
            assert_eq!(
                Event::parse(changed.as_bytes()),
                Err(EventError::NotJson),
                "{twice}"
            );
        }
    }

    #[test]
    fn what_is_not_strict_json_is_refused_wherever_it_stands() {
        let text = event().to_string();
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for wrong in [
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            r#""\x""#,
            "\"\t\"",
            "NaN",
            "1e400",
            "01",
            "[1,]",
            "{\"a\":1,}",
            "{\"\\ud800\":1}",
            "nul",
            &nested(127),
        ] {
            let changed = text.replace("4999.5", wrong);
            assert_ne!(changed, text);
            let outcome = Event::parse(changed.as_bytes());
            assert_eq!(outcome, Err(EventError::NotJson), "{wrong}");
        }
        for harmless in [r#""\ud83e\uded8 \u0000""#, "-1.5e-300", &nested(120)] {
            let changed = text.replace("4999.5", harmless);
            assert!(Event::parse(changed.as_bytes()).is_ok(), "{harmless}");
        }
        for end in ["", " {}", "x"] {
            let changed = format!("{}{end}", text.strip_suffix('}').unwrap());
            assert_eq!(Event::parse(changed.as_bytes()), Err(EventError::NotJson));
        }
        for (whole, why) in [
            ("[]", EventError::NotAnEvent),
            ("7", EventError::NotAnEvent),
            ("\u{feff}{}", EventError::NotJson),
        ] {
            assert_eq!(Event::parse(whole.as_bytes()), Err(why), "{whole}");
        }
        let not_utf8 = [text.as_bytes(), b"\xff"].concat();
        assert_eq!(Event::parse(&not_utf8), Err(EventError::NotJson));
    }

    /// `W13` to `W15`: what a merchant's account or an attacker may send, well signed.
    #[test]
    fn hostile_events_are_read_or_refused_without_a_panic() {
        let events: Value =
            serde_json::from_str(include_str!("../../tests/vectors/hostile_events.json")).unwrap();
        let refused = [
            "id_missing",
            "id_empty",
            "id_too_long",
            "data_missing",
            "data_object_null",
        ];
        let events = events.as_object().unwrap();
        assert_eq!(events.len(), 29);
        for (name, vector) in events {
            let expected = if refused.contains(&name.as_str()) {
                Some(EventError::NotAnEvent)
            } else {
                None
            };
            assert_eq!(parse(&vector["event"]).err(), expected, "{name}");
        }
        let connect = parse(&events["connect_account_field"]["event"]).unwrap();
        assert_eq!(connect.account.as_deref(), Some("acct_1EXAMPLEother"));
    }

    /// `W13`: merchants' accounts render events in their own, older versions.
    #[test]
    fn w13_events_of_every_type_and_version_are_read() {
        for (file, text) in [
            (
                "current",
                include_str!("../../tests/vectors/current_events.json"),
            ),
            (
                "legacy",
                include_str!("../../tests/vectors/legacy_events.json"),
            ),
        ] {
            let events: Value = serde_json::from_str(text).unwrap();
            let events = events.as_object().unwrap();
            assert_eq!(events.len(), if file == "current" { 60 } else { 10 });
            for (name, value) in events {
                // Stripe indents what it sends.
                let payload = serde_json::to_vec_pretty(value).unwrap();
                let event = Event::parse(&payload).unwrap();
                assert_eq!(event.kind, value["type"], "{file} {name}");
                assert_eq!(
                    event.object.object.as_deref(),
                    value["data"]["object"]["object"].as_str(),
                    "{name}"
                );
            }
        }
    }
}
