//! Regular work on each connection, shared by several gateways: due jobs are claimed until a lease ends, and fenced by their
//! number of runs.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use domain::{Mode, StoreId};
use jiff::Timestamp;

use crate::columns::{At, Id, Instant, MaybeAt, Uid, Word, at, columns, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::dialect::{postgres, sqlite};
use crate::schema::connection_jobs as jobs;
use crate::{Db, DbError};

/// What is done regularly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Whether the key works and the webhook endpoint is there.
    Health,
    /// Whether events were missed.
    Reconcile,
}

impl Job {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Reconcile => "reconcile",
        }
    }
}

/// A job that this process holds.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// Its store.
    pub store_id: StoreId,
    /// Its mode.
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
    /// What to do.
    pub job: Job,
    /// This run's number, from 1; also the fence.
    pub runs: i64,
    /// How often it failed in a row before.
    pub failures: i64,
}

/// How a job stands.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub struct JobState {
    /// When it runs next, or when its lease ends.
    #[diesel(deserialize_as = At)]
    pub next_run_at: Timestamp,
    /// When it ended last.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_run_at: Option<Timestamp>,
    /// What went wrong last, by name.
    pub last_error: Option<String>,
}

/// Makes a job due at `next_run_at`, whether or not it was there; a run that is under way ends without effect on it.
pub async fn schedule(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    job: Job,
    next_run_at: Timestamp,
) -> Result<(), DbError> {
    diesel::insert_into(jobs::table)
        .values((
            jobs::store_id.eq(id(store_id)),
            jobs::mode.eq(mode.as_str()),
            jobs::account_id.eq(account_id.to_owned()),
            jobs::job.eq(job.as_str()),
            jobs::next_run_at.eq(at(next_run_at)),
            jobs::runs.eq(0),
            jobs::failures.eq(0),
        ))
        .on_conflict((jobs::store_id, jobs::mode, jobs::account_id, jobs::job))
        .do_update()
        .set((
            jobs::next_run_at.eq(at(next_run_at)),
            jobs::runs.eq(jobs::runs + 1),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a job this process's own until `lease_until`, whether or not it was there; a run that is under way elsewhere ends
/// without effect on it.
pub async fn take(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    job: Job,
    lease_until: Timestamp,
) -> Result<ClaimedJob, DbError> {
    let runs: i64 = diesel::insert_into(jobs::table)
        .values((
            jobs::store_id.eq(id(store_id)),
            jobs::mode.eq(mode.as_str()),
            jobs::account_id.eq(account_id.to_owned()),
            jobs::job.eq(job.as_str()),
            jobs::next_run_at.eq(at(lease_until)),
            jobs::runs.eq(1),
            jobs::failures.eq(0),
        ))
        .on_conflict((jobs::store_id, jobs::mode, jobs::account_id, jobs::job))
        .do_update()
        .set((
            jobs::next_run_at.eq(at(lease_until)),
            jobs::runs.eq(jobs::runs + 1),
            jobs::failures.eq(0),
        ))
        .returning(jobs::runs)
        .get_result(conn)
        .await?;
    Ok(ClaimedJob {
        store_id,
        mode,
        account_id: account_id.to_owned(),
        job,
        runs,
        failures: 0,
    })
}

/// How a job stands.
pub async fn find(
    conn: &mut Conn,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    job: Job,
) -> Result<Option<JobState>, DbError> {
    jobs::table
        .filter(jobs::store_id.eq(id(store_id)))
        .filter(jobs::mode.eq(mode.as_str()))
        .filter(jobs::account_id.eq(account_id.to_owned()))
        .filter(jobs::job.eq(job.as_str()))
        .select(columns::<JobState>())
        .first(conn)
        .await
}

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Uid)]
    store_id: Id,
    #[diesel(sql_type = Text)]
    mode: Word,
    #[diesel(sql_type = Text)]
    account_id: String,
    #[diesel(sql_type = BigInt)]
    runs: i64,
    #[diesel(sql_type = BigInt)]
    failures: i64,
}

/// Takes at most `limit` due jobs of a kind, the longest due first, until `lease_until`.
pub async fn claim(
    db: &Db,
    job: Job,
    limit: i64,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Vec<ClaimedJob>, DbError> {
    let mut conn = db.writer().await?;
    let statement = match conn {
        Conn::Pg(_) => postgres::CLAIM_JOBS,
        Conn::Sqlite(_) => sqlite::CLAIM_JOBS,
    };
    let rows: Vec<ClaimedRow> = sql_query(statement)
        .bind::<Instant, _>(at(lease_until))
        .bind::<Text, _>(job.as_str())
        .bind::<Instant, _>(at(now))
        .bind::<BigInt, _>(limit)
        .load(&mut conn)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ClaimedJob {
                store_id: row.store_id.into(),
                mode: row
                    .mode
                    .try_into()
                    .map_err(|error| DbError::Corrupt(Box::new(error)))?,
                account_id: row.account_id,
                job,
                runs: row.runs,
                failures: row.failures,
            })
        })
        .collect()
}

/// Ends a run that had nothing to do and counts for none; the next one is due at `next_run_at`.
pub async fn skip(
    conn: &mut Conn,
    claimed: &ClaimedJob,
    next_run_at: Timestamp,
) -> Result<bool, DbError> {
    let changed = diesel::update(held(claimed))
        .set(jobs::next_run_at.eq(at(next_run_at)))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Ends a run and says when the next one is due. `false` if the job was claimed or scheduled anew meanwhile.
pub async fn finish(
    conn: &mut Conn,
    claimed: &ClaimedJob,
    next_run_at: Timestamp,
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool, DbError> {
    let failures = if error.is_some() {
        claimed.failures + 1
    } else {
        0
    };
    let changed = diesel::update(held(claimed))
        .set((
            jobs::next_run_at.eq(at(next_run_at)),
            jobs::failures.eq(failures),
            jobs::last_run_at.eq(at(now)),
            jobs::last_error.eq(error.map(str::to_owned)),
        ))
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// The job, as long as this claim is the newest.
#[diesel::dsl::auto_type(no_type_alias)]
fn held(claimed: &ClaimedJob) -> _ {
    let store_id: Id = id(claimed.store_id);
    let mode: &'static str = claimed.mode.as_str();
    let account_id: String = claimed.account_id.clone();
    let job: &'static str = claimed.job.as_str();
    let runs: i64 = claimed.runs;
    jobs::table
        .filter(jobs::store_id.eq(store_id))
        .filter(jobs::mode.eq(mode))
        .filter(jobs::account_id.eq(account_id))
        .filter(jobs::job.eq(job))
        .filter(jobs::runs.eq(runs))
}
