//! What checkout sessions do: they wait for the customer, are paid, complete or expire. The API, the
//! hosted page and the control API all move sessions through here.
//! Source: Stripe docs, "How Checkout works", "Fulfill orders".

mod expire;
mod hidden;

pub(crate) use expire::{expire, expire_due};
pub(crate) use hidden::{Hidden, items, set_items, totals};

pub(crate) const SESSION: &str = "checkout.session";
