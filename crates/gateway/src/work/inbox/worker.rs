//! One gateway's hold on the inbox: deals out slots, claims for them, keeps the leases, and takes note of what came of it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use db::inbox::ClaimedEvent;
use domain::StoreId;
use jiff::SignedDuration;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::breaker::Answered;
use super::process::{self, Done};
use super::turns::Turns;
use crate::app::App;
use crate::error::ApiError;

/// How long an event is ours without a sign of life: a gateway that was killed loses its events after that. Clocks of
/// gateways on one database must not differ by more than a few seconds.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// What takes longer leaves its slot to others.
const SLOW: Duration = Duration::from_secs(2);
/// Stores that one scan looks at, whether or not they have something due.
const SCAN_VISITS: i64 = 250;

struct InWork {
    event: ClaimedEvent,
    task: AbortHandle,
    since: Instant,
    is_slow: bool,
}

type Ended = Result<(Id, Done), JoinError>;

pub(super) struct Worker {
    app: Arc<App>,
    turns: Turns,
    tasks: JoinSet<Done>,
    in_work: HashMap<Id, InWork>,
    scanned_until: Option<StoreId>,
}

impl Worker {
    pub(super) fn new(app: &Arc<App>) -> Self {
        Self {
            app: Arc::clone(app),
            turns: Turns::default(),
            tasks: JoinSet::new(),
            in_work: HashMap::new(),
            scanned_until: None,
        }
    }

    /// The store may have events that are due.
    pub(super) fn add(&mut self, store_id: StoreId) {
        self.turns.add(store_id);
    }

    /// Whether a slot is free.
    pub(super) fn has_room(&self) -> bool {
        self.turns.has_room()
    }

    /// Brings in the stores that were named since the last time.
    pub(super) fn take_hints(&mut self) {
        for store_id in self.app.work.take_hints() {
            self.turns.add(store_id);
        }
    }

    /// Looks for stores that nobody named: retries, what dead gateways left, hints that were dropped. `false` once all
    /// were looked at; the next scan begins anew.
    pub(super) async fn scan(&mut self) -> Result<bool, ApiError> {
        let (db, now) = (&self.app.db, self.app.now());
        let scanned = db::inbox::scan(db, self.scanned_until, SCAN_VISITS, now).await?;
        self.scanned_until = scanned.next_after;
        for store_id in scanned.due {
            self.turns.add(store_id);
        }
        Ok(self.scanned_until.is_some())
    }

    /// Claims for the free slots and begins. Returns how many events it began.
    pub(super) async fn fill(&mut self) -> Result<usize, ApiError> {
        let now = self.app.now();
        self.turns.ripen(now);
        let wanted = {
            let breakers = self.app.work.breakers.lock();
            let breakers = breakers.unwrap_or_else(PoisonError::into_inner);
            self.turns
                .deal(|store_id| breakers.admission(store_id, now))
        };
        if wanted.is_empty() {
            return Ok(0);
        }
        let claimed = match db::inbox::claim(&self.app.db, &wanted, now + LEASE, now).await {
            Ok(claimed) => claimed,
            Err(error) => {
                for wanted in wanted {
                    self.turns.take_back(wanted.store_id);
                }
                return Err(error.into());
            }
        };
        let mut came: HashMap<StoreId, usize> = HashMap::new();
        for event in &claimed {
            *came.entry(event.store_id).or_default() += 1;
        }
        for wanted in wanted {
            let came = came.get(&wanted.store_id).copied().unwrap_or(0);
            self.turns.dealt(wanted, came);
        }
        let count = claimed.len();
        for event in claimed {
            self.begin(event);
        }
        Ok(count)
    }

    fn begin(&mut self, event: ClaimedEvent) {
        let (app, claimed) = (Arc::clone(&self.app), event.clone());
        let task = self
            .tasks
            .spawn(async move { process::work(&app, &claimed).await });
        let in_work = InWork {
            event,
            since: Instant::now(),
            is_slow: false,
            task: task.clone(),
        };
        self.in_work.insert(task.id(), in_work);
    }

    /// Waits until an event is done with; `None` if none is in work.
    pub(super) async fn ended(&mut self) -> Option<Ended> {
        self.tasks.join_next_with_id().await
    }

    /// Takes note of it, and of all others that are done with by now: their slots are filled together.
    pub(super) fn note(&mut self, ended: Ended) {
        self.note_one(ended);
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.note_one(ended);
        }
    }

    fn note_one(&mut self, ended: Ended) {
        let (id, done) = match ended {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => {
                if error.is_panic() {
                    // It is tried again when its lease runs out, and parked in the end.
                    tracing::error!(%error, "an event made its worker panic");
                }
                (error.id(), None)
            }
        };
        let Some(InWork { event, is_slow, .. }) = self.in_work.remove(&id) else {
            return;
        };
        self.turns.end(event.store_id, is_slow);
        let Some(done) = done else { return };
        if let Some(at) = done.retry_at {
            self.turns.add_later(event.store_id, at);
        }
        self.note_answer(event.store_id, done.answered);
    }

    fn note_answer(&self, store_id: StoreId, answered: Answered) {
        let breakers = self.app.work.breakers.lock();
        let mut breakers = breakers.unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = breakers.note(store_id, answered, self.app.now()) {
            tracing::warn!(%store_id, %until, "Stripe does not answer for this store: its events pause");
        }
    }

    /// What has been in work for long leaves its slot to others.
    pub(super) fn relieve(&mut self) {
        for in_work in self.in_work.values_mut() {
            if !in_work.is_slow && in_work.since.elapsed() >= SLOW {
                in_work.is_slow = self.turns.slow_down();
            }
        }
    }

    /// Extends the leases of all that is in work, and gives up what was lost to another worker.
    pub(super) async fn beat(&mut self) -> Result<(), ApiError> {
        let (held, tasks): (Vec<ClaimedEvent>, Vec<AbortHandle>) = self
            .in_work
            .values()
            .map(|in_work| (in_work.event.clone(), in_work.task.clone()))
            .unzip();
        if held.is_empty() {
            return Ok(());
        }
        let lost = db::inbox::renew(&self.app.db, &held, self.app.now() + LEASE).await?;
        for place in lost {
            let (event, task) = (&held[place], &tasks[place]);
            // One that ended meanwhile is not held any more either.
            if !task.is_finished() {
                tracing::warn!(store_id = %event.store_id, event_id = event.event_id, "a claim was lost: another worker has the event");
                task.abort();
            }
        }
        Ok(())
    }

    /// Cuts off what is in work and gives it back, so that another gateway or the next start has it at once.
    pub(super) async fn give_back(&mut self) {
        self.tasks.shutdown().await;
        let held: Vec<ClaimedEvent> = self.in_work.drain().map(|(_, work)| work.event).collect();
        if held.is_empty() {
            return;
        }
        tracing::warn!(
            events = held.len(),
            "stopping: events in work are given back"
        );
        if let Err(error) = db::inbox::renew(&self.app.db, &held, self.app.now()).await {
            // Their leases run out.
            tracing::error!(%error, "events in work could not be given back");
        }
    }
}
