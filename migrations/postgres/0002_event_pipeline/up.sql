-- The event pipeline and the life of a connection. Same history as migrations/sqlite; a test holds the two against each other.

-- A store keeps the account that took its older payments: every Stripe id is scoped by store, account and mode.
ALTER TABLE webhook_secrets DROP CONSTRAINT webhook_secrets_store_id_mode_fkey;
ALTER TABLE stripe_connections DROP CONSTRAINT stripe_connections_pkey;
ALTER TABLE stripe_connections ADD PRIMARY KEY (store_id, mode, account_id);
ALTER TABLE stripe_connections ADD COLUMN replaced_at TIMESTAMPTZ;
-- Whether a stand-in accepted the keys, and not Stripe; unknown of older ones.
ALTER TABLE stripe_connections ADD COLUMN is_stand_in BOOLEAN;
CREATE UNIQUE INDEX stripe_connections_current ON stripe_connections (store_id, mode) WHERE replaced_at IS NULL;

-- The account whose events it signs, and our endpoint there; no endpoint where a person pasted it.
ALTER TABLE webhook_secrets ADD COLUMN account_id TEXT;
ALTER TABLE webhook_secrets ADD COLUMN endpoint_id TEXT;
UPDATE webhook_secrets AS s SET account_id = c.account_id
FROM stripe_connections AS c WHERE c.store_id = s.store_id AND c.mode = s.mode;
ALTER TABLE webhook_secrets ALTER COLUMN account_id SET NOT NULL;
ALTER TABLE webhook_secrets ADD FOREIGN KEY (store_id, mode, account_id)
    REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE;

-- When a webhook came in last that none of the store's secrets signed.
ALTER TABLE stores ADD COLUMN wrong_signature_at TIMESTAMPTZ;

-- The endpoint that we registered in the merchant's account.
CREATE TABLE webhook_endpoints (
    store_id          UUID    NOT NULL,
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    endpoint_id       TEXT    NOT NULL,
    url               TEXT    NOT NULL,
    api_version       TEXT    NOT NULL,
    registered_at     TIMESTAMPTZ NOT NULL,
    first_delivery_at TIMESTAMPTZ,
    PRIMARY KEY (store_id, mode, account_id),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
);

-- What a person has to know or do about a connection. A row is there as long as the problem is.
CREATE TABLE connection_problems (
    store_id   UUID    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    detail     TEXT,
    since      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, mode, account_id, code),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
);

-- When each connection is looked after next, and by whom: `health` and `reconcile` each have a row.
CREATE TABLE connection_jobs (
    store_id    UUID    NOT NULL,
    mode        TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id  TEXT    NOT NULL,
    job         TEXT    NOT NULL CHECK (job IN ('health', 'reconcile')),
    next_run_at TIMESTAMPTZ NOT NULL,
    runs        BIGINT NOT NULL CHECK (runs >= 0),
    failures    BIGINT NOT NULL CHECK (failures >= 0),
    last_run_at TIMESTAMPTZ,
    last_error  TEXT,
    PRIMARY KEY (store_id, mode, account_id, job),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
);
CREATE INDEX connection_jobs_due ON connection_jobs (job, next_run_at);
INSERT INTO connection_jobs (store_id, mode, account_id, job, next_run_at, runs, failures)
SELECT store_id, mode, account_id, job, now(), 0, 0 FROM stripe_connections, (VALUES ('health'), ('reconcile')) AS jobs (job);

-- How far the events of an account have been listed: all that Stripe made before `seen_until` are in the inbox. A pass
-- that was cut short goes on after `pass_after`.
CREATE TABLE reconcile_cursors (
    store_id   UUID    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id TEXT    NOT NULL,
    seen_until TIMESTAMPTZ NOT NULL,
    pass_until TIMESTAMPTZ,
    pass_after TEXT,
    PRIMARY KEY (store_id, mode, account_id),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
);

-- What was received before has no `created` of Stripe's below, so it would not be known again: older events are not listed
-- anew. Stripe sends a webhook again for three days.
INSERT INTO reconcile_cursors (store_id, mode, account_id, seen_until)
SELECT store_id, mode, account_id, greatest(connected_at - INTERVAL '1 hour', now() - INTERVAL '3 days') FROM stripe_connections;

-- Payments that stay open are looked at now and then, more rarely as they age.
ALTER TABLE payments ADD COLUMN next_check_at TIMESTAMPTZ NOT NULL DEFAULT now();
ALTER TABLE payments ALTER COLUMN next_check_at DROP DEFAULT;
CREATE INDEX payments_to_check ON payments (next_check_at) WHERE status IN ('open', 'authorized');

-- What has expired is found without looking at the rest.
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- The inbox, partitioned by the time at which Stripe made the event: the same event always falls into the same partition,
-- so the primary key deduplicates, and pruning is dropping. No reference to stores: checking one for every event costs
-- more than storing it, and the store was loaded to verify the event.
ALTER TABLE stripe_events RENAME TO stripe_events_before;
ALTER INDEX stripe_events_pkey RENAME TO stripe_events_before_pkey;
ALTER INDEX stripe_events_newest RENAME TO stripe_events_before_newest;
ALTER TABLE stripe_events_before DROP CONSTRAINT stripe_events_mode_check;
ALTER TABLE stripe_events_before DROP CONSTRAINT stripe_events_state_check;
ALTER TABLE stripe_events_before DROP CONSTRAINT stripe_events_attempts_check;
DROP INDEX stripe_events_due;
CREATE TABLE stripe_events (
    store_id        UUID    NOT NULL,
    account_id      TEXT    NOT NULL,
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    event_id        TEXT    NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    event_type      TEXT    NOT NULL,
    api_version     TEXT,
    object_id       TEXT,
    source          TEXT    NOT NULL CHECK (source IN ('webhook', 'reconcile')),
    payload_key_id  TEXT    NOT NULL,
    payload         BYTEA   NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('received', 'processing', 'processed', 'ignored', 'waiting', 'parked')),
    attempts        BIGINT NOT NULL CHECK (attempts >= 0),
    last_error      TEXT,
    received_at     TIMESTAMPTZ NOT NULL,
    -- When it is due: the next try, or the end of the lease of the worker that has it.
    next_attempt_at TIMESTAMPTZ NOT NULL,
    processed_at    TIMESTAMPTZ,
    PRIMARY KEY (store_id, account_id, mode, event_id, created_at)
) PARTITION BY RANGE (created_at);
-- Sealed, so nothing compresses it further.
ALTER TABLE stripe_events ALTER COLUMN payload SET STORAGE EXTERNAL;
-- Store first: a worker takes from each in turn.
CREATE INDEX stripe_events_pending ON stripe_events (store_id, next_attempt_at) WHERE state IN ('received', 'processing');
-- What somebody has to wake: few, and looked for by store, and by month when a month is dropped.
CREATE INDEX stripe_events_aside ON stripe_events (store_id, mode) WHERE state IN ('waiting', 'parked');
CREATE INDEX stripe_events_newest ON stripe_events (store_id, mode, received_at, event_id);

-- Makes the partition of a month (UTC), with what fell into the default one; false if it is there already. The gateway
-- calls it ahead of time.
CREATE FUNCTION stripe_events_add_month(month DATE) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    first DATE := date_trunc('month', month);
    name TEXT := 'stripe_events_' || to_char(first, 'YYYYMM');
    starts TIMESTAMPTZ := first::timestamp AT TIME ZONE 'UTC';
    ends TIMESTAMPTZ := (first + INTERVAL '1 month') AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN FALSE;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE stripe_events INCLUDING STORAGE INCLUDING CONSTRAINTS) WITH (toast_tuple_target = 8160)', name);
    -- Nothing may arrive between the look into the default partition and the new one.
    LOCK TABLE ONLY stripe_events IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM stripe_events_other WHERE created_at >= %L AND created_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved', starts, ends, name);
    EXECUTE format('ALTER TABLE stripe_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, starts, ends);
    RETURN TRUE;
END;
$$;
CREATE TABLE stripe_events_other PARTITION OF stripe_events DEFAULT WITH (toast_tuple_target = 8160);
SELECT stripe_events_add_month(((now() AT TIME ZONE 'UTC') + make_interval(months => m))::date) FROM (VALUES (-1), (0), (1)) AS around (m);

INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, api_version, object_id, source,
    payload_key_id, payload, state, attempts, last_error, received_at, next_attempt_at, processed_at)
SELECT store_id, account_id, mode, event_id, received_at, event_type, api_version, object_id, 'webhook',
    split_part(payload, ' ', 1), convert_to(split_part(payload, ' ', 2), 'UTF8'), state, attempts, last_error, received_at,
    coalesce(lease_until, next_attempt_at), processed_at
FROM stripe_events_before;
DROP TABLE stripe_events_before;
