//! The accounts and what they share: keys, the request log, faults, the clock, the delivery queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::config::{AccountSpec, Clock};
use crate::faults::Faults;
use crate::state::file::Saved;
use crate::state::keys::Keys;
use crate::state::limiter::Limiter;
use crate::state::{ApiKey, Ledger, RequestLog};
use crate::v1::{Caller, Origin};
use crate::webhooks::{DeliveryId, DeliveryState, Office, Speed, WebhookFaults};

/// More accounts than any test needs; a bound on what the control API can fill.
const MAX_ACCOUNTS: usize = 10_000;

/// One account in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct LedgerKey {
    pub(crate) account_id: String,
    pub(crate) livemode: bool,
}

/// What requests change. Held only for short, synchronous steps.
pub(crate) struct World {
    pub(crate) ledgers: IndexMap<LedgerKey, Ledger>,
    pub(crate) requests: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) webhook_faults: WebhookFaults,
    /// What every fault with a probability is drawn from.
    pub(crate) seed: u64,
    pub(crate) webhook_speed: Speed,
    pub(crate) limiter: Limiter,
    pub(crate) keys: Keys,
}

impl World {
    pub(crate) fn new(seed: u64, webhook_speed: Speed) -> Self {
        Self {
            ledgers: IndexMap::new(),
            requests: RequestLog::default(),
            faults: Faults::default(),
            webhook_faults: WebhookFaults::default(),
            seed,
            webhook_speed,
            limiter: Limiter::default(),
            keys: Keys::default(),
        }
    }

    /// Adds an account, or says why it cannot be.
    pub(crate) fn add_account(
        &mut self,
        spec: AccountSpec,
        now: i64,
    ) -> Result<LedgerKey, &'static str> {
        let livemode = spec.livemode()?;
        let key = LedgerKey {
            account_id: spec.account_id.clone(),
            livemode,
        };
        if self.ledgers.contains_key(&key) {
            return Err("the account exists already in this mode");
        }
        if self.keys.knows(&spec.secret_key) || self.keys.knows(&spec.publishable_key) {
            return Err("another account has one of the keys");
        }
        if self.ledgers.len() >= MAX_ACCOUNTS {
            return Err("there are too many accounts");
        }
        let kinds = [
            (&spec.secret_key, Caller::Secret),
            (&spec.publishable_key, Caller::Publishable),
        ];
        for (text, caller) in kinds {
            self.keys
                .add(text.clone(), ApiKey::new(key.clone(), caller));
        }
        self.ledgers
            .insert(key.clone(), Ledger::new(spec, livemode, now));
        Ok(key)
    }

    /// Takes back what an earlier sandbox had, and says which deliveries it had not finished.
    pub(crate) fn restore(&mut self, saved: Saved) -> Vec<DeliveryId> {
        self.keys = saved.keys;
        let mut open = Vec::new();
        for mut ledger in saved.ledgers {
            ledger.idempotency.forget_running();
            let pending = ledger.deliveries.iter().enumerate();
            let pending = pending.filter(|(_, one)| one.state == DeliveryState::Pending);
            open.extend(pending.map(|(index, _)| DeliveryId {
                ledger: ledger.key(),
                index,
                resend: false,
            }));
            self.ledgers.insert(ledger.key(), ledger);
        }
        open
    }

    /// Whether the account is there already with just these keys, as after a restart.
    pub(crate) fn has(&self, spec: &AccountSpec) -> bool {
        [&spec.secret_key, &spec.publishable_key]
            .iter()
            .all(|text| {
                let key = self.keys.get(text);
                key.is_some_and(|key| key.ledger.account_id == spec.account_id)
            })
    }

    /// The ledger that holds an object, whichever account it belongs to; for the control API.
    pub(crate) fn holder(&mut self, holds: impl Fn(&Ledger) -> bool) -> Option<&mut Ledger> {
        self.ledgers.values_mut().find(|ledger| holds(ledger))
    }
}

/// What every request handler holds.
pub(crate) struct Shared {
    world: Mutex<World>,
    touched: AtomicBool,
    /// Counts up whenever somebody takes the state in hand; the page waits for it.
    revision: watch::Sender<u64>,
    clock: Clock,
    /// `http://127.0.0.1:PORT`, or where browsers reach it.
    pub(crate) base_url: String,
    /// Where deliveries are handed in.
    pub(crate) office: Office,
}

impl Shared {
    pub(crate) fn new(world: World, clock: Clock, base_url: String, office: Office) -> Self {
        let world = Mutex::new(world);
        Self {
            world,
            touched: AtomicBool::new(false),
            revision: watch::Sender::new(0),
            clock,
            base_url,
            office,
        }
    }

    /// The state. A panic elsewhere does not take the sandbox down: state changes are small and
    /// ordered, so a poisoned lock is used on.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let world = self.world_unseen();
        // Under the lock: who is woken by this waits for the change itself.
        self.touch();
        world
    }

    /// Says that the state has changed: the page looks again, and the state file is written.
    pub(crate) fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// For who waits for changes.
    pub(crate) fn revisions(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// The same for looks that change nothing: no reason to write the state file again, or to tell the page.
    pub(crate) fn world_unseen(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody has had the state in hand since this was last asked.
    pub(crate) fn take_touched(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed)
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// What a change is attributed to, at this moment.
    pub(crate) fn origin(
        &self,
        request_id: Option<String>,
        idempotency_key: Option<String>,
    ) -> Origin {
        let now = self.now();
        Origin {
            now,
            told: now,
            request_id,
            idempotency_key,
            base_url: self.base_url.clone(),
        }
    }

    /// Hands the deliveries that a ledger has made due to the dispatcher.
    pub(crate) fn dispatch(&self, due: Vec<DeliveryId>) {
        for delivery in due {
            self.office.deliver(delivery);
        }
    }
}
