-- The event pipeline and the life of a connection. Same history as migrations/postgres; a test holds the two against each other.

-- A store keeps the account that took its older payments: every Stripe id is scoped by store, account and mode. The tables
-- are made anew, because SQLite cannot change a primary key. The children first: dropping a parent empties them.
ALTER TABLE webhook_secrets RENAME TO webhook_secrets_before;
ALTER TABLE stripe_connections RENAME TO stripe_connections_before;
CREATE TABLE stripe_connections (
    store_id          TEXT    NOT NULL REFERENCES stores (id),
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    publishable_key   TEXT    NOT NULL,
    country           TEXT,
    default_currency  TEXT,
    charges_enabled   INTEGER NOT NULL CHECK (charges_enabled IN (0, 1)),
    secret_version    INTEGER NOT NULL CHECK (secret_version > 0),
    secret_key_id     TEXT    NOT NULL,
    secret_token      TEXT    NOT NULL,
    reconnect_needed  INTEGER NOT NULL CHECK (reconnect_needed IN (0, 1)),
    connected_at      INTEGER NOT NULL,
    last_event_at     INTEGER,
    last_error        TEXT,
    replaced_at       INTEGER,
    -- Whether a stand-in accepted the keys, and not Stripe; unknown of older ones.
    is_stand_in       INTEGER CHECK (is_stand_in IN (0, 1)),
    PRIMARY KEY (store_id, mode, account_id)
) STRICT;
CREATE UNIQUE INDEX stripe_connections_current ON stripe_connections (store_id, mode) WHERE replaced_at IS NULL;
INSERT INTO stripe_connections (store_id, mode, account_id, publishable_key, country, default_currency, charges_enabled, secret_version,
    secret_key_id, secret_token, reconnect_needed, connected_at, last_event_at, last_error)
SELECT store_id, mode, account_id, publishable_key, country, default_currency, charges_enabled, secret_version,
    secret_key_id, secret_token, reconnect_needed, connected_at, last_event_at, last_error
FROM stripe_connections_before;

-- The account whose events it signs, and our endpoint there; no endpoint where a person pasted it.
CREATE TABLE webhook_secrets (
    store_id      TEXT    NOT NULL,
    mode          TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    version       INTEGER NOT NULL CHECK (version > 0),
    secret_key_id TEXT    NOT NULL,
    secret_token  TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    account_id    TEXT    NOT NULL,
    endpoint_id   TEXT,
    PRIMARY KEY (store_id, mode, version),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
) STRICT;
INSERT INTO webhook_secrets (store_id, mode, version, account_id, secret_key_id, secret_token, created_at, expires_at)
SELECT s.store_id, s.mode, s.version, c.account_id, s.secret_key_id, s.secret_token, s.created_at, s.expires_at
FROM webhook_secrets_before AS s JOIN stripe_connections AS c ON c.store_id = s.store_id AND c.mode = s.mode;
DROP TABLE webhook_secrets_before;
DROP TABLE stripe_connections_before;

-- When a webhook came in last that none of the store's secrets signed.
ALTER TABLE stores ADD COLUMN wrong_signature_at INTEGER;

-- The endpoint that we registered in the merchant's account.
CREATE TABLE webhook_endpoints (
    store_id          TEXT    NOT NULL,
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    endpoint_id       TEXT    NOT NULL,
    url               TEXT    NOT NULL,
    api_version       TEXT    NOT NULL,
    registered_at     INTEGER NOT NULL,
    first_delivery_at INTEGER,
    PRIMARY KEY (store_id, mode, account_id),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
) STRICT;

-- What a person has to know or do about a connection. A row is there as long as the problem is.
CREATE TABLE connection_problems (
    store_id   TEXT    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    detail     TEXT,
    since      INTEGER NOT NULL,
    PRIMARY KEY (store_id, mode, account_id, code),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
) STRICT;

-- When each connection is looked after next, and by whom: `health` and `reconcile` each have a row.
CREATE TABLE connection_jobs (
    store_id    TEXT    NOT NULL,
    mode        TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id  TEXT    NOT NULL,
    job         TEXT    NOT NULL CHECK (job IN ('health', 'reconcile')),
    next_run_at INTEGER NOT NULL,
    runs        INTEGER NOT NULL CHECK (runs >= 0),
    failures    INTEGER NOT NULL CHECK (failures >= 0),
    last_run_at INTEGER,
    last_error  TEXT,
    PRIMARY KEY (store_id, mode, account_id, job),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
) STRICT;
CREATE INDEX connection_jobs_due ON connection_jobs (job, next_run_at);
INSERT INTO connection_jobs (store_id, mode, account_id, job, next_run_at, runs, failures)
SELECT store_id, mode, account_id, job, unixepoch() * 1000000, 0, 0
FROM stripe_connections, (SELECT 'health' AS job UNION ALL SELECT 'reconcile');

-- How far the events of an account have been listed: all that Stripe made before `seen_until` are in the inbox. A pass
-- that was cut short goes on after `pass_after`.
CREATE TABLE reconcile_cursors (
    store_id   TEXT    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id TEXT    NOT NULL,
    seen_until INTEGER NOT NULL,
    pass_until INTEGER,
    pass_after TEXT,
    PRIMARY KEY (store_id, mode, account_id),
    FOREIGN KEY (store_id, mode, account_id) REFERENCES stripe_connections (store_id, mode, account_id) ON DELETE CASCADE
) STRICT;

-- What was received before has no `created` of Stripe's below, so it would not be known again: older events are not listed
-- anew. Stripe sends a webhook again for three days.
INSERT INTO reconcile_cursors (store_id, mode, account_id, seen_until)
SELECT store_id, mode, account_id, max(connected_at - 3600 * 1000000, (unixepoch() - 3 * 86400) * 1000000) FROM stripe_connections;

-- Payments that stay open are looked at now and then, more rarely as they age. SQLite cannot drop a default.
ALTER TABLE payments ADD COLUMN next_check_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payments_to_check ON payments (next_check_at) WHERE status IN ('open', 'authorized');

-- What has expired is found without looking at the rest.
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

-- The inbox. `created_at` is when Stripe made the event. No reference to stores: checking one for every event costs more
-- than it gives, and the store was loaded to verify the event.
DROP INDEX stripe_events_due;
DROP INDEX stripe_events_newest;
ALTER TABLE stripe_events RENAME TO stripe_events_before;
CREATE TABLE stripe_events (
    store_id        TEXT    NOT NULL,
    account_id      TEXT    NOT NULL,
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    event_id        TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    event_type      TEXT    NOT NULL,
    api_version     TEXT,
    object_id       TEXT,
    source          TEXT    NOT NULL CHECK (source IN ('webhook', 'reconcile')),
    payload_key_id  TEXT    NOT NULL,
    payload         BLOB    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('received', 'processing', 'processed', 'ignored', 'waiting', 'parked')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    last_error      TEXT,
    received_at     INTEGER NOT NULL,
    -- When it is due: the next try, or the end of the lease of the worker that has it.
    next_attempt_at INTEGER NOT NULL,
    processed_at    INTEGER,
    PRIMARY KEY (store_id, account_id, mode, event_id, created_at)
) STRICT;
-- Store first: a worker takes from each in turn.
CREATE INDEX stripe_events_pending ON stripe_events (store_id, next_attempt_at) WHERE state IN ('received', 'processing');
-- What somebody has to wake: few, and looked for by store, and by month when a month is dropped.
CREATE INDEX stripe_events_aside ON stripe_events (store_id, mode) WHERE state IN ('waiting', 'parked');
CREATE INDEX stripe_events_newest ON stripe_events (store_id, mode, received_at, event_id);
INSERT INTO stripe_events (store_id, account_id, mode, event_id, created_at, event_type, api_version, object_id, source,
    payload_key_id, payload, state, attempts, last_error, received_at, next_attempt_at, processed_at)
SELECT store_id, account_id, mode, event_id, received_at, event_type, api_version, object_id, 'webhook',
    substr(payload, 1, instr(payload, ' ') - 1), CAST(substr(payload, instr(payload, ' ') + 1) AS BLOB), state, attempts,
    last_error, received_at, coalesce(lease_until, next_attempt_at), processed_at
FROM stripe_events_before;
DROP TABLE stripe_events_before;
