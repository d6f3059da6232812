//! Where a sealed value belongs. Every part goes into the key or the associated data, so that it opens nowhere else.

use domain::{Mode, StoreId};
use uuid::Uuid;

use crate::derive::{Key, context, derive};

/// What a sealed secret is for. The word is part of the key derivation: adding is free, renaming loses data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A merchant's `sk_…` or `rk_…` key.
    StripeSecretKey,
    /// A `whsec_…` signing secret of one of the merchant's webhook endpoints.
    StripeWebhookSecret,
    /// An answer kept for an `Idempotency-Key`, which may hold capability tokens.
    IdempotentAnswer,
    /// An order token that must be shown again.
    OrderToken,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [
        Self::StripeSecretKey,
        Self::StripeWebhookSecret,
        Self::IdempotentAnswer,
        Self::OrderToken,
    ];

    /// The word in the key derivation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StripeSecretKey => "stripe_secret_key",
            Self::StripeWebhookSecret => "stripe_webhook_secret",
            Self::IdempotentAnswer => "idempotent_answer",
            Self::OrderToken => "order_token",
        }
    }
}

/// The one place where a sealed secret opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The store it belongs to.
    pub store_id: StoreId,
    /// Stripe's world it belongs to.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// Counts up each time the secret is replaced, so that the one before does not open any more.
    pub version: u32,
}

impl Place {
    /// The Fernet key for this place.
    pub(crate) fn key(&self, master: &Key) -> Key {
        let store = self.store_id.to_string();
        let version = self.version.to_string();
        derive(
            master,
            &[
                b"tillgate/v1/fernet",
                store.as_bytes(),
                self.mode.as_str().as_bytes(),
                self.purpose.as_str().as_bytes(),
                version.as_bytes(),
            ],
        )
    }
}

/// The one field of one row where a sealed piece of personal data opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PersonalField<'a> {
    /// The store whose shopper it is about.
    pub store_id: StoreId,
    /// The table, as the database names it.
    pub table: &'a str,
    /// The column, as the database names it.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
}

impl PersonalField<'_> {
    /// The AES-256-GCM key: one per store, because table, column and row are in the associated data.
    pub(crate) fn key(&self, master: &Key) -> Key {
        derive(
            master,
            &[
                b"tillgate/v1/aes-256-gcm",
                self.store_id.to_string().as_bytes(),
                b"personal",
            ],
        )
    }

    /// The associated data of a form.
    pub(crate) fn associated_data(&self, form: &[u8]) -> Vec<u8> {
        context(&[
            form,
            self.store_id.to_string().as_bytes(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.row.hyphenated().to_string().as_bytes(),
        ])
    }
}
