//! What Stripe sends to us: first [`verify`] over the raw bytes, then [`Event::parse`]. Pure: no
//! clock, no I/O.

mod envelope;
mod event;
mod signature;
mod strict_json;

pub use event::{Event, EventError, EventObject};
pub use signature::{SignatureError, TOLERANCE_S, sign, verify};
