//! The inbox of Stripe's events, documented.

use serde_json::json;

use super::preview::PreviewReply;
use super::replay_event::ReplayRequest;
use super::replay_events::{ReplayManyReply, ReplayManyRequest};
use super::wire::EventReply;
use crate::openapi::access::API_KEY;
use crate::openapi::operation::{Operation, get, post};
use crate::openapi::shapes::reference;

/// Every call about events.
pub fn operations() -> Vec<Operation> {
    vec![list(), replay_many(), show(), replay()]
}

fn list() -> Operation {
    let instant = || json!({ "type": "string", "maxLength": 64 });
    let list = get("/events", "listEvents", API_KEY)
        .says(
            "List events",
            "What Stripe told about the key's mode, newest first.",
        )
        .pages()
        .query(
            "state",
            "Only those in this state.",
            reference("schemas", "EventStateWord"),
        )
        .query(
            "type",
            "Only those of this type, such as `payment_intent.succeeded`.",
            json!({ "type": "string", "minLength": 1, "maxLength": 255 }),
        );
    let bounds = [
        (
            "received[gte]",
            "Received at this instant or later: RFC 3339, or seconds since 1970.",
        ),
        ("received[gt]", "Received later."),
        ("received[lte]", "Received at this instant or before."),
        ("received[lt]", "Received before."),
    ];
    (bounds.into_iter())
        .fold(list, |list, (name, words)| {
            list.query(name, words, instant())
        })
        .refuses(400, &["invalid_value"])
        .answers_list::<EventReply>("A page of events.")
}

fn show() -> Operation {
    let payload =
        json!({ "type": "object", "required": ["payload"], "properties": { "payload": {} } });
    let event = json!({ "allOf": [reference("schemas", "Event"), payload] });
    get("/events/{event_id}", "showEvent", API_KEY)
        .says(
            "Show an event",
            "With `payload`: what Stripe sent, byte by byte.",
        )
        .answers_schema(200, "The event.", &event)
}

fn replay() -> Operation {
    let either =
        json!({ "anyOf": [reference("schemas", "Event"), reference("schemas", "Preview")] });
    post("/events/{event_id}/replay", "replayEvent", API_KEY)
        .says(
            "Replay an event",
            "Makes it due again: its payment is looked at once more, so nothing is paid or told twice. With `preview` nothing changes, \
             and the answer says what would.",
        )
        .may_take::<ReplayRequest>(json!({ "preview": true }))
        .refuses(409, &["event_in_progress", "event_without_effect", "account_changed", "store_connected_elsewhere"])
        .refuses(402, &["card_declined"])
        .asks_stripe()
        .answers_schema(200, "The event, or the preview.", &either)
        .knows::<PreviewReply>()
}

fn replay_many() -> Operation {
    post("/events/replay", "replayEvents", API_KEY)
        .says(
            "Replay many events",
            "Oldest first, at most 1,000 a call (20 with `preview`). Say which: `ids`, `received`, `states`, `types`, or several of \
             these, which narrow each other. While `has_more` is true, send the same with `starting_after`.",
        )
        .takes::<ReplayManyRequest>(json!({ "states": ["parked"], "preview": true }))
        .refuses(400, &["parameter_missing", "invalid_value", "invalid_cursor"])
        .refuses(402, &["card_declined"])
        .refuses(409, &["account_changed", "store_connected_elsewhere"])
        .asks_stripe()
        .answers::<ReplayManyReply>(200, "What was done.")
}
