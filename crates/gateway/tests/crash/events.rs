//! Somebody who posts signed events all the time, beside Stripe, and keeps the list of those that were answered 200.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::RngExt;
use rand::rngs::StdRng;
use secrecy::SecretString;
use serde_json::{Value, json};
use stripe_http::webhook::sign;
use tokio::time::MissedTickBehavior;
use uuid::Uuid;

use crate::client::{expect, send};
use crate::drill::Town;

/// Senders; each waits for its answer before it sends the next event.
pub(crate) const SENDERS: usize = 8;
/// With eight senders 64 events a second.
const PACE: Duration = Duration::from_millis(125);
/// Stripe's own events are fetched anew this often, in ticks.
const FETCH_EVERY: usize = 16;
/// Of what was sent before, for sending it again.
const REMEMBERED: usize = 32;

/// An event and whose it is.
#[derive(Clone)]
struct Letter {
    store: usize,
    id: String,
    body: Vec<u8>,
}

/// Sends until the town closes.
pub(crate) async fn send_events(town: Arc<Town>, number: usize) {
    let mut dice = town.plan.dice("sender", number);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let store = number % town.stores.len();
    let mut real = Vec::new();
    let mut before: VecDeque<Letter> = VecDeque::new();
    let mut turn = number;
    while town.is_open() {
        pace.tick().await;
        if turn.is_multiple_of(FETCH_EVERY) {
            real = real_events(&town, store).await;
        }
        turn += 1;
        let letter = match before.front() {
            Some(_) if dice.random_ratio(1, 5) => {
                let position = dice.random_range(0..before.len());
                before[position].clone()
            }
            _ => write(store, &real, &mut dice),
        };
        post(&town, &letter).await;
        before.push_back(letter);
        if before.len() > REMEMBERED {
            before.pop_front();
        }
    }
}

/// The account's newest events, as Stripe would send them again.
async fn real_events(town: &Town, store: usize) -> Vec<Value> {
    let url = format!("{}/v1/events?limit=20", town.stripe_url);
    let key = &town.stores[store].account.secret_key;
    let mut list = expect(200, town.http.get(url).bearer_auth(key)).await;
    match list.body["data"].take() {
        Value::Array(events) => events,
        other => panic!("no events: {other}"),
    }
}

/// A duplicate of a real event, another one about a real payment, one about an unknown payment, or one that nobody
/// handles.
fn write(store: usize, real: &[Value], dice: &mut StdRng) -> Letter {
    let picked = real.get(dice.random_range(0..real.len().max(1)));
    let unknown = Value::from(format!("pi_FAKE{}", Uuid::new_v4().simple()));
    let event = match (dice.random_range(0..8), picked) {
        (0..=1, Some(event)) => event.clone(),
        (2..=3, Some(event)) if event["data"]["object"]["object"] == "payment_intent" => {
            hint("payment_intent.succeeded", &event["data"]["object"]["id"])
        }
        (4, _) => hint("customer.created", &unknown),
        _ => hint("payment_intent.succeeded", &unknown),
    };
    Letter {
        store,
        id: event["id"].as_str().unwrap().to_owned(),
        // Stripe indents what it sends.
        body: serde_json::to_vec_pretty(&event).unwrap(),
    }
}

fn hint(kind: &str, object_id: &Value) -> Value {
    let object = if kind.starts_with("payment_intent") {
        "payment_intent"
    } else {
        "customer"
    };
    json!({
        "id": format!("evt_FAKE{}", Uuid::new_v4().simple()), "object": "event", "api_version": "2026-10-28.endive",
        "created": now_unix_s(), "livemode": false, "pending_webhooks": 1, "type": kind,
        "data": { "object": { "id": object_id, "object": object } },
    })
}

async fn post(town: &Town, letter: &Letter) {
    let store = &town.stores[letter.store];
    let secret = SecretString::from(store.webhook_secret.as_str());
    let request = town
        .http
        .post(format!("{}/webhook/stripe/{}", town.door.url, store.id))
        .header(
            "Stripe-Signature",
            sign(&letter.body, &secret, now_unix_s()),
        )
        .header("content-type", "application/json; charset=utf-8")
        .body(letter.body.clone());
    match send(request).await {
        Ok(reply) if reply.status == 200 => {
            let key = (store.id.clone(), letter.id.clone());
            town.tally.acknowledged.lock().unwrap().insert(key);
            town.tally.acknowledgements.add();
        }
        Ok(reply) if reply.status == 503 => town.tally.events_refused.add(),
        Ok(reply) if reply.status == 500 => town.tally.internal_errors.add(),
        Ok(reply) => panic!(
            "a signed event was answered {}: {}",
            reply.status, reply.body
        ),
        Err(_) => town.tally.events_refused.add(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the gateways under test compare with the system's clock"
)]
fn now_unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs().cast_signed()
}
