-- The tables behind a paid order. Same history as migrations/postgres; a test holds the two against each other.
-- uuid → TEXT (36 characters), timestamptz → INTEGER (microseconds since 1970), boolean → INTEGER 0/1.

CREATE TABLE stores (
    id              TEXT    NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    merchant_email  TEXT,
    currency        TEXT    NOT NULL,
    active_mode     TEXT    CHECK (active_mode IN ('test', 'live')),
    capture_on      TEXT    NOT NULL CHECK (capture_on IN ('confirmed', 'shipped', 'completed')),
    allowed_origins TEXT    NOT NULL,
    return_origins  TEXT    NOT NULL,
    order_counter   INTEGER NOT NULL CHECK (order_counter >= 0),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

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

CREATE TABLE connect_tokens (
    store_id   TEXT    NOT NULL REFERENCES stores (id),
    id         TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    PRIMARY KEY (store_id, id)
) STRICT;

CREATE TABLE products (
    store_id          TEXT    NOT NULL REFERENCES stores (id),
    id                TEXT    NOT NULL,
    sku               TEXT,
    name              TEXT    NOT NULL,
    description       TEXT,
    image_url         TEXT,
    unit_amount_minor INTEGER NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    currency          TEXT    NOT NULL,
    stock             INTEGER CHECK (stock >= 0),
    active            INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;
CREATE UNIQUE INDEX products_sku ON products (store_id, sku) WHERE sku IS NOT NULL;

CREATE TABLE carts (
    store_id   TEXT    NOT NULL REFERENCES stores (id),
    id         TEXT    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    currency   TEXT    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;

CREATE TABLE cart_items (
    store_id          TEXT    NOT NULL,
    cart_id           TEXT    NOT NULL,
    position          INTEGER NOT NULL CHECK (position >= 0),
    product_id        TEXT,
    name              TEXT    NOT NULL,
    unit_amount_minor INTEGER NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    quantity          INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (store_id, cart_id, position),
    FOREIGN KEY (store_id, cart_id) REFERENCES carts (store_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE checkouts (
    store_id         TEXT    NOT NULL,
    id               TEXT    NOT NULL,
    mode             TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    cart_id          TEXT    NOT NULL,
    cart_version     INTEGER NOT NULL,
    amount_minor     INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    currency         TEXT    NOT NULL,
    contact_sealed   TEXT,
    success_url      TEXT,
    cancel_url       TEXT,
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, cart_id) REFERENCES carts (store_id, id)
) STRICT;

CREATE TABLE orders (
    store_id        TEXT    NOT NULL REFERENCES stores (id),
    id              TEXT    NOT NULL,
    number          INTEGER NOT NULL CHECK (number > 0),
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    cart_id         TEXT,
    cart_version    INTEGER,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'shipped', 'completed', 'cancelled')),
    payment_status  TEXT    NOT NULL CHECK (payment_status IN
                        ('unpaid', 'authorized', 'paid', 'failed', 'partially_refunded', 'refunded', 'disputed')),
    currency        TEXT    NOT NULL,
    amount_minor    INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    contact_sealed  TEXT,
    token_hash      TEXT    NOT NULL,
    token_key_id    TEXT    NOT NULL,
    token_sealed    TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    paid_at         INTEGER,
    PRIMARY KEY (store_id, id)
) STRICT;
CREATE UNIQUE INDEX orders_number ON orders (store_id, number);
-- One cart, one open order: a double click finds the order that is there.
CREATE UNIQUE INDEX orders_cart ON orders (store_id, cart_id) WHERE cart_id IS NOT NULL AND status <> 'cancelled';
CREATE INDEX orders_newest ON orders (store_id, mode, id);
-- For the internal API, whose callers name an order without its store.
CREATE INDEX orders_any_store ON orders (id);

CREATE TABLE order_items (
    store_id          TEXT    NOT NULL,
    order_id          TEXT    NOT NULL,
    position          INTEGER NOT NULL CHECK (position >= 0),
    product_id        TEXT,
    name              TEXT    NOT NULL,
    unit_amount_minor INTEGER NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    quantity          INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (store_id, order_id, position),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
) STRICT;

CREATE TABLE payments (
    store_id          TEXT    NOT NULL REFERENCES stores (id),
    id                TEXT    NOT NULL,
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    order_id          TEXT,
    cart_id           TEXT,
    payment_intent_id TEXT,
    status            TEXT    NOT NULL CHECK (status IN ('creating', 'open', 'authorized', 'succeeded', 'canceled')),
    capture_method    TEXT    NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
    currency          TEXT    NOT NULL,
    amount_minor      INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    captured_minor    INTEGER NOT NULL CHECK (captured_minor BETWEEN 0 AND 999999999999),
    refunded_minor    INTEGER NOT NULL CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    last_error_code   TEXT,
    last_decline_code TEXT,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
) STRICT;
-- One PaymentIntent, one payment, one order.
CREATE UNIQUE INDEX payments_intent ON payments (store_id, payment_intent_id) WHERE payment_intent_id IS NOT NULL;
-- For the shared webhook URL, which looks for the store.
CREATE INDEX payments_any_store ON payments (payment_intent_id) WHERE payment_intent_id IS NOT NULL;
CREATE UNIQUE INDEX payments_order ON payments (store_id, order_id) WHERE order_id IS NOT NULL AND status <> 'canceled';
CREATE UNIQUE INDEX payments_cart ON payments (store_id, cart_id) WHERE cart_id IS NOT NULL AND order_id IS NULL AND status <> 'canceled';

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

CREATE TABLE incidents (
    store_id    TEXT    NOT NULL REFERENCES stores (id),
    id          TEXT    NOT NULL,
    order_id    TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    resolved_at INTEGER,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
) STRICT;
CREATE UNIQUE INDEX incidents_open ON incidents (store_id, order_id, code) WHERE resolved_at IS NULL;

CREATE TABLE api_keys (
    store_id     TEXT    NOT NULL REFERENCES stores (id),
    id           TEXT    NOT NULL,
    mode         TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    label        TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    key_hash     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    PRIMARY KEY (store_id, id)
) STRICT;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (store_id, key_hash);

CREATE TABLE idempotency_keys (
    scope         TEXT    NOT NULL,
    credential    TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    request_hash  TEXT    NOT NULL,
    answer_key_id TEXT,
    answer_sealed TEXT,
    lease_until   INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (scope, credential, key)
) STRICT;

CREATE TABLE audit_log (
    store_id   TEXT    NOT NULL REFERENCES stores (id),
    id         TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;
CREATE TRIGGER audit_log_append_only_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_log_append_only_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
-- REPLACE deletes without the trigger above.
CREATE TRIGGER audit_log_append_only_replace BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE store_id = NEW.store_id AND id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Facts about this deployment, such as the check value of the vault's keys.
CREATE TABLE deployment_facts (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
