DROP INDEX stripe_events_pending;
DROP INDEX stripe_events_newest;
ALTER TABLE stripe_events RENAME TO stripe_events_after;
CREATE TABLE stripe_events (
    store_id        TEXT    NOT NULL REFERENCES stores (id),
    account_id      TEXT    NOT NULL,
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    event_id        TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    api_version     TEXT,
    object_id       TEXT,
    payload         TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('received', 'processing', 'processed', 'ignored', 'waiting', 'parked')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    last_error      TEXT,
    received_at     INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    lease_until     INTEGER,
    processed_at    INTEGER,
    PRIMARY KEY (store_id, account_id, mode, event_id)
) STRICT;
CREATE INDEX stripe_events_due ON stripe_events (next_attempt_at) WHERE state IN ('received', 'processing');
CREATE INDEX stripe_events_newest ON stripe_events (store_id, mode, received_at, event_id);
-- Bodies in the newer form cannot be read by the older program; Stripe has them for 30 days.
INSERT INTO stripe_events
SELECT store_id, account_id, mode, event_id, event_type, api_version, object_id, payload_key_id || ' ', state, attempts, last_error,
    received_at, next_attempt_at, NULL, processed_at
FROM stripe_events_after;
DROP TABLE stripe_events_after;
DROP INDEX idempotency_keys_expiry;
DROP INDEX payments_to_check;
ALTER TABLE payments DROP COLUMN next_check_at;
DROP TABLE reconcile_cursors;
DROP TABLE connection_jobs;
DROP TABLE connection_problems;
DROP TABLE webhook_endpoints;
ALTER TABLE stores DROP COLUMN wrong_signature_at;
ALTER TABLE webhook_secrets RENAME TO webhook_secrets_after;
ALTER TABLE stripe_connections RENAME TO stripe_connections_after;
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
    PRIMARY KEY (store_id, mode)
) STRICT;
INSERT INTO stripe_connections
SELECT store_id, mode, account_id, publishable_key, country, default_currency, charges_enabled, secret_version,
    secret_key_id, secret_token, reconnect_needed, connected_at, last_event_at, last_error
FROM stripe_connections_after WHERE replaced_at IS NULL;
CREATE TABLE webhook_secrets (
    store_id      TEXT    NOT NULL,
    mode          TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    version       INTEGER NOT NULL CHECK (version > 0),
    secret_key_id TEXT    NOT NULL,
    secret_token  TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER,
    PRIMARY KEY (store_id, mode, version),
    FOREIGN KEY (store_id, mode) REFERENCES stripe_connections (store_id, mode) ON DELETE CASCADE
) STRICT;
INSERT INTO webhook_secrets
SELECT s.store_id, s.mode, s.version, s.secret_key_id, s.secret_token, s.created_at, s.expires_at
FROM webhook_secrets_after AS s
JOIN stripe_connections AS c ON c.store_id = s.store_id AND c.mode = s.mode AND c.account_id = s.account_id;
DROP TABLE webhook_secrets_after;
DROP TABLE stripe_connections_after;
