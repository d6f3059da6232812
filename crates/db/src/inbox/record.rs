//! Storing what arrives: many events in one commit.

use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::{EventState, Source};
use crate::columns::SealedBytes;
use crate::conn::Conn;
use crate::dialect::{postgres, sqlite};
use crate::{Db, DbError};

/// An event to store.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The store of the route, whose secret signed it.
    pub store_id: StoreId,
    /// The account of the connection whose secret signed it.
    pub account_id: String,
    /// The mode of that connection.
    pub mode: Mode,
    /// Stripe's `evt_…`.
    pub event_id: String,
    /// Stripe's `type`.
    pub event_type: String,
    /// The version that it was rendered with.
    pub api_version: Option<String>,
    /// The `PaymentIntent` that the event is about; `None` for types that nobody handles.
    pub object_id: Option<String>,
    /// When Stripe made it (`created`). The same event always has the same instant: it is part of the key.
    pub created_at: Timestamp,
    /// How we learnt of it.
    pub source: Source,
    /// The body as received, sealed.
    pub payload: SealedBytes,
    /// `Received`, or `Ignored` where the envelope contradicts the connection.
    pub state: EventState,
    /// Why it is ignored.
    pub last_error: Option<String>,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// What became of an event that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Nobody had it before.
    New,
    /// It was in the inbox already, and stays as it is there.
    Known,
}

impl NewEvent {
    fn key(&self) -> (StoreId, &str, Mode, &str) {
        (self.store_id, &self.account_id, self.mode, &self.event_id)
    }

    fn without_nul(mut self) -> Self {
        let texts = [
            Some(&mut self.account_id),
            Some(&mut self.event_id),
            Some(&mut self.event_type),
            self.api_version.as_mut(),
            self.object_id.as_mut(),
            self.last_error.as_mut(),
        ];
        for text in texts.into_iter().flatten() {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{FFFD}");
            }
        }
        self
    }
}

/// A connection that was heard of.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The store.
    pub store_id: StoreId,
    /// The connection's mode.
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
    /// When.
    pub at: Timestamp,
}

/// As [`record_delivered`], for events that tell nothing about a connection.
pub async fn record(db: &Db, batch: Vec<NewEvent>) -> Result<Vec<Stored>, DbError> {
    record_delivered(db, batch, Vec::new()).await
}

/// Stores a batch durably; events that are there already stay as they are. Says for each event of the batch, in its order,
/// whether it was new; of two equal ones the first is. The connections in `heard` remember it, unless somebody else is
/// just changing them.
///
/// A NUL becomes U+FFFD: `PostgreSQL` refuses it, and one hostile event must not fail the others of its batch.
pub async fn record_delivered(
    db: &Db,
    batch: Vec<NewEvent>,
    heard: Vec<Heard>,
) -> Result<Vec<Stored>, DbError> {
    let batch = batch.into_iter().map(NewEvent::without_nul).enumerate();
    let mut batch: Vec<(usize, NewEvent)> = batch.collect();
    // One order everywhere, so that two batches with the same events wait for each other instead of deadlocking.
    batch.sort_by(|(_, a), (_, b)| a.key().cmp(&b.key()));
    let (places, batch): (Vec<usize>, Vec<NewEvent>) = batch.into_iter().unzip();
    let mut conn = db.writer().await?;
    let stored = match &mut conn {
        Conn::Pg(conn) => postgres::insert_events(conn, batch, heard).await,
        Conn::Sqlite(conn) => sqlite::insert_events(conn, batch, heard).await,
    };
    let stored = match stored {
        Ok(stored) => stored,
        Err(error) => {
            // Whatever state it is in now.
            conn.close();
            return Err(error);
        }
    };
    let mut in_place: Vec<(usize, Stored)> = places.into_iter().zip(stored).collect();
    in_place.sort_by_key(|(place, _)| *place);
    Ok(in_place.into_iter().map(|(_, stored)| stored).collect())
}
