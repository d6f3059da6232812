//! The resources of Stripe's API: for each, what its endpoints accept and do.

pub(crate) mod account;
pub(crate) mod balance;
pub(crate) mod billing_checks;
pub(crate) mod charged;
pub(crate) mod charges;
pub(crate) mod check;
pub(crate) mod checkout_sessions;
pub(crate) mod customers;
pub(crate) mod disputes;
pub(crate) mod elements;
pub(crate) mod events;
pub(crate) mod invoice_items;
pub(crate) mod invoices;
pub(crate) mod payment_intents;
pub(crate) mod payment_methods;
pub(crate) mod portal;
pub(crate) mod prices;
pub(crate) mod products;
pub(crate) mod refunds;
pub(crate) mod search;
pub(crate) mod setup_intents;
pub(crate) mod subscription_items;
pub(crate) mod subscriptions;
pub(crate) mod test_clocks;
pub(crate) mod webhook_endpoints;
