//! Typed ids of our own objects: UUID v7, so that they sort by creation and cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not a UUID in its hyphenated form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected a UUID such as 018e1b2c-0000-7000-8000-000000000001")]
pub struct InvalidId;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (UUID v7: time-ordered, 74 random bits).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps a UUID that is known to be this kind of id.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for storage.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Only the 36-character hyphenated form: one id has one spelling in a URL.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

typed_ids! {
    /// A store: the tenant.
    StoreId,
    /// A product in a store's catalogue.
    ProductId,
    /// A cart; knowing it is the right to use it.
    CartId,
    /// What a checkout token stands for.
    CheckoutId,
    /// An order.
    OrderId,
    /// Our row for one `PaymentIntent`; also the idempotency key under which it is created at Stripe.
    PaymentId,
    /// A store API key (`tgk_…`).
    ApiKeyId,
    /// A way to ship.
    ShippingMethodId,
    /// A way to pay beside Stripe.
    PaymentMethodId,
    /// Something to be done at Stripe about a payment; also its idempotency key there.
    PaymentActionId,
    /// A refund; also its idempotency key at Stripe.
    RefundId,
    /// Our record of a dispute.
    DisputeId,
    /// A payment link.
    PaymentLinkId,
    /// A shopper who lets a store keep a card.
    CustomerId,
    /// A card that a store may charge again.
    SavedPaymentMethodId,
    /// An entry of an order's story.
    OrderEventId,
    /// A row of the audit log.
    AuditId,
    /// A recorded incident.
    IncidentId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_the_hyphenated_form() {
        let id = StoreId::generate();
        assert_eq!(id.to_string().parse::<StoreId>(), Ok(id));
        for bad in [
            "",
            "x",
            "550e8400e29b41d4a716446655440000",
            "{550e8400-e29b-41d4-a716-446655440000}",
            "550e8400-e29b-41d4-a716-44665544000g",
        ] {
            assert_eq!(bad.parse::<StoreId>(), Err(InvalidId), "{bad:?}");
        }
    }
}
