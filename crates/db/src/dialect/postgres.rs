//! `PostgreSQL`'s own statements.

pub(crate) mod deadlines;
mod insert_events;
pub(crate) mod partitions;
pub(crate) mod queue;

pub(crate) use insert_events::insert_events;

/// For every connection: no statement may hang, no lock may be waited for longer than a request lives.
pub(crate) const SETUP: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'";

/// Takes due jobs; other workers' rows are skipped, not waited for. `runs` is the fence.
pub(crate) const CLAIM_JOBS: &str = "WITH due AS MATERIALIZED ( \
        SELECT store_id, mode, account_id, job FROM connection_jobs WHERE job = $2 AND next_run_at <= $3 \
        ORDER BY next_run_at LIMIT $4 FOR UPDATE SKIP LOCKED) \
    UPDATE connection_jobs AS j SET next_run_at = $1, runs = runs + 1 \
    FROM due WHERE (j.store_id, j.mode, j.account_id, j.job) = (due.store_id, due.mode, due.account_id, due.job) \
    RETURNING j.store_id, j.mode, j.account_id, j.runs, j.failures";

/// As [`CLAIM_JOBS`].
pub(crate) const CLAIM_PAYMENT_CHECKS: &str = "WITH due AS MATERIALIZED ( \
        SELECT store_id, id FROM payments WHERE status IN ('open', 'authorized') AND next_check_at <= $2 \
        ORDER BY next_check_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
    UPDATE payments AS p SET next_check_at = $1 FROM due WHERE (p.store_id, p.id) = (due.store_id, due.id) \
    RETURNING p.store_id, p.id, p.mode, p.account_id, p.payment_intent_id, p.created_at";

pub(crate) const CLAIM_PAYMENT_ACTIONS: &str = "WITH due AS MATERIALIZED ( \
        SELECT store_id, id FROM payment_actions WHERE state = 'due' AND next_attempt_at <= $2 \
        ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED) \
    UPDATE payment_actions AS a SET attempts = attempts + 1, next_attempt_at = $1 FROM due \
    WHERE (a.store_id, a.id) = (due.store_id, due.id) \
    RETURNING a.store_id, a.id";

/// Whether diesel's history table is there.
pub(crate) const HAS_HISTORY: &str =
    "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS present";

/// Serialises migrations of several gateways that start at once; the number is `tillgate` in ASCII, shortened.
pub(crate) const LOCK_MIGRATIONS: &str = "SELECT pg_advisory_lock(8388065437)";
