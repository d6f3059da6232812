//! Payment links: a cart that somebody else pays, or pays later, by a link with a token. It is a checkout whose payment comes
//! first: the money is held, then the order is made, exactly once, by whoever comes first: the page after payment,
//! `POST …/complete`, or our own work (`work/links.rs`).

pub mod complete;
pub mod complete_link;
pub mod create_link;
pub mod docs;
pub mod found;
pub mod page;
pub mod show_link;
pub mod shown;
