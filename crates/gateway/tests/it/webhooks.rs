//! Stripe's events on their way into the inbox: what is accepted, what is refused, and that each is kept once.

mod bodies;
mod envelopes;
mod inbox;
mod routes;
mod secrets;
mod shared;
mod signatures;
