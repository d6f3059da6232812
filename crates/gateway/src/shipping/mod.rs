//! How a store ships: the methods that its merchant offers, and the one that a shopper chose.

pub mod choice;
pub mod create_method;
pub mod delete_method;
pub mod docs;
pub mod list_methods;
pub mod update_method;
pub mod wire;
