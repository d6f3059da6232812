//! Failures on request: what the next matching requests to the API meet. Whether a rule applies is drawn
//! from the seed.

mod answers;
mod kind;
mod odds;
mod rules;

pub(crate) use answers::{Asker, key_in_use, rate_limit, refusal, server_error};
pub(crate) use kind::FaultKind;
pub(crate) use odds::Odds;
pub(crate) use rules::{Faults, Meeting, NewFault};
