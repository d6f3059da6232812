//! `POST /api/internal/stores/{store_id}/api-keys`: a key for the merchant's back end, shown this once.

use actix_web::{HttpResponse, web};
use db::api_keys::NewApiKey;
use domain::{ApiKeyId, Mode, StoreId, text};
use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ACTOR;
use super::store_wire::{invalid, parse_mode};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::{InternalCaller, RouteStore, sha256_hex};
use crate::json::Json;
use crate::openapi::words;

const MAX_LABEL_CHARS: usize = 100;
/// 43 of 62 characters are 256 bits.
const RANDOM_CHARS: usize = 43;
/// Enough to recognise a key in a list, useless for anything else.
const PREFIX_CHARS: usize = 12;

/// What the key is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub struct ApiKeyFields {
    #[schema(value_type = words::Mode)]
    mode: Option<String>,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    label: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyReply<'a> {
    #[schema(value_type = words::Id)]
    id: ApiKeyId,
    key: &'a str,
    #[schema(value_type = words::Mode)]
    mode: Mode,
    label: String,
    created_at: Timestamp,
}

/// Makes a store API key.
pub async fn create_api_key(
    _caller: InternalCaller,
    app: web::Data<App>,
    RouteStore(store): RouteStore,
    Json(fields): Json<ApiKeyFields>,
) -> Result<HttpResponse, ApiError> {
    let (mode, label) = check(fields)?;
    let minted = mint(&app, store.id, mode, label.clone()).await?;
    Ok(HttpResponse::Created().json(ApiKeyReply {
        id: minted.id,
        key: minted.key.expose_secret(),
        mode,
        label,
        created_at: minted.created_at,
    }))
}

/// A new key, at the only moment when its text is known.
#[derive(Debug)]
pub struct MintedApiKey {
    /// Our id of it.
    pub id: ApiKeyId,
    /// `tgk_…`
    pub key: SecretString,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a key for a store's mode. Only its hash is kept. `label` is checked already.
pub async fn mint(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    label: String,
) -> Result<MintedApiKey, ApiError> {
    let key = generate(mode);
    let new = new_key(&key, mode, label, app.now());
    let (id, created_at) = (new.id, new.created_at);
    let mut tx = app.db.begin().await?;
    db::api_keys::insert(&mut tx, store_id, new).await?;
    db::audit::record(
        &mut tx,
        store_id,
        ACTOR,
        "api_key.created",
        &id.to_string(),
        created_at,
    )
    .await?;
    tx.commit().await?;
    Ok(MintedApiKey {
        id,
        key,
        created_at,
    })
}

fn check(fields: ApiKeyFields) -> Result<(Mode, String), ApiError> {
    let required = |param: &'static str| {
        ApiError::malformed("parameter_missing", format!("{param} is required.")).param(param)
    };
    let mode = parse_mode(&fields.mode.ok_or_else(|| required("mode"))?, "mode")?;
    let label = text::line(
        &fields.label.ok_or_else(|| required("label"))?,
        MAX_LABEL_CHARS,
    );
    Ok((mode, label.map_err(|error| invalid("label", error))?))
}

fn generate(mode: Mode) -> SecretString {
    let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM_CHARS);
    SecretString::from(format!("tgk_{mode}_{random}"))
}

fn new_key(key: &SecretString, mode: Mode, label: String, now: Timestamp) -> NewApiKey {
    let key = key.expose_secret();
    NewApiKey {
        id: ApiKeyId::generate(),
        mode,
        label,
        prefix: key.chars().take(PREFIX_CHARS).collect(),
        key_hash: sha256_hex(key),
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_256_random_bits_and_only_their_hash_is_kept() {
        let key = generate(Mode::Live);
        let text = key.expose_secret();
        assert!(text.starts_with("tgk_live_") && text.len() == "tgk_live_".len() + RANDOM_CHARS);
        assert_ne!(text, generate(Mode::Live).expose_secret());
        let row = new_key(&key, Mode::Live, "till".into(), Timestamp::UNIX_EPOCH);
        assert_eq!(row.prefix, &text[..12]);
        assert_eq!(row.key_hash, sha256_hex(text));
        assert!(!format!("{row:?}").contains(text));
    }
}
