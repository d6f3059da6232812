//! `/v1/checkout/sessions`. Source: Stripe API reference, "Checkout Sessions".

mod checks;
mod create;
mod expire;
mod fields;
mod lines;
mod read;
mod shipping;
mod update;

pub(crate) use create::create;
pub(crate) use expire::expire;
pub(crate) use read::{line_items, list, retrieve};
pub(crate) use update::update;
