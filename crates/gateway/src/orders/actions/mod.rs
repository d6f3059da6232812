//! What is to be done at Stripe about a payment: capture, or cancel. It is written in the transaction of what wants it
//! ([`request`]), tried by whoever asked and then by `work/actions.rs` until it ends ([`perform`]), and its end is stored in
//! one transaction with what follows from it ([`conclude`]). A crash anywhere between loses nothing: the action's id is the
//! idempotency key at Stripe.

pub mod conclude;
mod failure;
pub mod perform;
pub mod request;
