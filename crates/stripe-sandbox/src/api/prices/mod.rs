//! `/v1/prices`. A price is never deleted, only put out of sale, and its amount stays.
//! Source: Stripe API reference, "Prices".

mod create;
mod lookup_key;
mod read;
mod update;

pub(crate) use create::create;
pub(crate) use read::{list, retrieve};
pub(crate) use update::update;
