//! The `Stripe-Signature` header. Source: Stripe docs, "Verify webhook signatures manually".

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// `t=…,v1=…` over `t.body`, keyed with the endpoint's whole secret, `whsec_` included.
pub(super) fn header(timestamp: i64, body: &str, secret: &str) -> String {
    let mut header = format!("t={timestamp},v1=");
    // HMAC takes a key of any length (RFC 2104), so there always is a signature.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(format!("{timestamp}.{body}").as_bytes());
        for byte in mac.finalize().into_bytes() {
            // Writing to a String does not fail.
            let _ = write!(header, "{byte:02x}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    /// Computed with Python's `hmac` module.
    #[test]
    fn agrees_with_another_implementation() {
        let header = super::header(1_760_000_000, "{\"id\": \"evt_1\"}", "whsec_EXAMPLE");
        assert_eq!(
            header,
            "t=1760000000,v1=e5d7e5f5519ee687544f780127b358de951cb20c19bf3761919553dbd1a52300"
        );
    }
}
