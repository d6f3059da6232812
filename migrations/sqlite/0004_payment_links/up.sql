-- Links that may still be paid, or are being completed: the regular work looks at them.
CREATE INDEX payment_links_live ON payment_links (expires_at) WHERE state IN ('open', 'completing');
CREATE INDEX payment_links_cart ON payment_links (store_id, cart_id);

-- When the shopper agreed that the store keeps the card of this payment.
ALTER TABLE payments ADD COLUMN save_consented_at INTEGER;
