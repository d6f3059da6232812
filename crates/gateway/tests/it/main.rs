//! The gateway as callers meet it: a real server, the sandbox Stripe, a database of each test's own on both engines,
//! and a clock that stands still.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]
#![expect(unreachable_pub, reason = "one crate of tests: nobody reaches into it")]

mod harness;

mod card_testing;
mod carts;
mod catalogue;
mod checkouts;
mod connect;
mod cors;
mod credentials;
mod endpoint;
mod events;
mod faults;
mod idempotency;
mod internal;
mod links;
mod openapi;
mod orders;
mod pages;
mod pay_first;
mod payment_intents;
mod races;
mod rate_limit;
mod reconcile;
mod refunds;
mod saved_cards;
mod settle;
mod shop;
mod stock;
mod stripe_faults;
mod surface;
mod tenancy;
mod timeline;
mod truth;
mod webhooks;
mod work;
