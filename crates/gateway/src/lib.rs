//! The gateway: pages, API, webhooks, workers and the `tillgate` binary.
//!
//! The path of a request: [`server`] → [`middleware`] (request id, log, headers, limits) → [`routes`] (the whole
//! surface as one table) → a guard of [`guards`] that proves the caller's right → the handler in its feature's
//! folder, which parses into `domain` types, loads under the store's id, asks a pure function, talks to Stripe
//! through [`stripe`], writes one transaction and replies. What happens later stands in [`work`].

pub mod app;
pub mod checkout;
pub mod cli;
pub mod clock;
pub mod connect;
pub mod endpoint;
pub mod error;
pub mod events;
pub mod forwarder;
pub mod guards;
pub mod internal;
pub mod json;
pub mod links;
pub mod middleware;
pub mod openapi;
pub mod operations;
pub mod orders;
pub mod pages;
pub mod paging;
pub mod payment_methods;
pub mod personal;
pub mod refunds;
pub mod routes;
pub mod saved_payment_methods;
pub mod sealing;
pub mod server;
pub mod settings;
pub mod shield;
pub mod shipping;
pub mod span;
pub mod storefront;
pub mod stripe;
pub mod telemetry;
pub mod timeline;
pub mod tokens;
pub mod webhook;
pub mod work;
