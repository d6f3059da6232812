-- Undoes up.sql.
ALTER TABLE payments DROP COLUMN save_consented_at;
DROP INDEX payment_links_cart;
DROP INDEX payment_links_live;
