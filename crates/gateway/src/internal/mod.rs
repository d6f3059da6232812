//! What other back-end services of the deployment may do, with `X-Internal-Secret`.

pub mod connect_links;
pub mod create_api_key;
pub mod create_store;
pub mod docs;
pub mod show_order;
pub mod show_store;
pub mod stripe_status;
pub mod update_store;

pub mod store_wire;

/// Who acts, for the audit log.
const ACTOR: &str = "internal";
