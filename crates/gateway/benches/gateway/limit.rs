//! The engine's own limit, without HTTP, signatures or encryption: the same rows into the same table, just as durably. One
//! row per commit from as many clients, each with a connection of its own where the engine has such; and many rows per
//! commit.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use db::Db;
use db::inbox;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tokio::task::JoinSet;
use tokio_postgres::NoTls;

use crate::place::Place;
use crate::sealed::Rows;
use crate::webhook;

/// How long each is counted.
const COUNTED: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
/// As the gateway's own batches at most.
const BATCH: usize = 128;

diesel::table! {
    stripe_events (store_id, account_id, mode, event_id, created_at) {
        store_id -> Text,
        account_id -> Text,
        mode -> Text,
        event_id -> Text,
        created_at -> BigInt,
        event_type -> Text,
        api_version -> Nullable<Text>,
        object_id -> Nullable<Text>,
        source -> Text,
        payload_key_id -> Text,
        payload -> Binary,
        state -> Text,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        received_at -> BigInt,
        next_attempt_at -> BigInt,
    }
}

/// Rows a second, one per commit.
pub(crate) async fn one_per_commit(place: &Place, clients: usize) -> anyhow::Result<f64> {
    let rows = Arc::new(Rows::new(webhook::UNHANDLED)?);
    match place.sqlite_path() {
        Some(path) => sqlite_one_per_commit(&path, &rows, clients).await,
        None => postgres_one_per_commit(&place.database_url(), &rows, clients).await,
    }
}

/// Rows a second, 128 per commit, by the statement that the gateway uses.
pub(crate) async fn batched(place: &Place) -> anyhow::Result<f64> {
    let rows = Rows::new(webhook::UNHANDLED)?;
    let db = Db::open(&place.database_url()).await?;
    let begun = Instant::now();
    let mut written = 0_u32;
    while begun.elapsed() < COUNTED {
        inbox::record(&db, rows.batch(BATCH)).await?;
        written += u32::try_from(BATCH)?;
    }
    let took = begun.elapsed();
    db.close();
    Ok(f64::from(written) / took.as_secs_f64())
}

/// Counts what the clients commit after the warm-up, and tells them when to end.
#[derive(Default)]
struct Meter {
    written: AtomicU64,
    is_over: AtomicBool,
}

impl Meter {
    async fn measure(&self) -> f64 {
        tokio::time::sleep(WARM_UP).await;
        let before = self.written.load(Ordering::Relaxed);
        let begun = Instant::now();
        tokio::time::sleep(COUNTED).await;
        let written = self.written.load(Ordering::Relaxed) - before;
        let took = begun.elapsed();
        self.is_over.store(true, Ordering::Relaxed);
        f64::from(u32::try_from(written).unwrap_or(u32::MAX)) / took.as_secs_f64()
    }

    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.written.fetch_add(1, Ordering::Relaxed);
    }
}

async fn postgres_one_per_commit(
    url: &str,
    rows: &Arc<Rows>,
    clients: usize,
) -> anyhow::Result<f64> {
    const INSERT: &str = "INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, \
            api_version, source, payload_key_id, payload, state, last_error, received_at, next_attempt_at, attempts) \
        VALUES ($1::text::uuid, $2, $3, $4, now(), $5, $6, $7, $8, $9, $10, $11, now(), now(), 0) ON CONFLICT DO NOTHING";
    let meter = Arc::new(Meter::default());
    let mut writing = JoinSet::new();
    for _ in 0..clients {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let insert = client.prepare(INSERT).await?;
        let (rows, meter) = (Arc::clone(rows), Arc::clone(&meter));
        writing.spawn(async move {
            while meter.goes_on() {
                let row = rows.next();
                let store_id = row.store_id.to_string();
                let (mode, source) = (row.mode.as_str(), row.source.as_str());
                let state = row.state.as_str();
                client
                    .execute(
                        &insert,
                        &[
                            &store_id,
                            &row.account_id,
                            &mode,
                            &row.event_id,
                            &row.event_type,
                            &row.api_version,
                            &source,
                            &row.payload.key_id,
                            &row.payload.bytes,
                            &state,
                            &row.last_error,
                        ],
                    )
                    .await?;
                meter.count();
            }
            Ok::<(), tokio_postgres::Error>(())
        });
    }
    let per_s = meter.measure().await;
    for outcome in writing.join_all().await {
        outcome?;
    }
    Ok(per_s)
}

/// `SQLite` has one writer: the clients are threads that take turns on its connection.
async fn sqlite_one_per_commit(
    path: &str,
    rows: &Arc<Rows>,
    clients: usize,
) -> anyhow::Result<f64> {
    let mut conn = SqliteConnection::establish(path)?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY",
    )?;
    let conn = Arc::new(Mutex::new(conn));
    let meter = Arc::new(Meter::default());
    let writing: Vec<_> = (0..clients)
        .map(|_| {
            let (conn, rows, meter) = (Arc::clone(&conn), Arc::clone(rows), Arc::clone(&meter));
            std::thread::spawn(move || {
                while meter.goes_on() {
                    let row = rows.next();
                    let mut conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                    insert(&mut conn, &row)?;
                    drop(conn);
                    meter.count();
                }
                Ok::<(), diesel::result::Error>(())
            })
        })
        .collect();
    let per_s = meter.measure().await;
    for thread in writing {
        let ended = thread.join();
        ended.map_err(|_| anyhow::anyhow!("a client panicked"))??;
    }
    Ok(per_s)
}

fn insert(conn: &mut SqliteConnection, row: &inbox::NewEvent) -> QueryResult<usize> {
    use stripe_events as columns;

    let at = row.received_at.as_microsecond();
    diesel::insert_into(stripe_events::table)
        .values((
            columns::store_id.eq(row.store_id.to_string()),
            columns::account_id.eq(&row.account_id),
            columns::mode.eq(row.mode.as_str()),
            columns::event_id.eq(&row.event_id),
            columns::created_at.eq(row.created_at.as_microsecond()),
            columns::event_type.eq(&row.event_type),
            columns::api_version.eq(row.api_version.as_deref()),
            columns::source.eq(row.source.as_str()),
            columns::payload_key_id.eq(&row.payload.key_id),
            columns::payload.eq(&row.payload.bytes),
            columns::state.eq(row.state.as_str()),
            columns::attempts.eq(0),
            columns::last_error.eq(row.last_error.as_deref()),
            columns::received_at.eq(at),
            columns::next_attempt_at.eq(at),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
}
