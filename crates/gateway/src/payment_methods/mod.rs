//! How a store is paid: through Stripe where it is connected, and in the ways that its merchant looks after by hand.

pub mod choice;
pub mod create_method;
pub mod delete_method;
pub mod docs;
pub mod languages;
pub mod list_methods;
pub mod update_method;
pub mod wire;
