//! The places where this application seals secrets, so that no two features can disagree about one.

use db::columns::{SealedBytes, SealedText};
use db::connections::Connection;
use domain::{Mode, StoreId};
use secrecy::{SecretSlice, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use vault::{PersonalField, Place, Purpose, Sealed, Vault, VaultError};

/// Seals a store's secret key for its connection.
pub fn seal_secret_key(
    vault: &Vault,
    store_id: StoreId,
    mode: Mode,
    version: i64,
    secret: &SecretString,
) -> Result<SealedText, VaultError> {
    vault
        .seal(
            &place(store_id, mode, Purpose::StripeSecretKey, version),
            secret,
        )
        .map(stored)
}

/// Opens a store's secret key, for one request or one job.
pub fn open_secret_key(
    vault: &Vault,
    store_id: StoreId,
    connection: &Connection,
) -> Result<SecretString, VaultError> {
    let place = place(
        store_id,
        connection.mode,
        Purpose::StripeSecretKey,
        connection.secret_version,
    );
    vault.open(&place, &sealed(connection.sealed_secret()))
}

/// Seals a webhook signing secret.
pub fn seal_webhook_secret(
    vault: &Vault,
    store_id: StoreId,
    mode: Mode,
    version: i64,
    secret: &SecretString,
) -> Result<SealedText, VaultError> {
    vault
        .seal(
            &place(store_id, mode, Purpose::StripeWebhookSecret, version),
            secret,
        )
        .map(stored)
}

/// Opens a webhook signing secret.
pub fn open_webhook_secret(
    vault: &Vault,
    store_id: StoreId,
    mode: Mode,
    version: i64,
    secret: SealedText,
) -> Result<SecretString, VaultError> {
    vault.open(
        &place(store_id, mode, Purpose::StripeWebhookSecret, version),
        &sealed(secret),
    )
}

/// Seals an order token, so that a second click gets the same one.
pub fn seal_order_token(
    vault: &Vault,
    store_id: StoreId,
    mode: Mode,
    token: &SecretString,
) -> Result<SealedText, VaultError> {
    vault
        .seal(&place(store_id, mode, Purpose::OrderToken, 1), token)
        .map(stored)
}

/// Opens an order token.
pub fn open_order_token(
    vault: &Vault,
    store_id: StoreId,
    mode: Mode,
    token: SealedText,
) -> Result<SecretString, VaultError> {
    vault.open(
        &place(store_id, mode, Purpose::OrderToken, 1),
        &sealed(token),
    )
}

/// Seals an answer that is kept for an `Idempotency-Key`; the internal API's under the nil store.
pub fn seal_idempotent_answer(
    vault: &Vault,
    store_id: StoreId,
    answer: &SecretString,
) -> Result<SealedText, VaultError> {
    // A caller's key knows no mode, and its answer is written once.
    vault
        .seal(
            &place(store_id, Mode::Test, Purpose::IdempotentAnswer, 1),
            answer,
        )
        .map(stored)
}

/// Opens a kept answer.
pub fn open_idempotent_answer(
    vault: &Vault,
    store_id: StoreId,
    answer: SealedText,
) -> Result<SecretString, VaultError> {
    vault.open(
        &place(store_id, Mode::Test, Purpose::IdempotentAnswer, 1),
        &sealed(answer),
    )
}

/// Seals the body of an event for its row in the inbox, as received.
pub fn seal_event(
    vault: &Vault,
    store_id: StoreId,
    event_id: &str,
    body: &[u8],
) -> Result<SealedBytes, VaultError> {
    let sealed = vault.seal_personal(&event_field(store_id, event_id), body)?;
    Ok(SealedBytes {
        key_id: sealed.key_id,
        bytes: sealed.token.into_bytes(),
    })
}

/// Opens the body of an event, byte for byte as received.
pub fn open_event(
    vault: &Vault,
    store_id: StoreId,
    event_id: &str,
    payload: SealedBytes,
) -> Result<SecretSlice<u8>, VaultError> {
    let sealed = Sealed {
        key_id: payload.key_id,
        token: String::from_utf8(payload.bytes).map_err(|_| VaultError::CannotOpen)?,
    };
    vault.open_personal(&event_field(store_id, event_id), &sealed)
}

/// An event's row has Stripe's id; the vault wants a UUID, so it gets the id's digest.
fn event_field(store_id: StoreId, event_id: &str) -> PersonalField<'static> {
    let mut row = [0; 16];
    row.copy_from_slice(&Sha256::digest(event_id.as_bytes())[..16]);
    PersonalField {
        store_id,
        table: "stripe_events",
        column: "payload",
        row: Uuid::from_bytes(row),
    }
}

fn place(store_id: StoreId, mode: Mode, purpose: Purpose, version: i64) -> Place {
    // Versions count reconnects of one store from 1; a constraint keeps them positive.
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    Place {
        store_id,
        mode,
        purpose,
        version,
    }
}

pub(crate) fn stored(sealed: Sealed) -> SealedText {
    SealedText {
        key_id: sealed.key_id,
        token: sealed.token,
    }
}

pub(crate) fn sealed(stored: SealedText) -> Sealed {
    Sealed {
        key_id: stored.key_id,
        token: stored.token,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_event_opens_as_received_and_for_its_own_row_only() {
        let vault = Vault::from_keys(&Vault::generate_key()).unwrap();
        let (store_id, body) = (StoreId::generate(), br#"{"id": "evt_1EXAMPLE"}"#);
        let sealed = seal_event(&vault, store_id, "evt_1EXAMPLE", body).unwrap();
        let open = |store_id, event_id| open_event(&vault, store_id, event_id, sealed.clone());
        assert_eq!(
            open(store_id, "evt_1EXAMPLE").unwrap().expose_secret(),
            body
        );
        assert!(open(store_id, "evt_2EXAMPLE").is_err());
        assert!(open(StoreId::generate(), "evt_1EXAMPLE").is_err());
        let damaged = SealedBytes {
            bytes: vec![0xFF; 64],
            ..sealed.clone()
        };
        assert!(open_event(&vault, store_id, "evt_1EXAMPLE", damaged).is_err());
    }
}
