-- Payments of which Stripe does not know yet whose order they are: a row is there until it does.
CREATE TABLE payment_labels (
    store_id        TEXT NOT NULL REFERENCES stores (id),
    payment_id      TEXT NOT NULL,
    -- Which wish it is, and with `attempts` the idempotency key at Stripe: a later wish replaces an earlier one.
    id              TEXT NOT NULL,
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    next_attempt_at INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (store_id, payment_id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
) STRICT;
CREATE INDEX payment_labels_due ON payment_labels (next_attempt_at);
