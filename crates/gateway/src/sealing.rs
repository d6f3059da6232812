//! The places where this application seals secrets, so that no two features can disagree about one.

mod event;

use db::columns::SealedText;
use db::connections::Connection;
use domain::{Mode, StoreId};
use secrecy::SecretString;
use vault::{Place, Purpose, Sealed, Vault, VaultError};

pub use event::{open_event, seal_event};

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
