//! From a raw request to a stored event: the part that both webhook routes share.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use db::inbox::{EventState, NewEvent, Source};
use domain::StoreId;
use jiff::Timestamp;
use serde_json::json;
use stripe_http::webhook::{self, Event, SignatureError};

use super::group_commit::InboxError;
use super::secrets::Known;
use super::{types, wrong_signatures};
use crate::app::App;
use crate::error::ApiError;
use crate::sealing;

pub(crate) use super::secrets::Signer;

/// Stripe's largest events are a few hundred kilobytes (invoices with 250 lines).
pub(super) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Checks what can be checked before the body is read.
pub(super) fn check_head(app: &App, request: &HttpRequest) -> Result<(), ApiError> {
    // What could not be stored need not be read.
    if app.inbox.is_full() {
        return Err(busy(InboxError::Full));
    }
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
    if app.inbox.is_full_for(store_id) {
        return Err(busy(InboxError::Full));
    }
    let signature = request
        .headers()
        .get(SIGNATURE)
        .map(header::HeaderValue::as_bytes);
    let signer = find_signer(app, store_id, signature, &body, app.now()).await?;
    let event = Event::parse(&body).map_err(|error| not_an_event().caused_by(error))?;
    let new = new_event(app, store_id, &signer, event, &body, Source::Webhook)?;
    let is_work = new.state == EventState::Received;
    app.inbox.store(new).await.map_err(busy)?;
    if is_work {
        app.work.wake(store_id);
    }
    Ok(HttpResponse::Ok().json(json!({ "received": true })))
}

/// Whose secret signed the body.
async fn find_signer(
    app: &App,
    store_id: StoreId,
    signature: Option<&[u8]>,
    body: &[u8],
    now: Timestamp,
) -> Result<Signer, ApiError> {
    let known = app.signing_secrets.of_store(app, store_id).await?;
    let known = known.ok_or_else(|| ApiError::not_found("store"))?;
    let refused = match signer(signature, body, &known, now) {
        Ok(signer) => return Ok(signer),
        Err(error) => error,
    };
    if let Some(signer) = held(app, store_id, signature, body, now) {
        return Ok(signer);
    }
    if !matches!(refused, SignatureError::NoMatch | SignatureError::NoSecret) {
        return Err(bad_signature().caused_by(refused));
    }
    // Another gateway may have stored the right one just now.
    let newer = app.signing_secrets.newer(app, store_id).await?;
    let outcome = newer.map_or(Err(refused), |newer| signer(signature, body, &newer, now));
    if outcome.is_err() {
        wrong_signatures::note(app, store_id).await;
    }
    outcome.map_err(|error| bad_signature().caused_by(error))
}

/// Whose of the secrets that are known, and valid now, signed the body.
fn signer(
    signature: Option<&[u8]>,
    body: &[u8],
    known: &Known,
    now: Timestamp,
) -> Result<Signer, SignatureError> {
    let mut refused = SignatureError::NoSecret;
    let valid = known.secrets.iter().filter(|known| known.is_valid_at(now));
    for known in valid {
        match webhook::verify(signature, body, [&known.secret], now.as_second()) {
            Ok(()) => return Ok(known.signer.clone()),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// Whether the secret of the forwarder that runs beside a development gateway signed the body.
fn held(
    app: &App,
    store_id: StoreId,
    signature: Option<&[u8]>,
    body: &[u8],
    now: Timestamp,
) -> Option<Signer> {
    let (mode, account_id, secret) = app.held_secrets.of_store(store_id)?;
    let verified = webhook::verify(signature, body, [&secret], now.as_second());
    verified.is_ok().then_some(Signer { mode, account_id })
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
