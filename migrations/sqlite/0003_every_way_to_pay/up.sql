-- Every way to pay: shipping, other payment methods, captures, refunds, disputes, links, saved cards and the story of an order.
-- Same history as migrations/postgres; a test holds the two against each other.

-- What is shipped, and for how much. An inactive one is kept for the orders that name it.
CREATE TABLE shipping_methods (
    store_id     TEXT NOT NULL REFERENCES stores (id),
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor BETWEEN 0 AND 999999999999),
    currency     TEXT NOT NULL,
    -- ISO 3166-1 alpha-2 codes as a JSON array; an empty one means everywhere.
    countries    TEXT NOT NULL,
    active       INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;

-- Ways to pay beside Stripe, such as bank transfer and cash on delivery. Stripe's own is there without a row.
CREATE TABLE payment_methods (
    store_id     TEXT NOT NULL REFERENCES stores (id),
    id           TEXT NOT NULL,
    name         TEXT NOT NULL,
    description  TEXT,
    -- {"de": {"name": …, "description": …}}
    translations TEXT NOT NULL,
    active       INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;

ALTER TABLE checkouts ADD COLUMN shipping_method_id TEXT;
ALTER TABLE checkouts ADD COLUMN shipping_minor INTEGER NOT NULL DEFAULT 0 CHECK (shipping_minor BETWEEN 0 AND 999999999999);

ALTER TABLE orders ADD COLUMN shipping_method_id TEXT;
ALTER TABLE orders ADD COLUMN shipping_name TEXT;
ALTER TABLE orders ADD COLUMN shipping_minor INTEGER NOT NULL DEFAULT 0 CHECK (shipping_minor BETWEEN 0 AND 999999999999);
-- The manual payment method; none where Stripe takes the money.
ALTER TABLE orders ADD COLUMN payment_method_id TEXT;
-- Keyed hash of the e-mail address, to find a shopper's orders without keeping the address readable.
ALTER TABLE orders ADD COLUMN email_hash TEXT;
-- Whether its pieces are taken out of the stock, and until when an unpaid order keeps them.
ALTER TABLE orders ADD COLUMN stock_taken INTEGER NOT NULL DEFAULT 1 CHECK (stock_taken IN (0, 1));
ALTER TABLE orders ADD COLUMN stock_until INTEGER;
ALTER TABLE orders ADD COLUMN cancelled_at INTEGER;
CREATE INDEX orders_email ON orders (store_id, mode, email_hash, id) WHERE email_hash IS NOT NULL;
-- Carts that have expired, and what stands on them.
CREATE INDEX carts_expired ON carts (expires_at);
CREATE INDEX checkouts_cart ON checkouts (store_id, cart_id);
CREATE INDEX orders_stock_due ON orders (stock_until) WHERE stock_until IS NOT NULL;

-- Until when the money is held (the charge's `capture_before`), and Stripe's charge.
ALTER TABLE payments ADD COLUMN capture_before INTEGER;
ALTER TABLE payments ADD COLUMN charge_id TEXT;
-- How far its end was told: 1 three days before, 2 one day before, 3 looked at after it.
ALTER TABLE payments ADD COLUMN expiry_warnings INTEGER NOT NULL DEFAULT 0;
CREATE INDEX payments_ending ON payments (capture_before) WHERE status = 'authorized';

-- What is to be done at Stripe about a payment. Written before Stripe is asked; the id is the idempotency key there.
CREATE TABLE payment_actions (
    store_id        TEXT NOT NULL REFERENCES stores (id),
    id              TEXT NOT NULL,
    payment_id      TEXT NOT NULL,
    action          TEXT NOT NULL CHECK (action IN ('capture', 'cancel')),
    -- Of a capture: how much.
    amount_minor    INTEGER CHECK (amount_minor BETWEEN 1 AND 999999999999),
    actor           TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('due', 'done', 'refused')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    last_error      TEXT,
    -- When it is due: the next try, or the end of the lease of whoever tries.
    next_attempt_at INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
) STRICT;
-- Capture against cancel: one of them is first.
CREATE UNIQUE INDEX payment_actions_open ON payment_actions (store_id, payment_id) WHERE state = 'due';
CREATE INDEX payment_actions_payment ON payment_actions (store_id, payment_id);
CREATE INDEX payment_actions_due ON payment_actions (next_attempt_at) WHERE state = 'due';

-- Money that goes back, whoever sent it. One of ours is written, and its amount taken from what can be refunded, before Stripe is
-- asked; its id is the idempotency key there.
CREATE TABLE refunds (
    store_id         TEXT NOT NULL REFERENCES stores (id),
    id               TEXT NOT NULL,
    mode             TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    payment_id       TEXT NOT NULL,
    order_id         TEXT,
    stripe_refund_id TEXT,
    amount_minor     INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    currency         TEXT NOT NULL,
    reason           TEXT,
    status           TEXT NOT NULL CHECK (status IN ('creating', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
    source           TEXT NOT NULL CHECK (source IN ('api', 'stripe')),
    actor            TEXT NOT NULL,
    -- The caller's own name of this refund: the same one again is the same refund, for ever.
    action_key       TEXT,
    attempts         INTEGER NOT NULL CHECK (attempts >= 0),
    last_error       TEXT,
    next_attempt_at  INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
) STRICT;
CREATE UNIQUE INDEX refunds_at_stripe ON refunds (store_id, stripe_refund_id) WHERE stripe_refund_id IS NOT NULL;
CREATE UNIQUE INDEX refunds_action_key ON refunds (store_id, payment_id, action_key) WHERE action_key IS NOT NULL;
CREATE INDEX refunds_payment ON refunds (store_id, payment_id, id);
CREATE INDEX refunds_due ON refunds (next_attempt_at) WHERE status = 'creating';

-- What cardholders dispute, as Stripe tells it.
CREATE TABLE disputes (
    store_id          TEXT NOT NULL REFERENCES stores (id),
    id                TEXT NOT NULL,
    mode              TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    payment_id        TEXT NOT NULL,
    order_id          TEXT,
    stripe_dispute_id TEXT NOT NULL,
    amount_minor      INTEGER NOT NULL CHECK (amount_minor BETWEEN 0 AND 999999999999),
    currency          TEXT NOT NULL,
    reason            TEXT NOT NULL,
    status            TEXT NOT NULL,
    evidence_due_by   INTEGER,
    opened_at         INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    closed_at         INTEGER,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
) STRICT;
CREATE UNIQUE INDEX disputes_at_stripe ON disputes (store_id, stripe_dispute_id);
CREATE INDEX disputes_payment ON disputes (store_id, payment_id, id);

-- A link by which somebody pays a cart, once.
CREATE TABLE payment_links (
    store_id       TEXT NOT NULL REFERENCES stores (id),
    id             TEXT NOT NULL,
    mode           TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    -- SHA-256 of the token, hex.
    token_hash     TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'completing', 'completed', 'closed')),
    cart_id        TEXT NOT NULL,
    cart_version   INTEGER NOT NULL,
    payment_id     TEXT NOT NULL,
    shipping_method_id TEXT,
    amount_minor   INTEGER NOT NULL CHECK (amount_minor BETWEEN 1 AND 999999999999),
    currency       TEXT NOT NULL,
    contact_sealed TEXT,
    order_id       TEXT,
    -- While it is being completed: until when; after that a crash gives it back.
    claimed_until  INTEGER,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, cart_id) REFERENCES carts (store_id, id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
) STRICT;
CREATE UNIQUE INDEX payment_links_token ON payment_links (token_hash);
CREATE INDEX payment_links_payment ON payment_links (store_id, payment_id);

-- Shoppers who let a store keep their card, by account and mode. The e-mail address is kept sealed, and as a keyed hash.
CREATE TABLE customers (
    store_id           TEXT NOT NULL REFERENCES stores (id),
    id                 TEXT NOT NULL,
    mode               TEXT NOT NULL CHECK (mode IN ('test', 'live')),
    account_id         TEXT NOT NULL,
    stripe_customer_id TEXT,
    email_hash         TEXT NOT NULL,
    contact_sealed     TEXT,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (store_id, id)
) STRICT;
CREATE UNIQUE INDEX customers_email ON customers (store_id, mode, account_id, email_hash);
CREATE UNIQUE INDEX customers_at_stripe ON customers (store_id, stripe_customer_id) WHERE stripe_customer_id IS NOT NULL;

CREATE TABLE saved_payment_methods (
    store_id                 TEXT NOT NULL REFERENCES stores (id),
    id                       TEXT NOT NULL,
    customer_id              TEXT NOT NULL,
    stripe_payment_method_id TEXT NOT NULL,
    kind                     TEXT NOT NULL,
    -- What a person recognises it by, such as "visa" and "4242".
    brand                    TEXT,
    last4                    TEXT,
    expires                  TEXT,
    consented_at             INTEGER NOT NULL,
    detached_at              INTEGER,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, id)
) STRICT;
CREATE UNIQUE INDEX saved_payment_methods_at_stripe ON saved_payment_methods (store_id, stripe_payment_method_id);
CREATE INDEX saved_payment_methods_customer ON saved_payment_methods (store_id, customer_id);

ALTER TABLE payments ADD COLUMN customer_id TEXT;

-- The story of an order: what happened, when, and why.
CREATE TABLE order_events (
    store_id   TEXT NOT NULL REFERENCES stores (id),
    order_id   TEXT NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    -- What made it happen: event, return, reconcile, api, portal, worker …, and which one.
    cause      TEXT NOT NULL,
    cause_id   TEXT,
    -- More of it as a JSON object, such as Stripe's request id. Nothing secret, nothing personal.
    detail     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, order_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id)
) STRICT;
