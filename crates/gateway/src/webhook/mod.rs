//! Stripe's webhooks: verified, stored durably, then answered. What they mean is decided later, in `work`.

pub(crate) mod arrivals;
pub mod docs;
pub mod group_commit;
mod heard;
pub(crate) mod intake;
mod lookup;
pub mod receive;
mod room;
pub mod secrets;
pub mod shared;
pub mod types;
pub mod wrong_signatures;
