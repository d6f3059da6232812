//! What a payment does to its order, whichever of webhook, return and retry tells of it first.

mod attempts;
mod crashes;
mod mismatches;
mod once;
mod reconnect;
mod retries;
mod scenarios;
pub mod shuffles;
