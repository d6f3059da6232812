//! Paying: checkouts and their tokens, the hosted page, PaymentIntents, and the page after payment.

pub mod create_checkout;
pub mod create_payment_intent;
pub mod delivery;
pub mod docs;
pub mod intent;
pub mod page;
pub mod plan;
pub mod result;
pub mod session;
pub mod show_checkout;
pub mod show_payment;
pub mod story;
