-- Undoes up.sql.
DROP TABLE payment_labels;
