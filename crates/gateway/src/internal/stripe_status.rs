//! `GET /api/internal/stores/{store_id}/stripe-status`: all that may be known about a store's connections; no secret.

use actix_web::{HttpResponse, web};
use db::connection_problems::OpenProblem;
use db::connections::Connection;
use db::stores::Store;
use db::webhook_secrets::WebhookSecret;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::connect::problems::{self, Problem};
use crate::connect::signing::Signing;
use crate::error::ApiError;
use crate::guards::{InternalCaller, RouteStore};
use crate::openapi::words;

/// The public status, and what the active mode's connection tells; `null` where nothing is connected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StripeStatus)]
pub(crate) struct StripeStatusReply {
    #[schema(value_type = words::Id)]
    store_id: StoreId,
    has_stripe: bool,
    is_live_mode: bool,
    #[schema(value_type = Option<words::Mode>)]
    active_mode: Option<Mode>,
    account_id: Option<String>,
    country: Option<String>,
    default_currency: Option<String>,
    publishable_key: Option<String>,
    charges_enabled: bool,
    webhook: Webhook,
    problems: Vec<Problem>,
    modes: Modes,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConnectedModes)]
pub(crate) struct Modes {
    test: Option<ModeStatus>,
    live: Option<ModeStatus>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ConnectedMode)]
pub(crate) struct ModeStatus {
    account_id: String,
    country: Option<String>,
    default_currency: Option<String>,
    publishable_key: String,
    charges_enabled: bool,
    connected_at: Timestamp,
    reconnect_needed: bool,
    webhook: Webhook,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = WebhookStatus)]
pub(crate) struct Webhook {
    configured: bool,
    registered_by_us: bool,
    forwarded: bool,
    endpoint_id: Option<String>,
    last_event_at: Option<Timestamp>,
    last_error: Option<String>,
}

/// The store's connections, in full.
pub async fn show_stripe_status(
    _caller: InternalCaller,
    app: web::Data<App>,
    RouteStore(store): RouteStore,
) -> Result<HttpResponse, ApiError> {
    let mut conn = app.db.read().await?;
    let connections = db::connections::list(&mut conn, store.id).await?;
    let secrets = db::webhook_secrets::list_valid(&mut conn, store.id, app.now()).await?;
    let problems = problems::list(&mut conn, store.id).await?;
    Ok(HttpResponse::Ok().json(reply(&app, &store, &connections, &secrets, &problems)))
}

fn reply(
    app: &App,
    store: &Store,
    connections: &[Connection],
    secrets: &[WebhookSecret],
    open: &[OpenProblem],
) -> StripeStatusReply {
    let of = |mode| {
        let connection = connections
            .iter()
            .find(|connection| connection.mode == mode)?;
        let signing = Signing::of(app, store.id, connection, secrets);
        Some(status(app, connection, &signing, open))
    };
    let active = store.active_mode.and_then(of);
    StripeStatusReply {
        store_id: store.id,
        has_stripe: active.is_some(),
        is_live_mode: active.is_some() && store.active_mode == Some(Mode::Live),
        active_mode: store.active_mode,
        account_id: active.as_ref().map(|status| status.account_id.clone()),
        country: active.as_ref().and_then(|status| status.country.clone()),
        default_currency: active
            .as_ref()
            .and_then(|status| status.default_currency.clone()),
        publishable_key: active.as_ref().map(|status| status.publishable_key.clone()),
        charges_enabled: active.as_ref().is_some_and(|status| status.charges_enabled),
        webhook: active
            .as_ref()
            .map(|status| status.webhook.clone())
            .unwrap_or_default(),
        problems: active.map(|status| status.problems).unwrap_or_default(),
        modes: Modes {
            test: of(Mode::Test),
            live: of(Mode::Live),
        },
    }
}

fn status(
    app: &App,
    connection: &Connection,
    signing: &Signing,
    open: &[OpenProblem],
) -> ModeStatus {
    ModeStatus {
        account_id: connection.account_id.clone(),
        country: connection.country.clone(),
        default_currency: connection.default_currency.clone(),
        publishable_key: connection.publishable_key.clone(),
        charges_enabled: connection.charges_enabled,
        connected_at: connection.connected_at,
        reconnect_needed: connection.reconnect_needed,
        webhook: Webhook {
            configured: *signing != Signing::None,
            registered_by_us: matches!(signing, Signing::Ours(_)),
            forwarded: *signing == Signing::Forwarded,
            endpoint_id: signing.endpoint_id(),
            last_event_at: connection.last_event_at,
            last_error: connection.last_error.clone(),
        },
        problems: problems::of(app, connection, signing, open),
    }
}
