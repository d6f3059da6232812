//! The vault from outside, as the gateway uses it. One binary, so that it links once.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod lookup;
mod no_leaks;
mod personal;
mod python_interop;
mod rings;
mod rotation;
mod secrets;
mod worked_example;
