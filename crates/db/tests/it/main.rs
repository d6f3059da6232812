//! Every public function of `db`, on both engines.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod audit;
mod carts;
mod catalogue;
mod connection_problems;
mod connections;
mod constraints;
mod disputes;
mod idempotency;
mod inbox;
mod inbox_claims;
mod inbox_replay;
mod inbox_scan;
mod incidents;
mod migrations;
mod orders;
mod payment_labels;
mod payment_links;
mod payments;
mod reconcile_cursors;
mod refunds;
mod retention;
mod schema;
mod sqlite;
mod stores;
mod tenancy;
mod tenancy_money;
mod transactions;
mod unavailable;
mod upgrades;
mod values;
mod webhook_endpoints;
mod webhook_loans;
mod world;
