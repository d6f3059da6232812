//! A merchant connects the keys of their own Stripe account: the form, the checks, and what is connected now.
//!
//! [`submit`] reads the form, [`keys::connect`] does the work: [`shape`] looks at the texts, [`permissions`]
//! and [`proof`] ask Stripe, [`account_change`] asks the merchant where another account would take over, and one transaction stores what was proven. Whatever fails before that leaves the store as it was.

pub mod docs;
pub mod form;
pub mod submit;

pub mod account_change;
pub(crate) mod findings;
pub mod keys;
pub mod permissions;
pub mod proof;
pub mod shape;

pub mod problems;
pub mod sign_in;
pub mod signing;
pub mod status;
pub mod success;

mod csrf;
mod posted;
mod refusal;
pub(crate) mod visit;

use domain::StoreId;

use crate::app::App;

/// The URL that the merchant enters at Stripe; from `PUBLIC_URL`, never from a request's headers.
pub fn webhook_url(app: &App, store_id: StoreId) -> String {
    app.settings.public(&format!("/webhook/stripe/{store_id}"))
}
