//! `/v1/charges`: what payments have made. New ones are made by PaymentIntents.

mod read;
mod write;

pub(crate) use read::{list, retrieve};
pub(crate) use write::{capture, create, update};
