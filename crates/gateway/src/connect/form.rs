//! `GET /stripe/connect`: the key entry form, for whoever holds a connect token of the store.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use db::connections::Connection;
use domain::Mode;
use serde::Deserialize;
use url::form_urlencoded;

use super::account_change::Unconfirmed;
use super::permissions::{self, PERMISSIONS, Permission};
use super::problems;
use super::refusal::Refusal;
use super::shape::FormErrors;
use super::signing::Signing;
use super::visit::{Visit, return_origins};
use super::{csrf, webhook_url};
use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, Page};
use crate::webhook::types::HANDLED_EVENTS;

#[derive(Debug, Deserialize)]
struct ConnectQuery {
    #[serde(default)]
    store_id: String,
    return_url: Option<String>,
    #[serde(default)]
    token: String,
}

/// Shows the form; without a token, the way to sign in.
pub async fn show_form(
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    match open(&app, &request).await {
        Ok(answer) => Ok(answer),
        Err(refusal) => refusal.page(&app),
    }
}

async fn open(app: &App, request: &HttpRequest) -> Result<HttpResponse, Refusal> {
    let query = web::Query::<ConnectQuery>::from_query(request.query_string()).map_err(|_| {
        Refusal::unreadable("The link is damaged. Open it again from where you found it.")
    })?;
    let visit = Visit::open(app, &query.store_id, query.return_url.as_deref()).await?;
    if query.token.is_empty() {
        return Ok(sign_in_first(request));
    }
    visit.permit(app, &query.token).await?;
    Ok(render(
        app,
        request,
        &visit,
        &query.token,
        Entered::default(),
        StatusCode::OK,
    )
    .await?)
}

fn sign_in_first(request: &HttpRequest) -> HttpResponse {
    let here = request
        .uri()
        .path_and_query()
        .map_or("/", |here| here.as_str());
    let next = form_urlencoded::Serializer::new(String::new())
        .append_pair("next", here)
        .finish();
    HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("/portal/sign-in?{next}")))
        .finish()
}

/// What stands in the form again after an error. Secrets never do.
#[derive(Debug, Default)]
pub(super) struct Entered<'a> {
    pub(super) publishable_key: &'a str,
    pub(super) errors: FormErrors,
    /// Another account that the keys were of, to be confirmed.
    pub(super) unconfirmed: Option<Unconfirmed>,
}

#[derive(Template)]
#[template(path = "connect/form.html")]
struct FormPage<'a> {
    page: &'a Page,
    store_name: &'a str,
    store_id: String,
    return_url: &'a str,
    token: &'a str,
    csrf_token: &'a str,
    publishable_key: &'a str,
    errors: &'a FormErrors,
    unconfirmed: Option<&'a Unconfirmed>,
    permissions: &'a [Permission],
    create_test_key_url: String,
    create_live_key_url: String,
    needs_secret: bool,
    connections: Vec<ConnectedBefore>,
    webhook_url: String,
    webhook_events: &'a [&'a str],
}

struct ConnectedBefore {
    is_live: bool,
    account_id: String,
    since: String,
}

impl From<Connection> for ConnectedBefore {
    fn from(connection: Connection) -> Self {
        Self {
            is_live: connection.mode.is_live(),
            account_id: connection.account_id,
            since: connection.connected_at.strftime("%-d %B %Y").to_string(),
        }
    }
}

/// The form, with its cookie and a policy that lets its answer redirect to the allowed origins.
pub(super) async fn render(
    app: &App,
    request: &HttpRequest,
    visit: &Visit,
    token: &str,
    entered: Entered<'_>,
    status: StatusCode,
) -> Result<HttpResponse, ApiError> {
    let store = &visit.store;
    let mut conn = app.db.read().await?;
    let connections = db::connections::list(&mut conn, store.id).await?;
    let open = problems::list(&mut conn, store.id).await?;
    drop(conn);
    let needs_secret = connections
        .iter()
        .flat_map(|connection| problems::of(app, connection, &Signing::None, &open))
        .any(|problem| problem.needs_webhook_by_hand());
    let csrf_token = csrf::token(app, request);
    let page = Page::new(format!("Connect Stripe to {}", store.name));
    let template = FormPage {
        page: &page,
        store_name: &store.name,
        store_id: store.id.to_string(),
        return_url: visit.return_url_text(),
        token,
        csrf_token: &csrf_token,
        publishable_key: entered.publishable_key,
        errors: &entered.errors,
        unconfirmed: entered.unconfirmed.as_ref(),
        permissions: &PERMISSIONS,
        create_test_key_url: permissions::create_key_url(Mode::Test),
        create_live_key_url: permissions::create_key_url(Mode::Live),
        needs_secret,
        connections: connections.into_iter().map(ConnectedBefore::from).collect(),
        webhook_url: webhook_url(app, store.id),
        webhook_events: &HANDLED_EVENTS,
    };
    let may = pages::Permissions {
        has_form: true,
        form_targets: return_origins(app, store),
        ..pages::Permissions::default()
    };
    let mut response = pages::render(app, status, &page, &template, &may)?;
    response
        .add_cookie(&csrf::cookie(app, csrf_token.clone()))
        .map_err(|_| ApiError::internal("a cookie that is no header"))?;
    Ok(response)
}
