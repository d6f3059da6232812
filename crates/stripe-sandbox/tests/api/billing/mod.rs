//! Subscriptions, invoices and the clock that moves them.

mod bounds;
mod changes;
mod clocks;
mod documents;
mod failing;
mod invoices;
mod invoices_paid;
mod payments;
pub(crate) mod shop;
mod starting;
mod trials;
