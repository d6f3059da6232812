//! Identifiers and secrets that look like Stripe's.

use rand::distr::{Alphanumeric, SampleString};

/// The random part of an object id; Stripe's have 24 characters after the prefix.
const RANDOM_CHARS: usize = 24;

/// `pi_…`, `ch_…`, `evt_…`: a prefix without its underscore, and a random rest.
pub(crate) fn object(prefix: &str) -> String {
    format!("{prefix}_{}", random(RANDOM_CHARS))
}

/// `req_…`, as in the `Request-Id` header.
pub(crate) fn request() -> String {
    format!("req_{}", random(14))
}

/// The client secret of a PaymentIntent or SetupIntent: its id, `_secret_`, and a random rest.
pub(crate) fn client_secret(id: &str) -> String {
    format!("{id}_secret_{}", random(25))
}

/// A webhook endpoint's signing secret. The whole string, prefix included, is the HMAC key.
pub(crate) fn signing_secret() -> String {
    format!("whsec_{}", random(32))
}

fn random(chars: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), chars)
}

/// `cus_` and 14 characters: customers and products have shorter ids than the rest.
pub(crate) fn customer() -> String {
    format!("cus_{}", random(14))
}

/// `cs_test_…` or `cs_live_…`: a checkout session's.
pub(crate) fn checkout_session(livemode: bool) -> String {
    let mode = if livemode { "live" } else { "test" };
    format!("cs_{mode}_a1{}", random(56))
}

/// The secret part of a billing portal page's address.
pub(crate) fn portal_page(livemode: bool) -> String {
    let mode = if livemode { "live" } else { "test" };
    format!("{mode}_{}", random(40))
}

/// `prod_` and 14 characters.
pub(crate) fn product() -> String {
    format!("prod_{}", random(14))
}

/// The start of an account's invoice numbers for one customer.
pub(crate) fn invoice_prefix() -> String {
    random(8).to_uppercase()
}
