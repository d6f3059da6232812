//! Storing what arrives: many events in one commit.

use std::sync::Arc;

use domain::{Mode, StoreId};
use jiff::Timestamp;

use super::{EventState, Source};
use crate::columns::SealedBytes;
use crate::conn::Conn;
use crate::dialect::postgres::deadlines::answered;
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

/// Stores a batch durably, all of it or nothing; events that are there already stay as they are. Says for each event of the
/// batch, in its order, whether it was new; of two equal ones the first is.
///
/// A NUL becomes U+FFFD: `PostgreSQL` refuses it.
pub async fn record(db: &Db, batch: Vec<NewEvent>) -> Result<Vec<Stored>, DbError> {
    let Sorted { places, events } = Sorted::new(batch);
    let stored = write(db, &events, Vec::new()).await?;
    Ok(in_place(places, stored))
}

/// As [`record`], for events of many stores: one that the database refuses does not fail the others. The connections in
/// `heard` remember that they were heard of, unless somebody else is just changing them.
///
/// The outer error is everybody's, an inner one that event's alone.
pub async fn record_delivered(
    db: &Db,
    batch: Vec<NewEvent>,
    heard: Vec<Heard>,
) -> Result<Vec<Result<Stored, DbError>>, DbError> {
    let Sorted { places, events } = Sorted::new(batch);
    match write(db, &events, heard).await {
        Ok(stored) => Ok(in_place(places, stored.into_iter().map(Ok).collect())),
        // What one row of a statement is refused for, all are.
        Err(DbError::Query(_)) if events.len() > 1 => {
            let events = Arc::try_unwrap(events).unwrap_or_else(|shared| (*shared).clone());
            let mut stored = Vec::with_capacity(events.len());
            for event in events {
                let single = write(db, &Arc::new(vec![event]), Vec::new()).await;
                stored.push(single.map(|stored| stored.first().copied().unwrap_or(Stored::Known)));
            }
            Ok(in_place(places, stored))
        }
        Err(error) => Err(error),
    }
}

/// A batch in one order everywhere, so that two with the same events wait for each other instead of deadlocking.
struct Sorted {
    /// Where each of `events` was.
    places: Vec<usize>,
    events: Arc<Vec<NewEvent>>,
}

impl Sorted {
    fn new(batch: Vec<NewEvent>) -> Self {
        let batch = batch.into_iter().map(NewEvent::without_nul).enumerate();
        let mut batch: Vec<(usize, NewEvent)> = batch.collect();
        batch.sort_by(|(_, a), (_, b)| a.key().cmp(&b.key()));
        let (places, events): (Vec<usize>, Vec<NewEvent>) = batch.into_iter().unzip();
        let events = Arc::new(events);
        Self { places, events }
    }
}

fn in_place<T>(places: Vec<usize>, outcomes: Vec<T>) -> Vec<T> {
    let mut in_place: Vec<(usize, T)> = places.into_iter().zip(outcomes).collect();
    in_place.sort_by_key(|(place, _)| *place);
    in_place.into_iter().map(|(_, outcome)| outcome).collect()
}

async fn write(
    db: &Db,
    events: &Arc<Vec<NewEvent>>,
    heard: Vec<Heard>,
) -> Result<Vec<Stored>, DbError> {
    let mut conn = db.writer().await?;
    let stored = match &mut conn {
        Conn::Pg(conn) => answered(postgres::insert_events(conn, events, &heard)).await,
        Conn::Sqlite(conn) => sqlite::insert_events(conn, Arc::clone(events), heard).await,
    };
    conn.end(stored)
}
