//! From a raw request to a stored event: the part that both webhook routes share.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use db::inbox::{EventState, NewEvent, Source};
use db::webhook_secrets::WebhookSecret;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::json;
use stripe_http::webhook::{self, Event, SignatureError};
use vault::Vault;

use super::group_commit::InboxError;
use super::types;
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

/// Stripe's largest events are a few hundred kilobytes (invoices with 250 lines).
pub(super) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Checks what can be checked before the body is read.
pub(super) fn check_head(request: &HttpRequest) -> Result<(), ApiError> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::unsupported_media_type(
            "Send the event without Content-Encoding, as Stripe does.",
        ));
    }
    if request.headers().get_all(SIGNATURE).count() > 1 {
        return Err(bad_signature());
    }
    Ok(())
}

const SIGNATURE: &str = "Stripe-Signature";

/// Verifies the body with the store's own secrets, stores it durably, and answers.
pub(super) async fn accept(
    app: &App,
    request: &HttpRequest,
    store_id: StoreId,
    body: web::Bytes,
) -> Result<HttpResponse, ApiError> {
    let now = app.now();
    let mut secrets = load(app, store_id, now).await?;
    secrets.extend(held(app, store_id));
    let signature = request
        .headers()
        .get(SIGNATURE)
        .map(header::HeaderValue::as_bytes);
    let signer = signer(signature, &body, &secrets, now.as_second())
        .map_err(|error| bad_signature().caused_by(error))?;
    let event = Event::parse(&body).map_err(|error| not_an_event().caused_by(error))?;
    let new = new_event(app, store_id, &signer, event, &body, Source::Webhook)?;
    app.inbox.store(new).await.map_err(busy)?;
    app.work.wake(store_id);
    Ok(HttpResponse::Ok().json(json!({ "received": true })))
}

/// Whose events a secret signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signer {
    /// The connection's mode.
    pub mode: Mode,
    /// The connection's account.
    pub account_id: String,
}

async fn load(
    app: &App,
    store_id: StoreId,
    now: Timestamp,
) -> Result<Vec<(Signer, SecretString)>, ApiError> {
    let mut conn = app.db.read().await?;
    let stored = db::webhook_secrets::list_valid(&mut conn, store_id, now).await?;
    open_secrets(&app.vault, store_id, stored)
}

/// The secret of the forwarder that runs beside a development gateway.
fn held(app: &App, store_id: StoreId) -> Option<(Signer, SecretString)> {
    let (mode, account_id, secret) = app.held_secrets.of_store(store_id)?;
    Some((Signer { mode, account_id }, secret))
}

/// Those that open; an error only if none does. One that was damaged must not silence the others.
fn open_secrets(
    vault: &Vault,
    store_id: StoreId,
    stored: Vec<WebhookSecret>,
) -> Result<Vec<(Signer, SecretString)>, ApiError> {
    let mut opened = Vec::with_capacity(stored.len());
    let mut failure = None;
    for secret in stored {
        let (mode, version) = (secret.mode, secret.version);
        match sealing::open_webhook_secret(vault, store_id, mode, version, secret.sealed()) {
            Ok(opened_secret) => {
                let account_id = secret.account_id;
                opened.push((Signer { mode, account_id }, opened_secret));
            }
            Err(error) => {
                tracing::error!(%store_id, %mode, version, %error, "a signing secret cannot be opened");
                failure = Some(error);
            }
        }
    }
    match failure {
        Some(error) if opened.is_empty() => Err(error.into()),
        _ => Ok(opened),
    }
}

/// Whose secret signed the body.
fn signer(
    signature: Option<&[u8]>,
    body: &[u8],
    secrets: &[(Signer, SecretString)],
    now_unix_s: i64,
) -> Result<Signer, SignatureError> {
    let mut refused = SignatureError::NoSecret;
    for (signer, secret) in secrets {
        match webhook::verify(signature, body, [secret], now_unix_s) {
            Ok(()) => return Ok(signer.clone()),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// The row for an event of a connection, however it came.
pub(crate) fn new_event(
    app: &App,
    store_id: StoreId,
    signer: &Signer,
    event: Event,
    body: &[u8],
    source: Source,
) -> Result<NewEvent, ApiError> {
    let ignored = why_ignored(signer, &event);
    Ok(NewEvent {
        store_id,
        account_id: signer.account_id.clone(),
        mode: signer.mode,
        object_id: types::payment_intent_id(&event),
        // E-mail, addresses and the payment's client secret stand in it.
        payload: sealing::seal_event(&app.vault, store_id, &event.id, body)?,
        created_at: Timestamp::from_second(event.created).unwrap_or(Timestamp::UNIX_EPOCH),
        source,
        event_id: event.id,
        event_type: event.kind,
        api_version: event.api_version,
        state: if ignored.is_some() {
            EventState::Ignored
        } else {
            EventState::Received
        },
        last_error: ignored.map(str::to_owned),
        received_at: app.now(),
    })
}

/// Genuine events that must have no effect here: they are kept, named, and never looked at again.
fn why_ignored(signer: &Signer, event: &Event) -> Option<&'static str> {
    if event.livemode != signer.mode.is_live() {
        Some("mode_mismatch")
    } else if event
        .account
        .as_ref()
        .is_some_and(|account| *account != signer.account_id)
    {
        Some("other_account")
    } else if types::payment_intent_id(event).is_none() {
        Some("type_not_handled")
    } else {
        None
    }
}

fn bad_signature() -> ApiError {
    ApiError::malformed(
        "signature_invalid",
        "The Stripe-Signature header does not match this store's signing secret. Paste the endpoint's secret again on the connect page.",
    )
}

fn not_an_event() -> ApiError {
    ApiError::malformed(
        "not_an_event",
        "The body is signed, but it is not a Stripe event with an id.",
    )
}

fn busy(error: InboxError) -> ApiError {
    /// Stripe retries by its own schedule; others may come back soon.
    const RETRY_AFTER_S: u64 = 2;
    ApiError::unavailable(
        "inbox_unavailable",
        "The event could not be stored. Send it again.",
        RETRY_AFTER_S,
    )
    .caused_by(error)
}
