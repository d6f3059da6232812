//! Events on their way to merchants: signed, tried again, logged, and disturbed on request.

mod deliver;
mod delivery;
mod dispatch;
mod faults;
mod job;
mod lanes;
mod office;
mod raw;
mod resend;
mod schedule;
mod sign;

pub(crate) use deliver::{Answer, deliver_now};
pub(crate) use delivery::{Delivery, DeliveryId, DeliveryMode, DeliveryState};
pub(crate) use dispatch::dispatcher;
pub(crate) use faults::{NewWebhookFault, WebhookFaults};
pub(crate) use office::{Command, Office};
pub(crate) use schedule::Speed;
