//! Events of real Stripe on a development machine, through a `stripe` command that stands in for the real one.

mod ends;
mod forwards;
mod listens;
mod machine;
mod skips;

/// Says that a forwarder listens.
const FORWARDS: &str = "the Stripe CLI forwards test events; its signing secret is held in memory";
/// Says why there is none.
const NONE: &str = "no events through the Stripe CLI";
/// Says that one is no longer needed.
const ENDED: &str = "ended the Stripe CLI's forwarding for this store";
/// Handled by us.
const KIND: &str = "payment_intent.succeeded";
