//! What happened, counted.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Times, for their median and their longest.
#[derive(Debug, Default)]
pub(crate) struct Times(Mutex<Vec<Duration>>);

impl Times {
    pub(crate) fn add(&self, time: Duration) {
        self.0.lock().unwrap().push(time);
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut times = self.0.lock().unwrap().clone();
        times.sort();
        let Some(longest) = times.last() else {
            return f.write_str("-");
        };
        let median = times[times.len() / 2];
        write!(f, "{} / {} ms", median.as_millis(), longest.as_millis())
    }
}

/// A store and Stripe's id of an event.
pub(crate) type EventKey = (String, String);

/// Everything that a run counts while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: Count,
    /// Of these, before the gateway was ready.
    pub(crate) kills_while_starting: Count,
    pub(crate) server_kills: Count,
    /// Starts that found no database, because PostgreSQL was away.
    pub(crate) starts_without_database: Count,
    /// From a kill to the next 200 of `/readyz`.
    pub(crate) back_after: Times,
    /// The same for starts during which PostgreSQL was away.
    pub(crate) back_after_server: Times,
    pub(crate) server_back_after: Times,
    /// Events of our own that were answered 200.
    pub(crate) acknowledged: Mutex<BTreeSet<EventKey>>,
    /// Answers of 200, repetitions included.
    pub(crate) acknowledgements: Count,
    /// Events of our own that met no gateway, a dying one, or 503.
    pub(crate) events_refused: Count,
    /// Requests of shoppers that met no gateway or a dying one.
    pub(crate) broken_requests: Count,
    /// Answers of 500: always a fault.
    pub(crate) internal_errors: Count,
    /// Orders that were placed from a payment by a gateway that died before it could say so.
    pub(crate) answers_lost: Count,
    /// Of orders like these, whose shopper never asked again.
    pub(crate) left_behind: Count,
    /// Idempotency-Keys that a dead gateway held.
    pub(crate) keys_in_use: Count,
}
