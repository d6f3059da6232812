//! The sandbox over HTTP, as a gateway, a shopper and a test meet it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod accounts;
mod billing;
mod browser;
mod catalogue_prices;
mod catalogue_products;
mod checkout_create;
mod checkout_modes;
mod checkout_pay;
mod checkout_refusals;
mod customers;
mod error_bodies;
mod errors;
mod facts;
mod faults;
mod faults_seeded;
mod guards;
mod harness;
mod idempotency;
mod keys;
mod money;
mod page;
mod payment_methods;
mod payments;
mod portal;
mod reading;
mod searching;
mod setups;
mod state;
mod strict;
mod webhook_endpoints;
mod webhook_faults;
mod webhook_retries;
mod webhooks;
