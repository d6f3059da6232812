//! Ways to pay that a shopper lets a store keep: agreed to while paying, kept once the money is there, charged by the merchant's
//! back end without the shopper, and given up whenever the merchant wants.

pub mod charge_saved;
pub mod consent;
pub mod customer;
pub mod delete_saved;
pub mod docs;
pub mod list_saved;
pub mod permitted;
pub mod record;
pub mod wire;
