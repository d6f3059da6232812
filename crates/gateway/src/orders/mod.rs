//! Orders: placed from a cart, shown, listed. Paying them is the business of `checkout` and `work::settle`.

pub mod access;
pub mod actions;
pub mod attention;
pub mod cancel_order;
pub mod capture_order;
pub mod create_order;
pub mod docs;
pub mod filter;
pub mod list_orders;
pub mod mark_paid;
pub mod minimum;
pub mod pay_first;
pub mod place;
pub mod place_paid;
pub mod restock;
mod rounds;
pub mod show_order;
pub mod stock;
pub mod supersede;
pub mod update_status;
pub mod wire;
