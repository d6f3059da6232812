//! Lists of objects, newest first, and one object with what belongs to it.

use actix_web::HttpResponse;
use actix_web::web::Query;
use serde_json::{Value, json};

use super::{Looking, MAX_LOOKED_AT, State};
use crate::control::refusal;
use crate::objects::{Charge, Refund};
use crate::spec::complete;
use crate::state::Ledger;

/// What can be looked at, besides events.
const KINDS: &[&str] = &[
    "charge",
    "checkout.session",
    "customer",
    "dispute",
    "invoice",
    "payment_intent",
    "refund",
    "setup_intent",
    "subscription",
    "test_helpers.test_clock",
];
/// The steps of a payment that are shown, the newest.
const MAX_STEPS: usize = 100;

pub(super) async fn list(state: State, looking: Query<Looking>) -> HttpResponse {
    if !KINDS.contains(&looking.kind.as_str()) {
        return refusal(422, "kind is not one that can be looked at");
    }
    looking.answer(&state.world_unseen(), |ledger| {
        let search = looking.search.trim().to_lowercase();
        let ids = newest_first(ledger, &looking.kind);
        let start = match &looking.before {
            Some(before) => ids
                .iter()
                .position(|id| id == before)
                .map_or(0, |at| at + 1),
            None => 0,
        };
        let mut found = ids[start..]
            .iter()
            .take(MAX_LOOKED_AT)
            .filter_map(|id| row(ledger, &looking.kind, id))
            .filter(|row| search.is_empty() || row.to_string().to_lowercase().contains(&search));
        let mut rows: Vec<Value> = found.by_ref().take(looking.rows()).collect();
        let has_more = found.next().is_some();
        rows.iter_mut().for_each(complete);
        HttpResponse::Ok().json(json!({ "data": rows, "has_more": has_more }))
    })
}

/// A payment comes with its charges, refunds, disputes and the events about it.
pub(super) async fn retrieve(state: State, looking: Query<Looking>) -> HttpResponse {
    if !KINDS.contains(&looking.kind.as_str()) {
        return refusal(422, "kind is not one that can be looked at");
    }
    looking.answer(&state.world_unseen(), |ledger| {
        let Some(object) = ledger.object(&looking.kind, &looking.id) else {
            return refusal(404, "there is no such object in this account and mode");
        };
        let of_payment = |one: &Value| one["payment_intent"] == looking.id.as_str();
        let refunds = ledger.refunds.values().map(Refund::render);
        let disputes = ledger.documents.all("dispute").cloned().map(Value::Object);
        let charges: Vec<Value> = ledger
            .charges
            .values()
            .map(Charge::render)
            .filter(of_payment)
            .collect();
        let events: Vec<Value> = ledger
            .events
            .values()
            .rev()
            .take(MAX_LOOKED_AT)
            .filter(|event| event.mentions(&looking.id))
            .take(MAX_STEPS)
            .map(|event| json!({ "id": event.id, "type": event.kind, "created": event.created }))
            .collect();
        let mut found = json!({
            "object": object,
            "charges": charges,
            "refunds": refunds.filter(of_payment).collect::<Vec<_>>(),
            "disputes": disputes.filter(of_payment).collect::<Vec<_>>(),
            "events": events,
        });
        complete(&mut found["object"]);
        for belonging in ["charges", "refunds", "disputes"] {
            let all = found[belonging].as_array_mut();
            all.into_iter().flatten().for_each(complete);
        }
        HttpResponse::Ok().json(found)
    })
}

fn newest_first(ledger: &Ledger, kind: &str) -> Vec<String> {
    match kind {
        "payment_intent" => ledger.payment_intents.keys().rev().cloned().collect(),
        "charge" => ledger.charges.keys().rev().cloned().collect(),
        "refund" => ledger.refunds.keys().rev().cloned().collect(),
        "setup_intent" => ledger.setup_intents.keys().rev().cloned().collect(),
        kind => {
            let all = ledger.documents.all(kind).rev();
            all.filter_map(|one| Some(one.get("id")?.as_str()?.to_owned()))
                .collect()
        }
    }
}

/// An object as a row of a list; a payment has its last charge in it.
fn row(ledger: &Ledger, kind: &str, id: &str) -> Option<Value> {
    let mut row = ledger.object(kind, id)?;
    let charge = row["latest_charge"]
        .as_str()
        .and_then(|charge| ledger.object("charge", charge));
    if let Some(charge) = charge {
        row["latest_charge"] = charge;
    }
    Some(row)
}
