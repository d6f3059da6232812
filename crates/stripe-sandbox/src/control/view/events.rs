//! Events and their deliveries, newest first.

use actix_web::HttpResponse;
use actix_web::web::Query;
use serde_json::{Value, json};

use super::{Looking, MAX_LOOKED_AT, State};
use crate::control::refusal;
use crate::objects::Event;
use crate::state::Ledger;

/// `search` looks at ids and types here.
pub(super) async fn list(state: State, looking: Query<Looking>) -> HttpResponse {
    looking.answer(&state.world_unseen(), |ledger| {
        let search = looking.search.trim();
        let start = match &looking.before {
            Some(before) => ledger.events.get_index_of(before).unwrap_or(0),
            None => ledger.events.len(),
        };
        let mut found = (0..start)
            .rev()
            .take(MAX_LOOKED_AT)
            .filter_map(|at| ledger.events.get_index(at).map(|(_, event)| event))
            .filter(|event| {
                search.is_empty()
                    || event.id == search
                    || event.kind.contains(search)
                    || event.mentions(search)
            });
        let rows: Vec<Value> = found
            .by_ref()
            .take(looking.rows())
            .map(|event| row(ledger, event))
            .collect();
        let has_more = found.next().is_some();
        HttpResponse::Ok().json(json!({ "data": rows, "has_more": has_more }))
    })
}

/// The event as it is sent, and each delivery with its attempts.
pub(super) async fn retrieve(state: State, looking: Query<Looking>) -> HttpResponse {
    looking.answer(&state.world_unseen(), |ledger| {
        let Some(event) = ledger.events.get(&looking.id) else {
            return refusal(404, "there is no such event in this account and mode");
        };
        HttpResponse::Ok().json(json!({
            "event": event.render(ledger.pending_webhooks(event)),
            "deliveries": deliveries(ledger, event),
        }))
    })
}

fn row(ledger: &Ledger, event: &Event) -> Value {
    let mut deliveries = deliveries(ledger, event);
    for delivery in &mut deliveries {
        let last = delivery["attempts"]
            .as_array()
            .and_then(|all| all.last().cloned());
        delivery["attempts"] = json!(last.into_iter().collect::<Vec<_>>());
    }
    let object = event.render(0)["data"]["object"].take();
    json!({
        "id": event.id,
        "type": event.kind,
        "created": event.created,
        "object": { "id": object["id"], "object": object["object"], "payment_intent": object["payment_intent"] },
        "deliveries": deliveries,
    })
}

fn deliveries(ledger: &Ledger, event: &Event) -> Vec<Value> {
    let rows = ledger.deliveries.get(event.deliveries.clone());
    rows.unwrap_or_default()
        .iter()
        .map(|delivery| {
            let mut row = json!(delivery);
            let endpoint = ledger.webhook_endpoints.get(&delivery.endpoint);
            row["url"] = json!(endpoint.map(|endpoint| &endpoint.url));
            row
        })
        .collect()
}
