//! Webhooks that were refused because no secret of the store signed them. Each gateway notes them in the database, for whoever
//! looks after the store's connections.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::StoreId;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;

/// How often each store is written: anybody may send wrong signatures to every store.
const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Stores that are remembered; past it those of the last minute alone, and no others.
const MAX_STORES: usize = 4096;

/// When each store was written last by this process.
#[derive(Debug, Default)]
pub struct WrongSignatures(Mutex<HashMap<StoreId, Timestamp>>);

impl WrongSignatures {
    /// Whether it is to be written now that one came in.
    fn is_due(&self, store_id: StoreId, now: Timestamp) -> bool {
        // A clock that was set back is no reason to stay silent until it comes there again.
        let is_young = |at: &Timestamp| now.duration_since(*at).abs() < EVERY;
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if written.get(&store_id).is_some_and(is_young) {
            return false;
        }
        if written.len() >= MAX_STORES && !written.contains_key(&store_id) {
            written.retain(|_, at| is_young(at));
            if written.len() >= MAX_STORES {
                return false;
            }
        }
        written.insert(store_id, now);
        true
    }
}

/// A signature fitted none of the store's secrets. Whoever knows the URL can cause that: alone it proves nothing.
pub(super) async fn note(app: &App, store_id: StoreId) {
    let now = app.now();
    if !app.wrong_signatures.is_due(store_id, now) {
        return;
    }
    let stored = async {
        let mut tx = app.db.begin().await?;
        db::stores::note_wrong_signature(&mut tx, store_id, now).await?;
        tx.commit().await
    };
    if let Err(error) = stored.await {
        tracing::warn!(%store_id, %error, "a wrong signature could not be noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn each_store_is_written_once_a_minute() {
        let wrong = WrongSignatures::default();
        let (store_id, other) = (StoreId::generate(), StoreId::generate());
        assert!(wrong.is_due(store_id, after(0)));
        assert!(!wrong.is_due(store_id, after(59)));
        assert!(wrong.is_due(other, after(59)));
        assert!(wrong.is_due(store_id, after(60)));
        assert!(
            wrong.is_due(store_id, after(-1000)),
            "the clock was set back"
        );
    }

    #[test]
    fn many_stores_do_not_pile_up() {
        let wrong = WrongSignatures::default();
        for _ in 0..MAX_STORES {
            assert!(wrong.is_due(StoreId::generate(), after(0)));
        }
        assert!(!wrong.is_due(StoreId::generate(), after(1)));
        assert!(wrong.is_due(StoreId::generate(), after(60)));
        assert_eq!(wrong.0.lock().unwrap().len(), 1);
    }
}
