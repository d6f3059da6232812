//! W8, F3: the same stories with their events doubled, delayed and shuffled, told by webhooks and found by the reconciler,
//! worked on by several at once and at any moment, while the payment still goes on at Stripe: always the same end.
//!
//! Each run is drawn from a seed, which a failure names. `TILLGATE_SHUFFLES=1000` runs more of them,
//! `TILLGATE_SHUFFLE_SEED=N` begins with another one.

use std::collections::BTreeSet;
use std::io::Write;

use db::inbox::{EventState, NewEvent, Source};
use domain::Mode;
use futures_util::future::join_all;
use gateway::sealing;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::scenarios::{SCENARIOS, aimed_at, end, prepare, product_of, say};
use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    w8_shuffled_paid,
    w8_shuffled_told_often,
    w8_shuffled_refused_then_paid,
    w8_shuffled_refused,
    w8_shuffled_challenged_then_paid,
    w8_shuffled_authorised,
    w8_shuffled_captured,
    w8_shuffled_authorisation_expired,
    w8_shuffled_underpaid,
    w8_shuffled_paid_in_another_currency,
    w8_shuffled_paid_after_cancel,
);

async fn w8_shuffled_paid(app: &TestApp) {
    shuffle(app, "pay").await;
}

async fn w8_shuffled_told_often(app: &TestApp) {
    shuffle(app, "two_event_ids_same_fact").await;
}

async fn w8_shuffled_refused_then_paid(app: &TestApp) {
    shuffle(app, "fail_then_success").await;
}

async fn w8_shuffled_refused(app: &TestApp) {
    shuffle(app, "fail_only").await;
}

async fn w8_shuffled_challenged_then_paid(app: &TestApp) {
    shuffle(app, "three_ds").await;
}

async fn w8_shuffled_authorised(app: &TestApp) {
    shuffle(app, "authorize_only").await;
}

async fn w8_shuffled_captured(app: &TestApp) {
    shuffle(app, "authorize_capture").await;
}

async fn w8_shuffled_authorisation_expired(app: &TestApp) {
    shuffle(app, "authorization_expired").await;
}

async fn w8_shuffled_underpaid(app: &TestApp) {
    shuffle(app, "underpaid").await;
}

async fn w8_shuffled_paid_in_another_currency(app: &TestApp) {
    shuffle(app, "wrong_currency").await;
}

async fn w8_shuffled_paid_after_cancel(app: &TestApp) {
    shuffle(app, "paid_after_cancel").await;
}

/// Runs of each story on each engine, unless told.
const RUNS: u64 = 6;

/// Plays a story once in order, then shuffled: every run ends where the ordered one did.
async fn shuffle(app: &TestApp, name: &str) {
    let scenarios: Vec<Value> = serde_json::from_str(SCENARIOS).unwrap();
    let scenario = scenarios
        .iter()
        .find(|scenario| scenario["name"] == name)
        .unwrap();
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first: u64 = setting("TILLGATE_SHUFFLE_SEED").unwrap_or(1);
    let runs: u64 = setting("TILLGATE_SHUFFLES").unwrap_or(RUNS);
    let store = app.connected_store("Coffee").await;
    let product = product_of(app, &store, scenario).await;
    let mut ends = BTreeSet::new();
    // The ordered run first, then the others.
    for seed in std::iter::once(None).chain((first..first + runs).map(Some)) {
        let _named = NamedSeed(seed);
        let order = prepare(app, &store, &product, scenario).await;
        let mut run = Run {
            app,
            store: &store,
            order: &order,
            scenario,
            dice: Dice(seed.unwrap_or_default()),
            suffix: seed.map_or("ordered".to_owned(), |seed| format!("s{seed}")),
        };
        let steps = match seed {
            None => run.in_order(),
            Some(_) => run.shuffled().await,
        };
        run.play(steps).await;
        ends.insert(run.ending().await);
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    let open = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(open.is_empty(), "{open:?}");
}

/// Something that happens.
enum Step {
    /// The payment gets on at Stripe: this is what Stripe says from now on.
    Progress(Value),
    /// These events arrive, while so many workers are at work.
    Arrive(Vec<(Value, Source)>, u64),
}

struct Run<'a> {
    app: &'a TestApp,
    store: &'a ConnectedStore,
    order: &'a PaidOrder,
    scenario: &'a Value,
    dice: Dice,
    /// Makes the events' ids this run's own.
    suffix: String,
}

impl Run<'_> {
    fn events(&self) -> Vec<Value> {
        let events = self.scenario["events"].as_array().unwrap().iter();
        events
            .map(|event| aimed_at(event, self.order, &self.suffix))
            .collect()
    }

    /// One event after another, each worked on before the next, Stripe's word being the last one.
    fn in_order(&self) -> Vec<Step> {
        let steps = self.events().into_iter();
        steps
            .map(|event| Step::Arrive(vec![(event, Source::Webhook)], 1))
            .collect()
    }

    async fn shuffled(&mut self) -> Vec<Step> {
        let events = self.events();
        let mut steps = Vec::new();
        // In half of the runs Stripe has said its last word before anything arrives.
        let goes_on = self.dice.roll(2) == 0;
        let mut waiting: Vec<(Value, Source)> = Vec::new();
        if goes_on && let Some(object) = snapshot(&events[0]) {
            say(self.app, &self.order.intent, object).await;
        }
        for (number, event) in events.iter().enumerate() {
            if goes_on && let Some(object) = snapshot(event) {
                steps.push(Step::Progress(object.clone()));
            }
            if goes_on && number + 1 == events.len() {
                let last = &self.scenario["stripe_final_objects"][super::scenarios::THEIR_INTENT];
                steps.push(Step::Progress(last.clone()));
            }
            // Up to twice, by either way, and perhaps the same fact under another id.
            for _ in 0..=self.dice.roll(2) {
                waiting.push((event.clone(), self.source()));
            }
            if self.dice.roll(3) == 0 {
                let mut twin = event.clone();
                twin["id"] = json!(format!("{}twin", event["id"].as_str().unwrap()));
                waiting.push((twin, self.source()));
            }
            // What happened has not arrived yet, or some of it.
            if goes_on {
                let arrives = self.dice.roll(waiting.len() as u64 + 1);
                self.arrive(&mut waiting, arrives, &mut steps);
            }
        }
        let left = waiting.len() as u64;
        self.arrive(&mut waiting, left, &mut steps);
        steps
    }

    /// Lets some of what waits arrive, in any order and in groups of any size.
    fn arrive(&mut self, waiting: &mut Vec<(Value, Source)>, count: u64, steps: &mut Vec<Step>) {
        let mut left = count;
        while left > 0 {
            let group = 1 + self.dice.roll(left.min(4));
            let mut arriving = Vec::new();
            for _ in 0..group {
                let place = self.dice.roll(waiting.len() as u64);
                arriving.push(waiting.swap_remove(usize::try_from(place).unwrap()));
            }
            left -= group;
            steps.push(Step::Arrive(arriving, self.dice.roll(4)));
        }
    }

    fn source(&mut self) -> Source {
        if self.dice.roll(3) == 0 {
            Source::Reconcile
        } else {
            Source::Webhook
        }
    }

    async fn play(&self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Progress(object) => say(self.app, &self.order.intent, &object).await,
                Step::Arrive(events, workers) => {
                    let arriving = events
                        .iter()
                        .map(|(event, source)| self.tell(event, *source));
                    let working = (0..workers).map(|_| self.app.run_work());
                    tokio::join!(join_all(arriving), join_all(working));
                }
            }
        }
        self.app.run_work().await;
        // What collided is tried again.
        self.app.wait_s(300);
        self.app.run_work().await;
    }

    async fn tell(&self, event: &Value, source: Source) {
        match source {
            Source::Webhook => {
                let taken = self
                    .app
                    .patiently(|| self.app.post_event(self.store, event))
                    .await;
                taken.expect(200);
            }
            Source::Reconcile => self.find(event).await,
        }
    }

    /// As the reconciler stores what it finds in Stripe's list: the same event by the same key.
    async fn find(&self, event: &Value) {
        let store_id = self.store.id.parse().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let event_id = text(&event["id"]);
        let body = event.to_string();
        let vault = &self.app.app.vault;
        let payload = sealing::seal_event(vault, store_id, &event_id, body.as_bytes()).unwrap();
        let object = &event["data"]["object"];
        let is_intent = object["object"] == "payment_intent";
        let new = NewEvent {
            store_id,
            account_id: self.store.keys.account_id.clone(),
            mode: Mode::Test,
            event_type: text(&event["type"]),
            api_version: None,
            object_id: is_intent.then(|| text(&object["id"])),
            created_at: Timestamp::from_second(event["created"].as_i64().unwrap()).unwrap(),
            source: Source::Reconcile,
            payload,
            state: if is_intent {
                EventState::Received
            } else {
                EventState::Ignored
            },
            last_error: None,
            received_at: self.app.clock.now(),
            event_id,
        };
        db::inbox::record(&self.app.app.db, vec![new])
            .await
            .unwrap();
        self.app.app.work.wake(store_id);
    }

    /// Where it ended: the order, its incidents, our record of the payment, and how often it became paid.
    async fn ending(&self) -> String {
        let mut end = end(self.app, self.store, self.order, self.scenario).await;
        // An authorisation that was seen confirmed its order, and its end was told; one that had expired before anybody looked did
        // neither.
        if self.scenario["name"] == "authorization_expired" {
            end[0] = Value::Null;
        }
        let sql = format!(
            "SELECT status, captured_minor FROM payments WHERE payment_intent_id = '{}'",
            self.order.intent
        );
        let payment = self.app.database.raw(&sql).await.unwrap();
        let sql = format!(
            "SELECT code FROM incidents WHERE order_id = '{}' AND code <> 'authorization_expired' ORDER BY code",
            self.order.id
        );
        let incidents = self.app.database.raw(&sql).await.unwrap();
        format!("{end} {payment:?} {incidents:?}")
    }
}

/// What Stripe said of the payment when it made the event.
fn snapshot(event: &Value) -> Option<&Value> {
    let object = &event["data"]["object"];
    (object["object"] == "payment_intent").then_some(object)
}

/// Numbers by chance that a seed gives again (`SplitMix64`).
pub struct Dice(pub u64);

impl Dice {
    /// 0 to `sides - 1`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// Says which seed it was, if the run fails.
struct NamedSeed(Option<u64>);

impl Drop for NamedSeed {
    fn drop(&mut self) {
        if let Some(seed) = self.0.filter(|_| std::thread::panicking()) {
            // The test fails anyway.
            let _ = writeln!(
                std::io::stderr(),
                "play it again with TILLGATE_SHUFFLE_SEED={seed} TILLGATE_SHUFFLES=1"
            );
        }
    }
}
