//! Everything that is the same for each request to Stripe's API: keys, idempotency, errors, paging.

pub(crate) mod auth;
mod call;
mod documents;
mod execute;
pub(crate) mod expand;
pub(crate) mod idempotency;
pub(crate) mod list;
mod metadata_limit;
pub(crate) mod permissions;
pub(crate) mod pipeline;
mod request;
mod routes;
mod stripe_error;
pub(crate) mod wire;

pub(crate) use call::{Call, Caller, Origin};
pub(crate) use documents::previous_attributes;
pub(crate) use routes::Route;
pub(crate) use stripe_error::StripeError;
