//! Stripe's object ids, checked before they stand in a path, so that no id can change the path.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest id that Stripe promises to stay below (docs, "Upgrades": 255 characters).
const MAX_CHARS: usize = 255;

/// The text is not an id of the expected kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a Stripe id that starts with {prefix}")]
pub struct InvalidId {
    prefix: &'static str,
}

macro_rules! stripe_id {
    ($name:ident, $prefix:literal $(or $other:literal)?, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the prefix, the characters (`A-Z a-z 0-9 _`) and the length (255). A client
            /// secret, which starts with the id that it belongs to, is refused.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                if is_id(&text, $prefix) $(|| is_id(&text, $other))? {
                    Ok(Self(text))
                } else {
                    Err(InvalidId {
                        prefix: concat!($prefix $(, " or ", $other)?),
                    })
                }
            }

            /// The id as Stripe writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

stripe_id!(AccountId, "acct_", "A merchant's Stripe account, `acct_…`.");
stripe_id!(PaymentIntentId, "pi_", "A PaymentIntent, `pi_…`.");
stripe_id!(SetupIntentId, "seti_", "A SetupIntent, `seti_…`.");
stripe_id!(
    WebhookEndpointId,
    "we_",
    "A webhook endpoint of an account, `we_…`."
);
stripe_id!(CustomerId, "cus_", "A customer of a merchant, `cus_…`.");
// What was saved by Stripe's older integrations keeps its prefix.
stripe_id!(
    PaymentMethodId,
    "pm_" or "card_",
    "A way to pay that can be used again, `pm_…` or `card_…`."
);
// Charges of cards, and payments by other means.
stripe_id!(RefundId, "re_" or "pyr_", "A refund, `re_…` or `pyr_…`.");
stripe_id!(DisputeId, "dp_" or "du_", "A dispute, `dp_…` or `du_…`.");

fn is_id(text: &str, prefix: &str) -> bool {
    let Some(rest) = text.strip_prefix(prefix) else {
        return false;
    };
    !rest.is_empty()
        && text.len() <= MAX_CHARS
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !rest.contains("_secret_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_prefix_and_alphabet() {
        for good in ["pi_1", "pi_3EXAMPLE0000000000000001", "pi_test_a_B9"] {
            assert_eq!(PaymentIntentId::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "pi_",
            "ch_1",
            "seti_1",
            " pi_1",
            "pi_1/capture",
            "pi_1/../../account",
            "pi_..",
            "pi_1?expand[]=x",
            "pi_1#",
            "pi_1%2Fcancel",
            "pi_1\\x",
            "pi_1\r\n",
            "pi_１",
            "pi_1_secret_FAKE",
        ] {
            assert!(PaymentIntentId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(PaymentIntentId::parse(format!("pi_{}", "x".repeat(252))).is_ok());
        assert!(PaymentIntentId::parse(format!("pi_{}", "x".repeat(253))).is_err());
    }

    #[test]
    fn some_kinds_have_two_prefixes() {
        for good in ["re_1", "pyr_1"] {
            assert_eq!(RefundId::parse(good).unwrap().as_str(), good);
        }
        for good in ["dp_1", "du_1"] {
            assert_eq!(DisputeId::parse(good).unwrap().as_str(), good);
        }
        let refused = RefundId::parse("du_1").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "not a Stripe id that starts with re_ or pyr_"
        );
    }

    #[test]
    fn a_wrong_id_does_not_deserialise() {
        assert!(serde_json::from_str::<SetupIntentId>(r#""seti_1""#).is_ok());
        assert!(serde_json::from_str::<SetupIntentId>(r#""pi_1""#).is_err());
    }
}
