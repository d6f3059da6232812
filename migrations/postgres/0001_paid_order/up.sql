-- The tables behind a paid order. Same history as migrations/sqlite; a test holds the two against each other.

CREATE TABLE stores (
    id              UUID    NOT NULL PRIMARY KEY,
    name            TEXT    NOT NULL,
    merchant_email  TEXT,
    currency        TEXT    NOT NULL,
    active_mode     TEXT    CHECK (active_mode IN ('test', 'live')),
    capture_on      TEXT    NOT NULL CHECK (capture_on IN ('confirmed', 'shipped', 'completed')),
    allowed_origins TEXT    NOT NULL,
    return_origins  TEXT    NOT NULL,
    order_counter   BIGINT NOT NULL CHECK (order_counter >= 0),
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);

CREATE TABLE stripe_connections (
    store_id          UUID    NOT NULL REFERENCES stores (id),
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    publishable_key   TEXT    NOT NULL,
    country           TEXT,
    default_currency  TEXT,
    charges_enabled   BOOLEAN NOT NULL,
    secret_version    BIGINT NOT NULL CHECK (secret_version > 0),
    secret_key_id     TEXT    NOT NULL,
    secret_token      TEXT    NOT NULL,
    reconnect_needed  BOOLEAN NOT NULL,
    connected_at      TIMESTAMPTZ NOT NULL,
    last_event_at     TIMESTAMPTZ,
    last_error        TEXT,
    PRIMARY KEY (store_id, mode)
);

CREATE TABLE webhook_secrets (
    store_id      UUID    NOT NULL,
    mode          TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    version       BIGINT NOT NULL CHECK (version > 0),
    secret_key_id TEXT    NOT NULL,
    secret_token  TEXT    NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ,
    PRIMARY KEY (store_id, mode, version),
    FOREIGN KEY (store_id, mode) REFERENCES stripe_connections (store_id, mode) ON DELETE CASCADE
);

CREATE TABLE connect_tokens (
    store_id   UUID    NOT NULL REFERENCES stores (id),
    id         UUID    NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at    TIMESTAMPTZ,
    PRIMARY KEY (store_id, id)
);

CREATE TABLE products (
    store_id          UUID    NOT NULL REFERENCES stores (id),
    id                UUID    NOT NULL,
    sku               TEXT,
    name              TEXT    NOT NULL,
    description       TEXT,
    image_url         TEXT,
    unit_amount_minor BIGINT NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    currency          TEXT    NOT NULL,
    stock             BIGINT CHECK (stock >= 0),
    active            BOOLEAN NOT NULL,
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, id)
);
CREATE UNIQUE INDEX products_sku ON products (store_id, sku) WHERE sku IS NOT NULL;

CREATE TABLE carts (
    store_id   UUID    NOT NULL REFERENCES stores (id),
    id         UUID    NOT NULL,
    mode       TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    currency   TEXT    NOT NULL,
    version    BIGINT NOT NULL CHECK (version > 0),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, id)
);

CREATE TABLE cart_items (
    store_id          UUID    NOT NULL,
    cart_id           UUID    NOT NULL,
    position          BIGINT NOT NULL CHECK (position >= 0),
    product_id        UUID,
    name              TEXT    NOT NULL,
    unit_amount_minor BIGINT NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    quantity          BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (store_id, cart_id, position),
    FOREIGN KEY (store_id, cart_id) REFERENCES carts (store_id, id) ON DELETE CASCADE
);

CREATE TABLE checkouts (
    store_id         UUID    NOT NULL,
    id               UUID    NOT NULL,
    mode             TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    cart_id          UUID    NOT NULL,
    cart_version     BIGINT NOT NULL,
    amount_minor     BIGINT NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    currency         TEXT    NOT NULL,
    contact_sealed   TEXT,
    success_url      TEXT,
    cancel_url       TEXT,
    created_at       TIMESTAMPTZ NOT NULL,
    expires_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, cart_id) REFERENCES carts (store_id, id)
);

CREATE TABLE orders (
    store_id        UUID    NOT NULL REFERENCES stores (id),
    id              UUID    NOT NULL,
    number          BIGINT NOT NULL CHECK (number > 0),
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    cart_id         UUID,
    cart_version    BIGINT,
    status          TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'shipped', 'completed', 'cancelled')),
    payment_status  TEXT    NOT NULL CHECK (payment_status IN
                        ('unpaid', 'authorized', 'paid', 'failed', 'partially_refunded', 'refunded', 'disputed')),
    currency        TEXT    NOT NULL,
    amount_minor    BIGINT NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    contact_sealed  TEXT,
    token_hash      TEXT    NOT NULL,
    token_key_id    TEXT    NOT NULL,
    token_sealed    TEXT    NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    paid_at         TIMESTAMPTZ,
    PRIMARY KEY (store_id, id)
);
CREATE UNIQUE INDEX orders_number ON orders (store_id, number);
-- One cart, one open order: a double click finds the order that is there.
CREATE UNIQUE INDEX orders_cart ON orders (store_id, cart_id) WHERE cart_id IS NOT NULL AND status <> 'cancelled';
CREATE INDEX orders_newest ON orders (store_id, mode, id);
-- For the internal API, whose callers name an order without its store.
CREATE INDEX orders_any_store ON orders (id);

CREATE TABLE order_items (
    store_id          UUID    NOT NULL,
    order_id          UUID    NOT NULL,
    position          BIGINT NOT NULL CHECK (position >= 0),
    product_id        UUID,
    name              TEXT    NOT NULL,
    unit_amount_minor BIGINT NOT NULL CHECK (unit_amount_minor BETWEEN 0 AND 999999999999),
    quantity          BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    PRIMARY KEY (store_id, order_id, position),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
);

CREATE TABLE payments (
    store_id          UUID    NOT NULL REFERENCES stores (id),
    id                UUID    NOT NULL,
    mode              TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    account_id        TEXT    NOT NULL,
    order_id          UUID,
    cart_id           UUID,
    payment_intent_id TEXT,
    status            TEXT    NOT NULL CHECK (status IN ('creating', 'open', 'authorized', 'succeeded', 'canceled')),
    capture_method    TEXT    NOT NULL CHECK (capture_method IN ('automatic', 'manual')),
    currency          TEXT    NOT NULL,
    amount_minor      BIGINT NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    captured_minor    BIGINT NOT NULL CHECK (captured_minor BETWEEN 0 AND 999999999999),
    refunded_minor    BIGINT NOT NULL CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    last_error_code   TEXT,
    last_decline_code TEXT,
    created_at        TIMESTAMPTZ NOT NULL,
    updated_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
);
-- One PaymentIntent, one payment, one order.
CREATE UNIQUE INDEX payments_intent ON payments (store_id, payment_intent_id) WHERE payment_intent_id IS NOT NULL;
-- For the shared webhook URL, which looks for the store.
CREATE INDEX payments_any_store ON payments (payment_intent_id) WHERE payment_intent_id IS NOT NULL;
CREATE UNIQUE INDEX payments_order ON payments (store_id, order_id) WHERE order_id IS NOT NULL AND status <> 'canceled';
CREATE UNIQUE INDEX payments_cart ON payments (store_id, cart_id) WHERE cart_id IS NOT NULL AND order_id IS NULL AND status <> 'canceled';

CREATE TABLE stripe_events (
    store_id        UUID    NOT NULL REFERENCES stores (id),
    account_id      TEXT    NOT NULL,
    mode            TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    event_id        TEXT    NOT NULL,
    event_type      TEXT    NOT NULL,
    api_version     TEXT,
    object_id       TEXT,
    payload         TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('received', 'processing', 'processed', 'ignored', 'waiting', 'parked')),
    attempts        BIGINT NOT NULL CHECK (attempts >= 0),
    last_error      TEXT,
    received_at     TIMESTAMPTZ NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    lease_until     TIMESTAMPTZ,
    processed_at    TIMESTAMPTZ,
    PRIMARY KEY (store_id, account_id, mode, event_id)
);
CREATE INDEX stripe_events_due ON stripe_events (next_attempt_at) WHERE state IN ('received', 'processing');
CREATE INDEX stripe_events_newest ON stripe_events (store_id, mode, received_at, event_id);

CREATE TABLE incidents (
    store_id    UUID    NOT NULL REFERENCES stores (id),
    id          UUID    NOT NULL,
    order_id    UUID    NOT NULL,
    code        TEXT    NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
);
CREATE UNIQUE INDEX incidents_open ON incidents (store_id, order_id, code) WHERE resolved_at IS NULL;

CREATE TABLE api_keys (
    store_id     UUID    NOT NULL REFERENCES stores (id),
    id           UUID    NOT NULL,
    mode         TEXT    NOT NULL CHECK (mode IN ('test', 'live')),
    label        TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    key_hash     TEXT    NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ,
    PRIMARY KEY (store_id, id)
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (store_id, key_hash);

CREATE TABLE idempotency_keys (
    scope         TEXT    NOT NULL,
    credential    TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    request_hash  TEXT    NOT NULL,
    answer_key_id TEXT,
    answer_sealed TEXT,
    lease_until   TIMESTAMPTZ NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (scope, credential, key)
);

CREATE TABLE audit_log (
    store_id   UUID    NOT NULL REFERENCES stores (id),
    id         UUID    NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, id)
);
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_never_truncated BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

-- Facts about this deployment, such as the check value of the vault's keys.
CREATE TABLE deployment_facts (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
