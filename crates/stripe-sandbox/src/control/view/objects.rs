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
        let ids = || newest_first(ledger, looking.kind.as_str());
        let before = looking.before.as_deref();
        let start = before.and_then(|before| ids().position(|id| id == before));
        let mut found = ids()
            .skip(start.map_or(0, |at| at + 1))
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
        // Only what belongs to it is rendered: there may be many others, and everybody waits meanwhile.
        let is_it = |payment: Option<&str>| payment == Some(looking.id.as_str());
        let charges = ledger.charges.values();
        let charges = charges.filter(|charge| is_it(Some(&charge.payment_intent)));
        let refunds = ledger.refunds.values();
        let refunds = refunds.filter(|refund| is_it(Some(&refund.payment_intent)));
        let disputes = ledger.documents.all("dispute");
        let disputes = disputes
            .filter(|one| is_it(one.get("payment_intent").and_then(Value::as_str)))
            .cloned()
            .map(Value::Object);
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
            "charges": charges.map(Charge::render).collect::<Vec<_>>(),
            "refunds": refunds.map(Refund::render).collect::<Vec<_>>(),
            "disputes": disputes.collect::<Vec<_>>(),
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

fn newest_first<'a>(ledger: &'a Ledger, kind: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    match kind {
        "payment_intent" => Box::new(ledger.payment_intents.keys().rev().map(String::as_str)),
        "charge" => Box::new(ledger.charges.keys().rev().map(String::as_str)),
        "refund" => Box::new(ledger.refunds.keys().rev().map(String::as_str)),
        "setup_intent" => Box::new(ledger.setup_intents.keys().rev().map(String::as_str)),
        kind => {
            let all = ledger.documents.all(kind).rev();
            Box::new(all.filter_map(|one| one.get("id")?.as_str()))
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
