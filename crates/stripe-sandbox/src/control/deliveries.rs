//! `/_sandbox/deliveries`: holding webhooks back, and sending them when, how often and in which
//! order a test wants.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Json, Query};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{State, or_default, refusal};
use crate::state::{Ledger, World};
use crate::webhooks::{
    Answer, Delivery, DeliveryId, DeliveryMode, DeliveryState, Speed, deliver_now,
};

/// One flush sends at most this many requests.
const MAX_DELIVERIES: usize = 10_000;
/// Rows that one answer lists, unless it is asked for another number, and at most.
const USUAL_ROWS: usize = 1_000;
const MAX_ROWS: usize = 10_000;
/// At once; each takes a connection.
const MAX_AT_ONCE: usize = 256;
/// `settle` gives up after this; longer than a delivery may take.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetMode {
    mode: DeliveryMode,
    /// Only this account; all if absent.
    account: Option<String>,
}

/// Which deliveries, and how.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Flush {
    account: Option<String>,
    endpoint_id: Option<String>,
    /// With an event named, deliveries that were made already are made again.
    event_id: Option<String>,
    event_type: Option<String>,
    times: Option<usize>,
    concurrent: bool,
    /// Newest first.
    reverse: bool,
}

/// Which rows of the log.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListFilter {
    account: Option<String>,
    event_id: Option<String>,
    state: Option<DeliveryState>,
    /// Only so many, the newest.
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetSpeed {
    speed: f64,
}

pub(super) async fn list(state: State, filter: Query<ListFilter>) -> HttpResponse {
    let world = state.world();
    let chosen: Vec<(&Ledger, &Delivery)> = ledgers(&world, filter.account.as_deref())
        .flat_map(|ledger| ledger.deliveries.iter().map(move |one| (ledger, one)))
        .filter(|(_, one)| {
            filter.event_id.as_ref().is_none_or(|id| *id == one.event)
                && filter.state.is_none_or(|state| state == one.state)
        })
        .collect();
    let total = chosen.len();
    let limit = filter.limit.unwrap_or(USUAL_ROWS).min(MAX_ROWS);
    let newest = chosen.into_iter().skip(total.saturating_sub(limit));
    let deliveries: Vec<Value> = newest
        .map(|(ledger, delivery)| {
            let mut row = json!(delivery);
            row["account"] = Value::from(ledger.spec.account_id.clone());
            row["livemode"] = Value::from(ledger.livemode);
            row
        })
        .collect();
    HttpResponse::Ok().json(json!({ "deliveries": deliveries, "total": total }))
}

pub(super) async fn speed(state: State) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "speed": state.world().webhook_speed.factor() }))
}

/// How fast Stripe's waits pass, also those that have begun.
pub(super) async fn set_speed(state: State, body: Json<SetSpeed>) -> HttpResponse {
    let Some(speed) = Speed::new(body.speed) else {
        return refusal(422, "the speed is 1 or more");
    };
    let before = std::mem::replace(&mut state.world().webhook_speed, speed);
    state.office.hurry(speed.factor() / before.factor());
    HttpResponse::Ok().json(json!({ "speed": speed.factor() }))
}

/// Switching to `auto` lets go of what is held.
pub(super) async fn set_mode(state: State, body: Json<SetMode>) -> HttpResponse {
    let mut due = Vec::new();
    {
        let mut world = state.world();
        for ledger in world.ledgers.values_mut() {
            if body
                .account
                .as_ref()
                .is_some_and(|account| *account != ledger.spec.account_id)
            {
                continue;
            }
            ledger.delivery_mode = body.mode;
            if body.mode == DeliveryMode::Hold {
                continue;
            }
            let key = ledger.key();
            for (index, delivery) in ledger.deliveries.iter_mut().enumerate() {
                if delivery.state == DeliveryState::Held {
                    delivery.state = DeliveryState::Pending;
                    due.push(DeliveryId {
                        ledger: key.clone(),
                        index,
                        resend: false,
                    });
                }
            }
        }
    }
    let released = due.len();
    state.dispatch(due);
    HttpResponse::Ok().json(json!({ "mode": body.mode, "released": released }))
}

/// Sends now, and answers when all were answered.
pub(super) async fn flush(state: State, body: Option<Json<Flush>>) -> HttpResponse {
    let flush = or_default(body);
    let mut chosen = choose(&state.world(), &flush);
    if flush.reverse {
        chosen.reverse();
    }
    let times = flush.times.unwrap_or(1);
    if chosen.len().saturating_mul(times) > MAX_DELIVERIES {
        return refusal(422, "too many deliveries at once");
    }
    let all: Vec<DeliveryId> = chosen
        .into_iter()
        .flat_map(|id| std::iter::repeat_n(id, times))
        .collect();
    let answers = if flush.concurrent {
        at_once(&state, all).await
    } else {
        one_by_one(&state, all).await
    };
    HttpResponse::Ok().json(json!({ "deliveries": answers }))
}

/// Waits until no delivery is under way or waits to be tried again.
pub(super) async fn settle(state: State) -> HttpResponse {
    match tokio::time::timeout(SETTLE_TIMEOUT, state.office.idle()).await {
        Ok(()) => HttpResponse::Ok().json(json!({ "settled": true })),
        Err(_) => refusal(504, "deliveries are still under way"),
    }
}

fn choose(world: &World, flush: &Flush) -> Vec<DeliveryId> {
    let named = flush.event_id.is_some() || flush.event_type.is_some();
    let fits =
        |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted == is);
    ledgers(world, flush.account.as_deref())
        .flat_map(|ledger| {
            let key = ledger.key();
            ledger
                .deliveries
                .iter()
                .enumerate()
                .filter(|(_, one)| named || one.state == DeliveryState::Held)
                .filter_map(move |(index, one)| {
                    let chosen = fits(&flush.event_id, &one.event)
                        && fits(&flush.event_type, one.kind)
                        && fits(&flush.endpoint_id, &one.endpoint);
                    chosen.then(|| DeliveryId {
                        ledger: key.clone(),
                        index,
                        resend: true,
                    })
                })
        })
        .collect()
}

fn ledgers<'a>(world: &'a World, account: Option<&'a str>) -> impl Iterator<Item = &'a Ledger> {
    world
        .ledgers
        .values()
        .filter(move |ledger| account.is_none_or(|id| ledger.spec.account_id == id))
}

async fn one_by_one(state: &State, all: Vec<DeliveryId>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(all.len());
    for id in all {
        answers.extend(deliver_now(state, &id).await);
    }
    answers
}

async fn at_once(state: &State, all: Vec<DeliveryId>) -> Vec<Answer> {
    let places = Arc::new(Semaphore::new(MAX_AT_ONCE));
    let mut running = JoinSet::new();
    for id in all {
        let (state, places) = (state.clone(), Arc::clone(&places));
        running.spawn(async move {
            // Never closed: there always is a place in the end.
            let _place = places.acquire().await;
            deliver_now(&state, &id).await
        });
    }
    running.join_all().await.into_iter().flatten().collect()
}
