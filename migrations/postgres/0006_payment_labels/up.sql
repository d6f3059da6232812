-- Payments of which Stripe does not know yet whose order they are: a row is there until it does.
CREATE TABLE payment_labels (
    store_id        UUID NOT NULL REFERENCES stores (id),
    payment_id      UUID NOT NULL,
    -- Which wish it is, and with `attempts` the idempotency key at Stripe: a later wish replaces an earlier one.
    id              UUID NOT NULL,
    attempts        BIGINT NOT NULL CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (store_id, payment_id),
    FOREIGN KEY (store_id, payment_id) REFERENCES payments (store_id, id)
);
CREATE INDEX payment_labels_due ON payment_labels (next_attempt_at);
