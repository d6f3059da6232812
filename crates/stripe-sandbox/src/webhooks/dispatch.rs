//! Deliveries that go out by themselves: disturbed where a rule says so, tried again by Stripe's schedule.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::deliver::{self, Outcome};
use super::faults::{MetFault, Subject, WebhookFaultKind};
use super::job::Job;
use super::lanes::{LaneKey, Lanes};
use crate::chance::Chance;
use crate::state::Shared;
use crate::webhooks::{Command, DeliveryId};

/// Runs until the sandbox stops; deliveries in flight end with it.
pub(crate) async fn dispatcher(
    shared: Arc<Shared>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let mut dispatcher = Dispatcher {
        shared,
        lanes: Lanes::default(),
        timers: BTreeMap::new(),
        timers_set: 0,
        windows: HashMap::new(),
        running: JoinSet::new(),
    };
    loop {
        dispatcher.start_ready();
        let next = dispatcher.timers.keys().next().map(|(at, _)| *at);
        tokio::select! {
            command = commands.recv() => match command {
                Some(Command::Deliver(id)) => dispatcher.accept(id),
                Some(Command::Hurry(factor)) => dispatcher.hurry(factor),
                None => return,
            },
            Some(Ok(over)) = dispatcher.running.join_next() => dispatcher.finish(over),
            () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                dispatcher.wake();
            }
        }
    }
}

struct Dispatcher {
    shared: Arc<Shared>,
    lanes: Lanes,
    /// What is to be done later. The number keeps apart what is due at the same instant.
    timers: BTreeMap<(Instant, u64), Later>,
    timers_set: u64,
    /// What `reorder` has gathered, by rule.
    windows: HashMap<String, Window>,
    running: JoinSet<Over>,
}

enum Later {
    Start(Job),
    Retry(Job),
    /// A window has waited for long enough.
    LetGo {
        rule: String,
        window: u64,
    },
}

struct Window {
    /// The match that opened it.
    n: u64,
    jobs: Vec<Job>,
}

/// An attempt is over.
struct Over {
    lane: LaneKey,
    job: Job,
    outcome: Outcome,
}

impl Dispatcher {
    /// Takes a delivery that is due and decides what will happen to it.
    fn accept(&mut self, id: DeliveryId) {
        let mut job = Job::new(id);
        let met = self.meet(&mut job);
        match met.as_ref().map(|met| &met.kind) {
            None => self.ready(job),
            Some(WebhookFaultKind::Drop) => {
                deliver::give_up(&self.shared, &job.id);
                self.shared.office.closed();
            }
            Some(WebhookFaultKind::DelayMs(ms)) => {
                self.later(Duration::from_millis(u64::from(*ms)), Later::Start(job));
            }
            Some(WebhookFaultKind::Duplicate { copies, concurrent }) => {
                self.duplicate(job, *copies - 1, *concurrent);
            }
            Some(WebhookFaultKind::Reorder {
                window,
                max_wait_ms,
            }) => {
                let wait = Duration::from_millis(u64::from(*max_wait_ms));
                self.gather(met.as_ref(), job, *window, wait);
            }
            Some(spoil) => {
                job.spoil = Some(spoil.clone());
                self.ready(job);
            }
        }
    }

    /// Draws, and puts what was drawn into the log.
    fn meet(&self, job: &mut Job) -> Option<MetFault> {
        let mut world = self.shared.world();
        let world = &mut *world;
        let ledger = world.ledgers.get_mut(&job.id.ledger)?;
        let delivery = ledger.deliveries.get_mut(job.id.index)?;
        // More than none only where the sandbox was started again between two attempts.
        job.tries = delivery.attempt_count;
        let subject = Subject {
            account: &job.id.ledger.account_id,
            endpoint: &delivery.endpoint,
            event_type: delivery.kind,
        };
        let met = if job.id.resend {
            world.webhook_faults.meet_by_hand(world.seed, subject)
        } else {
            world.webhook_faults.meet(world.seed, subject)
        }?;
        delivery.fault = Some(met.log());
        Some(met)
    }

    fn duplicate(&mut self, mut job: Job, copies: u32, concurrent: bool) {
        let copies: Vec<Job> = (0..copies).map(|_| Job::copy(&job.id)).collect();
        self.shared.office.opened(copies.len());
        if concurrent {
            self.ready(job);
            for copy in copies {
                self.ready(copy);
            }
        } else {
            job.then = copies;
            self.ready(job);
        }
    }

    fn gather(&mut self, met: Option<&MetFault>, job: Job, size: u32, wait: Duration) {
        let Some(met) = met else { return };
        let window = self
            .windows
            .entry(met.rule.clone())
            .or_insert_with(|| Window {
                n: met.n,
                jobs: Vec::new(),
            });
        window.jobs.push(job);
        let (opened, full) = (window.jobs.len() == 1, window.jobs.len() >= size as usize);
        if full {
            self.let_go(&met.rule);
        } else if opened {
            let (rule, window) = (met.rule.clone(), met.n);
            self.later(wait, Later::LetGo { rule, window });
        }
    }

    fn let_go(&mut self, rule: &str) {
        let Some(window) = self.windows.remove(rule) else {
            return;
        };
        let seed = self.shared.world().seed;
        let n = window.n;
        let jobs = Chance { seed, rule, n }.reorder(window.jobs);
        if let Some(chain) = Job::chain(jobs) {
            self.ready(chain);
        }
    }

    fn ready(&mut self, job: Job) {
        let endpoint = {
            let world = self.shared.world();
            let ledger = world.ledgers.get(&job.id.ledger);
            let delivery = ledger.and_then(|ledger| ledger.deliveries.get(job.id.index));
            delivery.map(|delivery| delivery.endpoint.clone())
        };
        let key = (job.id.ledger.clone(), endpoint.unwrap_or_default());
        self.lanes.push(key, job);
    }

    fn start_ready(&mut self) {
        while let Some((lane, mut job)) = self.lanes.start() {
            let shared = Arc::clone(&self.shared);
            self.running.spawn(async move {
                let outcome = deliver::work(&shared, &mut job).await;
                Over { lane, job, outcome }
            });
        }
    }

    fn finish(&mut self, over: Over) {
        let Over {
            lane,
            mut job,
            outcome,
        } = over;
        self.lanes.finish(&lane);
        if let Some(next) = job.next_in_chain() {
            self.ready(next);
        }
        match outcome {
            Outcome::Again(wait) => self.later(wait, Later::Retry(job)),
            Outcome::Over => self.shared.office.closed(),
        }
    }

    fn later(&mut self, wait: Duration, what: Later) {
        self.timers_set += 1;
        self.timers
            .insert((Instant::now() + wait, self.timers_set), what);
    }

    fn wake(&mut self) {
        let now = Instant::now();
        while let Some(entry) = self.timers.first_entry().filter(|one| one.key().0 <= now) {
            match entry.remove() {
                Later::Start(job) | Later::Retry(job) => self.ready(job),
                Later::LetGo { rule, window } => {
                    // The window may have filled up and another one have been opened meanwhile.
                    if self.windows.get(&rule).is_some_and(|open| open.n == window) {
                        self.let_go(&rule);
                    }
                }
            }
        }
    }

    /// Stripe's waits pass at another speed from now on; those of faults are real time.
    fn hurry(&mut self, factor: f64) {
        let now = Instant::now();
        let timers = std::mem::take(&mut self.timers);
        self.timers = timers
            .into_iter()
            .map(|((at, number), what)| match what {
                Later::Retry(job) => {
                    let wait = at.saturating_duration_since(now).div_f64(factor);
                    ((now + wait, number), Later::Retry(job))
                }
                other => ((at, number), other),
            })
            .collect();
    }
}
