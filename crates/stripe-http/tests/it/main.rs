//! The client against a hand-made Stripe: what it sends, when it repeats, what it makes of answers.
#![expect(clippy::unwrap_used, reason = "tests")]

mod stripe;

mod deadlines;
mod error_bodies;
mod events;
mod requests;
mod retries;
mod returns;
mod secrets;
