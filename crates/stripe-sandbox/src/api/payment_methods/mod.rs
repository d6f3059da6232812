//! `/v1/payment_methods`, and how other endpoints are given a payment method. Whose it is and whether
//! it may be used stands in `crate::payments::wallet`.

mod attach;
mod given;
mod read;
mod write;

pub(crate) use attach::{attach, detach};
pub(crate) use given::{given, named};
pub(crate) use read::{list, of_customer, one_of_customer, retrieve};
pub(crate) use write::{create, update};
