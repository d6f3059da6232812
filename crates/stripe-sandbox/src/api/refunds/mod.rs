//! `/v1/refunds`. What a refund does stands in `crate::money::refunds`.

mod create;
mod read;
mod update;

pub(crate) use create::create;
pub(crate) use read::{list, retrieve};
pub(crate) use update::{cancel, expire, update};
