//! Subscriptions, invoices and the clock that moves them.

mod invoices;
mod invoices_paid;
pub(crate) mod shop;
