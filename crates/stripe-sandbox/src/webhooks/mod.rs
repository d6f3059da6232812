//! Events on their way to merchants: signed, tried again, logged.

mod deliver;
mod delivery;
mod dispatch;
mod sign;

pub(crate) use deliver::{Answer, attempt};
pub(crate) use delivery::{Delivery, DeliveryId, DeliveryMode, DeliveryState};
pub(crate) use dispatch::dispatcher;
