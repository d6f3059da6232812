//! `/v1/disputes`. What a dispute does stands in `crate::money::disputes`.

mod read;
mod update;

pub(crate) use read::{list, retrieve};
pub(crate) use update::{close, update};
