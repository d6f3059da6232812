//! `Idempotency-Key` on every POST of the store and internal APIs: the same key and body get the first answer again,
//! byte for byte.
//!
//! Keys belong to a store (or the internal API) and a credential, and are kept for 24 hours. Callers choose them at
//! random (a UUID): callers without a credential share one space per store.

mod answer;
mod call;
mod key;

use std::cell::Cell;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use domain::StoreId;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::app::App;
use crate::error::{ApiError, REQUEST_ID};
use crate::guards::{self, InternalCaller, MaybeStoreKey, RouteStore};
use crate::json::{MAX_JSON_BYTES, read_body};
use crate::links;
use crate::storefront::csv::import::MAX_IMPORT_BYTES;

use call::{Call, Turn};
use key::{Caller, IDEMPOTENCY_KEY};

/// Wraps the store API. Unknown stores and wrong API keys leave no row behind: their handlers refuse them.
pub async fn honour_for_stores(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if !has_key(&request) {
        return pass_on(request, next).await;
    }
    match request.extract::<(RouteStore, MaybeStoreKey)>().await {
        Ok((RouteStore(store), _)) => {
            let scope = store.id.to_string();
            answer_once(
                request,
                next,
                store.id,
                scope,
                header::AUTHORIZATION.as_str(),
            )
            .await
        }
        Err(error) => refuse(error, request, next).await,
    }
}

/// Wraps the API of payment links. Unknown tokens leave no row behind.
pub async fn honour_for_links(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if !has_key(&request) {
        return pass_on(request, next).await;
    }
    let found = async {
        let app = guards::app(request.request())?;
        let token = request.match_info().get("link_token").unwrap_or("");
        links::found::find(&app, token).await
    };
    match found.await {
        Ok(link) => {
            let scope = format!("link {}", link.id);
            answer_once(
                request,
                next,
                link.store_id,
                scope,
                header::AUTHORIZATION.as_str(),
            )
            .await
        }
        Err(error) => refuse(error.into(), request, next).await,
    }
}

/// Wraps the internal API. Wrong secrets leave no row behind.
pub async fn honour_for_internal(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if !has_key(&request) {
        return pass_on(request, next).await;
    }
    match request.extract::<InternalCaller>().await {
        Ok(InternalCaller) => {
            let no_store = StoreId::from_uuid(Uuid::nil());
            answer_once(
                request,
                next,
                no_store,
                "internal".to_owned(),
                "x-internal-secret",
            )
            .await
        }
        Err(error) => refuse(error.into(), request, next).await,
    }
}

fn has_key(request: &ServiceRequest) -> bool {
    request.method() == Method::POST && request.headers().contains_key(IDEMPOTENCY_KEY)
}

async fn pass_on(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Who may not call is told so by the handler, in the words of a call without a key. With our own failure nothing may
/// run: it would run without its key.
async fn refuse(
    error: Error,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if error.as_response_error().status_code().is_client_error() {
        return pass_on(request, next).await;
    }
    Ok(request.error_response(error))
}

async fn answer_once(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
    store_id: StoreId,
    scope: String,
    credential_header: &str,
) -> Result<ServiceResponse, Error> {
    // Errors are rendered here, where the request's id is known, not by the framework.
    match prepare(&mut request, store_id, scope, credential_header).await {
        Ok((app, call)) => run_apart(app, call, request, next).await,
        Err(error) => Ok(request.error_response(error)),
    }
}

async fn prepare(
    request: &mut ServiceRequest,
    store_id: StoreId,
    scope: String,
    credential_header: &str,
) -> Result<(web::Data<App>, Call), ApiError> {
    let app = guards::app(request.request())?;
    let caller = Caller {
        store_id,
        scope,
        credential: key::credential(request.headers(), credential_header),
    };
    let key = key::parse(request.headers())?;
    let max_bytes = if request.path().ends_with("/products/import") {
        MAX_IMPORT_BYTES
    } else {
        MAX_JSON_BYTES
    };
    let body = read_body(request.take_payload(), max_bytes).await?;
    let path = request
        .uri()
        .path_and_query()
        .map_or("", |path| path.as_str());
    let request_hash = key::hash(&[request.method().as_str().as_bytes(), path.as_bytes(), &body]);
    request.set_payload(Payload::from(body));
    Ok((app, Call::new(caller, key, request_hash)))
}

/// Runs apart from the connection, from before the key is claimed: actix drops what belongs to a client that leaves, and
/// exactly that client comes back with the key to ask what happened.
async fn run_apart(
    app: web::Data<App>,
    call: Call,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let call = Rc::new(call);
    let runs = Rc::new(Cell::new(false));
    let request_id = REQUEST_ID.try_with(Clone::clone).unwrap_or_default();
    let running = {
        let (app, call, runs) = (app.clone(), call.clone(), runs.clone());
        REQUEST_ID.scope(request_id, async move {
            match call.begin(&app).await {
                Ok(Turn::First) => runs.set(true),
                Ok(Turn::Again(answer)) => return Ok(request.into_response(answer.replay())),
                Err(error) => return Ok(request.error_response(error)),
            }
            match next.call(request).await {
                Ok(response) => Ok(call.finish(&app, response).await),
                Err(error) => {
                    call.release(&app).await;
                    Err(error)
                }
            }
        })
    };
    match actix_web::rt::spawn(running.instrument(Span::current())).await {
        Ok(outcome) => outcome,
        Err(panicked) => {
            // A key that another call holds is not ours to free.
            if runs.get() {
                call.release(&app).await;
            }
            Err(ApiError::internal(panicked).into())
        }
    }
}
