//! `/v1/products`. Source: Stripe API reference, "Products".

mod create;
mod read;
mod remove;
mod update;

pub(crate) use create::create;
pub(crate) use read::{list, retrieve};
pub(crate) use remove::delete;
pub(crate) use update::update;
