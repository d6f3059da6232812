-- What the story of an order is told from, and what orders are found by.
-- Same history as migrations/postgres; a test holds the two against each other.

-- Stripe's request id of the creation: a payment that was made before its order is told with it.
ALTER TABLE payments ADD COLUMN created_request_id TEXT;
-- Stripe's word for where the PaymentIntent stood when it was read last.
ALTER TABLE payments ADD COLUMN stripe_status TEXT;
-- The charge of the last attempt that failed, so that each is told once.
ALTER TABLE payments ADD COLUMN failed_charge_id TEXT;

-- Orders from before addresses could be searched for. One without an address has an empty hash, and leaves this index.
CREATE INDEX orders_unhashed ON orders (store_id, id) WHERE email_hash IS NULL AND contact_sealed IS NOT NULL;
