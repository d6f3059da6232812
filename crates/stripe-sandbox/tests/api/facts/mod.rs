//! Facts about Stripe that were collected outside of this crate, played over the API; see
//! `tests/vectors/README.md`.

mod cards;
mod currencies;

use serde_json::Value;

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
