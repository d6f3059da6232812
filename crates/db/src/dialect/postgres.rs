//! `PostgreSQL`'s own statements.

pub(crate) mod partitions;
pub(crate) mod queue;

use std::collections::HashSet;

use diesel::sql_types::{Array, Binary, Nullable, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use diesel_async::methods::LoadQuery;
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{At, Id, Instant, Uid, at, id};
use crate::conn::PgConn;
use crate::inbox::{NewEvent, Stored};

/// For every connection: no statement may hang, no lock may be waited for longer than a request lives.
pub(crate) const SETUP: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'";

/// Takes due jobs; other workers' rows are skipped, not waited for. `runs` is the fence.
pub(crate) const CLAIM_JOBS: &str = "WITH due AS MATERIALIZED ( \
        SELECT store_id, mode, account_id, job FROM connection_jobs WHERE job = $2 AND next_run_at <= $3 \
        ORDER BY next_run_at LIMIT $4 FOR UPDATE SKIP LOCKED) \
    UPDATE connection_jobs AS j SET next_run_at = $1, runs = runs + 1 \
    FROM due WHERE (j.store_id, j.mode, j.account_id, j.job) = (due.store_id, due.mode, due.account_id, due.job) \
    RETURNING j.store_id, j.mode, j.account_id, j.runs, j.failures";

/// As [`CLAIM_EVENTS`].
pub(crate) const CLAIM_PAYMENT_CHECKS: &str = "WITH due AS MATERIALIZED ( \
        SELECT store_id, id FROM payments WHERE status IN ('open', 'authorized') AND next_check_at <= $2 \
        ORDER BY next_check_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
    UPDATE payments AS p SET next_check_at = $1 FROM due WHERE (p.store_id, p.id) = (due.store_id, due.id) \
    RETURNING p.store_id, p.id, p.mode, p.account_id, p.payment_intent_id, p.created_at";

/// Whether diesel's history table is there.
pub(crate) const HAS_HISTORY: &str =
    "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS present";

/// Serialises migrations of several gateways that start at once; the number is `tillgate` in ASCII, shortened.
pub(crate) const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_lock(8388065437)";

/// What tells an event from all others.
#[derive(PartialEq, Eq, Hash, QueryableByName)]
struct EventKey {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Text)]
    account_id: String,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = Text)]
    event_id: String,
    #[diesel(sql_type = Instant)]
    created_at: At,
}

/// Writes a batch of events in one statement, and says which were new; what is there already stays as it is.
pub(crate) async fn insert_events(
    conn: &mut PgConn,
    events: Vec<NewEvent>,
) -> Result<Vec<Stored>, DbError> {
    let keys: Vec<EventKey> = events.iter().map(EventKey::of).collect();
    let inserted: Vec<EventKey> = insert_statement(events).get_results(conn).await?;
    let mut inserted: HashSet<EventKey> = inserted.into_iter().collect();
    let stored = keys.iter().map(|key| {
        if inserted.remove(key) {
            Stored::New
        } else {
            Stored::Known
        }
    });
    Ok(stored.collect())
}

impl EventKey {
    fn of(event: &NewEvent) -> Self {
        // As the column holds it.
        let micros = event.created_at.as_microsecond();
        Self {
            store_id: id(event.store_id),
            account_id: event.account_id.clone(),
            mode: event.mode.as_str().to_owned(),
            event_id: event.event_id.clone(),
            created_at: at(Timestamp::from_microsecond(micros).unwrap_or(event.created_at)),
        }
    }
}

fn insert_statement(events: Vec<NewEvent>) -> impl LoadQuery<'static, PgConn, EventKey> {
    let mut store_ids = Vec::with_capacity(events.len());
    let mut account_ids = Vec::with_capacity(events.len());
    let mut modes = Vec::with_capacity(events.len());
    let mut event_ids = Vec::with_capacity(events.len());
    let mut created = Vec::with_capacity(events.len());
    let mut sources = Vec::with_capacity(events.len());
    let mut key_ids = Vec::with_capacity(events.len());
    let mut types = Vec::with_capacity(events.len());
    let mut api_versions = Vec::with_capacity(events.len());
    let mut object_ids = Vec::with_capacity(events.len());
    let mut payloads = Vec::with_capacity(events.len());
    let mut states = Vec::with_capacity(events.len());
    let mut errors = Vec::with_capacity(events.len());
    let mut received = Vec::with_capacity(events.len());
    for event in events {
        store_ids.push(id(event.store_id));
        account_ids.push(event.account_id);
        modes.push(event.mode.as_str());
        event_ids.push(event.event_id);
        types.push(event.event_type);
        api_versions.push(event.api_version);
        object_ids.push(event.object_id);
        created.push(at(event.created_at));
        sources.push(event.source.as_str());
        key_ids.push(event.payload.key_id);
        payloads.push(event.payload.bytes);
        states.push(event.state.as_str());
        errors.push(event.last_error);
        received.push(at(event.received_at));
    }
    sql_query(
        "INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, api_version, object_id, \
             source, payload_key_id, payload, state, last_error, received_at, next_attempt_at, attempts) \
         SELECT s, a, m, e, c, t, v, o, so, k, p, st, er, r, r, 0 \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
             AS batch (s, a, m, e, c, t, v, o, so, k, p, st, er, r) \
         ON CONFLICT DO NOTHING \
         RETURNING store_id, account_id, mode, event_id, created_at",
    )
    .bind::<Array<Uid>, _>(store_ids)
    .bind::<Array<Text>, _>(account_ids)
    .bind::<Array<Text>, _>(modes)
    .bind::<Array<Text>, _>(event_ids)
    .bind::<Array<Instant>, _>(created)
    .bind::<Array<Text>, _>(types)
    .bind::<Array<Nullable<Text>>, _>(api_versions)
    .bind::<Array<Nullable<Text>>, _>(object_ids)
    .bind::<Array<Text>, _>(sources)
    .bind::<Array<Text>, _>(key_ids)
    .bind::<Array<Binary>, _>(payloads)
    .bind::<Array<Text>, _>(states)
    .bind::<Array<Nullable<Text>>, _>(errors)
    .bind::<Array<Instant>, _>(received)
}
