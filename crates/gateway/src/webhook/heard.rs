//! When each connection was last heard of, written now and then: a row that changes with every webhook would cost
//! more than the webhook.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use db::inbox::{Heard as HeardOf, NewEvent};
use domain::{Mode, StoreId};
use jiff::{SignedDuration, Timestamp};

/// How often each connection is written.
const EVERY: SignedDuration = SignedDuration::from_secs(10);
/// Connections that one batch writes; the others' turn comes with their next event.
const MAX_PER_BATCH: usize = 8;
/// Connections in memory; past it all are forgotten, and written once more.
const MAX_CONNECTIONS: usize = 65_536;

type Connection = (StoreId, Mode, String);

/// When each connection was written last.
#[derive(Default)]
pub(super) struct Heard(Mutex<HashMap<Connection, Timestamp>>);

impl Heard {
    /// Those of the events' connections that are to be written now.
    pub(super) fn due<'e>(&self, events: impl Iterator<Item = &'e NewEvent>) -> Vec<HeardOf> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.len() >= MAX_CONNECTIONS {
            written.clear();
        }
        let mut due = Vec::new();
        for event in events {
            let now = event.received_at;
            let connection = (event.store_id, event.mode, event.account_id.clone());
            match written.entry(connection) {
                // A clock that was set back is no reason to stay silent until it comes there again.
                Entry::Occupied(entry) if now.duration_since(*entry.get()).abs() < EVERY => {
                    continue;
                }
                _ if due.len() == MAX_PER_BATCH => continue,
                Entry::Occupied(mut entry) => {
                    entry.insert(now);
                }
                Entry::Vacant(entry) => {
                    entry.insert(now);
                }
            }
            due.push(HeardOf {
                store_id: event.store_id,
                mode: event.mode,
                account_id: event.account_id.clone(),
                at: now,
            });
        }
        due
    }
}
