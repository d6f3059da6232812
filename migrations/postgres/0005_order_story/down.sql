-- Undoes up.sql.
DROP INDEX orders_unhashed;
ALTER TABLE payments DROP COLUMN failed_charge_id;
ALTER TABLE payments DROP COLUMN stripe_status;
ALTER TABLE payments DROP COLUMN created_request_id;
