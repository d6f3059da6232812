//! The inbox of Stripe's events, for the merchant's back end and operators: look at events, replay them, and see before what
//! that would change.
//!
//! To replay an event is to look again at its payment: what Stripe says then decides, not the event. So any event may be
//! replayed at any time, any number of times.

pub mod docs;
pub mod list_events;
pub mod replay_event;
pub mod replay_events;
pub mod show_event;

pub mod filter;
pub mod preview;
pub mod replay;
pub mod wire;
