//! Persistence on `SQLite` (embedded default) and `PostgreSQL`, from one set of queries.
//!
//! [`conn`] is the seam: an enum over the two engines' connections and a `conn::RunQueryDsl` whose bounds say
//! "valid on both". Every other module is plain diesel, type-checked twice. What the engines do differently stands
//! in `dialect/` and nowhere else. Functions take the connection first and the [`domain::StoreId`] second, so that
//! a query that forgets its tenant does not compile.

pub mod api_keys;
pub mod audit;
mod background;
pub mod carts;
pub mod checkouts;
pub mod columns;
pub mod conn;
pub mod connect_tokens;
pub mod connection_jobs;
pub mod connection_problems;
pub mod connections;
pub mod customers;
mod dialect;
pub mod disputes;
pub mod ending_holds;
mod error;
pub mod facts;
pub mod idempotency;
pub mod inbox;
pub mod incidents;
pub mod migrate;
pub mod misplanned;
pub mod order_events;
pub mod orders;
pub mod payment_actions;
pub mod payment_checks;
pub mod payment_labels;
pub mod payment_links;
pub mod payment_methods;
pub mod payments;
mod pool;
pub mod products;
pub mod reconcile_cursors;
pub mod refunds;
pub mod saved_payment_methods;
mod schema;
pub mod shipping_methods;
pub mod stores;
pub mod webhook_endpoints;
pub mod webhook_secrets;

pub use conn::{Conn, Tx};
pub use error::DbError;
pub use pool::{Db, Engine};
