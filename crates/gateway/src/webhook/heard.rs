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

#[cfg(test)]
mod tests {
    use db::columns::SealedBytes;
    use db::inbox::{EventState, Source};

    use super::*;

    fn event(store_id: StoreId, account: usize, seconds: i64) -> NewEvent {
        NewEvent {
            store_id,
            account_id: format!("acct_{account}"),
            mode: Mode::Test,
            event_id: "evt_EXAMPLE".to_owned(),
            event_type: "payment_intent.succeeded".to_owned(),
            api_version: None,
            object_id: None,
            created_at: Timestamp::UNIX_EPOCH,
            source: Source::Webhook,
            payload: SealedBytes {
                key_id: "key".to_owned(),
                bytes: Vec::new(),
            },
            state: EventState::Received,
            last_error: None,
            received_at: Timestamp::from_second(1_795_000_000 + seconds).unwrap(),
        }
    }

    fn due(heard: &Heard, events: &[NewEvent]) -> Vec<String> {
        let due = heard.due(events.iter());
        due.into_iter().map(|one| one.account_id).collect()
    }

    #[test]
    fn a_connection_is_written_every_ten_seconds_at_most() {
        let (heard, store_id) = (Heard::default(), StoreId::generate());
        let is_due = |seconds| !due(&heard, &[event(store_id, 0, seconds)]).is_empty();
        let looks: Vec<i64> = (0..=40).filter(|seconds| is_due(*seconds)).collect();
        assert_eq!(looks, [0, 10, 20, 30, 40]);
        // A clock that was set back a little is waited for; one that was set back far is not.
        assert!(!is_due(31));
        assert!(is_due(-3600));
        assert!(!is_due(-3591));
        let other = event(StoreId::generate(), 0, 40);
        assert_eq!(due(&heard, &[other]).len(), 1, "another store's is its own");
    }

    #[test]
    fn a_batch_writes_some_and_the_others_come_with_their_next_event() {
        let (heard, store_id) = (Heard::default(), StoreId::generate());
        let events: Vec<NewEvent> = (0..2 * MAX_PER_BATCH)
            .flat_map(|account| [event(store_id, account, 0), event(store_id, account, 1)])
            .collect();
        let mut written = due(&heard, &events);
        assert_eq!(written.len(), MAX_PER_BATCH);
        written.extend(due(&heard, &events));
        written.sort();
        written.dedup();
        assert_eq!(written.len(), 2 * MAX_PER_BATCH);
        assert!(due(&heard, &events).is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (heard, store_id) = (Heard::default(), StoreId::generate());
        for account in 0..=MAX_CONNECTIONS {
            assert_eq!(due(&heard, &[event(store_id, account, 0)]).len(), 1);
        }
        assert_eq!(heard.0.lock().unwrap().len(), 1);
    }
}
