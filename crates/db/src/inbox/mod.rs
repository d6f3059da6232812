//! The inbox of Stripe's events: durable before the 200, deduplicated by (store, account, mode, event id).
//!
//! `record` stores what arrives, `claim` hands it to workers, `work` ends a claim, `read` shows it, `replay` makes it due
//! again, `retention` forgets it.

mod arrivals;
mod attempts;
mod claim;
mod known;
mod parked;
mod read;
mod record;
mod replay;
pub mod retention;
mod work;

pub use arrivals::{newest_delivered, newest_fetched, newest_ignored};
pub use attempts::{DECLINED, count_attempts};
pub use claim::{ClaimedEvent, Scanned, Wanted, claim, renew, scan, take_over};
pub(crate) use claim::{ClaimedRow, Place, StoreRow};
pub use known::known;
pub use parked::count_parked;
pub use read::{
    EventFilter, EventSummary, Position, find, find_all, is_pending, list_after, list_before,
    payload,
};
pub use record::{Heard, NewEvent, Stored, record, record_delivered};
pub use replay::requeue;
pub use work::{finish, resume_waiting, retry_later};

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventState {
    /// Stored, not looked at.
    Received,
    /// A worker holds its lease.
    Processing,
    /// Its effects are stored.
    Processed,
    /// Nothing to do: not ours, or a type that nobody handles.
    Ignored,
    /// The store must reconnect first.
    Waiting,
    /// Given up after the last attempt; a person can replay it.
    Parked,
}

impl EventState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::Processing,
        Self::Processed,
        Self::Ignored,
        Self::Waiting,
        Self::Parked,
    ];

    /// The stored word, which is also the API's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Waiting => "waiting",
            Self::Parked => "parked",
        }
    }

    /// The state of a stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How we learnt of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Stripe delivered it.
    Webhook,
    /// It was found in Stripe's list of events.
    Reconcile,
}

impl Source {
    /// The stored word, which is also the API's.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Reconcile => "reconcile",
        }
    }
}
