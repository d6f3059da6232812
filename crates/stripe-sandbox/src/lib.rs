//! A stateful stand-in for Stripe, for development and tests.
//!
//! It answers on its own port: Stripe's API under `/v1`, a Stripe.js stand-in under `/v3/`, hosted
//! 3-D Secure pages, and a control API for tests under `/_sandbox`. It plays Stripe's test cards,
//! honours idempotency keys, and signs and delivers webhooks with retries. It depends on no other
//! crate of the workspace, so that it cannot share our misunderstandings of Stripe.
//!
//! A request to the API reads: `server` → `v1::pipeline` → `v1::routes` (the table of contents) →
//! `api/<resource>` → `payments` (what a payment does) → `state`.

// `json!` recurses once a token, and Stripe's objects are wide.
#![recursion_limit = "512"]

mod api;
mod billing;
mod cards;
mod catalogue;
mod chance;
mod checkout;
mod config;
mod control;
mod currencies;
mod error;
mod faults;
mod hosted;
mod ids;
mod later;
mod money;
mod objects;
mod pages;
mod params;
mod payments;
mod server;
mod setups;
mod spec;
mod state;
mod v1;
mod webhooks;

pub use config::{API_VERSION, AccountSpec, Clock, Config};
pub use error::Error;
pub use server::Sandbox;
