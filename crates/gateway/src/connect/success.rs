//! `GET /stripe/success/{store_id}`: what is connected, and what is left to do. Public: nothing secret stands here.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use db::connections::Connection;
use db::stores::Store;
use jiff::SignedDuration;

use super::refusal::Refusal;
use super::visit::Visit;
use super::webhook_url;
use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, Link, Page, Permissions};
use crate::webhook::types::HANDLED_EVENTS;

/// Shows the store's connections, the active one first.
pub async fn show_success(
    app: web::Data<App>,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    match show(&app, &path).await {
        Ok(page) => Ok(page),
        Err(refusal) => refusal.page(&app),
    }
}

async fn show(app: &App, store_id: &str) -> Result<HttpResponse, Refusal> {
    let Visit { store, .. } = Visit::open(app, store_id, None).await?;
    let page = Page::new(format!("{} and Stripe", store.name));
    let template = SuccessPage {
        page: &page,
        store_name: &store.name,
        connections: connections(app, &store).await?,
        webhook_url: webhook_url(app, store.id),
        webhook_events: &HANDLED_EVENTS,
        connect_url: None,
        return_link: None,
    };
    Ok(pages::render(
        app,
        StatusCode::OK,
        &page,
        &template,
        &Permissions::default(),
    )?)
}

#[derive(Template)]
#[template(path = "connect/success.html")]
struct SuccessPage<'a> {
    page: &'a Page,
    store_name: &'a str,
    connections: Vec<ConnectionFacts>,
    webhook_url: String,
    webhook_events: &'a [&'a str],
    connect_url: Option<String>,
    return_link: Option<Link>,
}

#[expect(clippy::struct_excessive_bools, reason = "what the template asks for")]
struct ConnectionFacts {
    is_live: bool,
    is_active: bool,
    account_id: String,
    country: String,
    currency: String,
    dashboard_url: String,
    webhook_configured: bool,
    webhook_registered_by_us: bool,
    last_event: Option<String>,
}

async fn connections(app: &App, store: &Store) -> Result<Vec<ConnectionFacts>, ApiError> {
    let now = app.now();
    let mut conn = app.db.read().await?;
    let secrets = db::webhook_secrets::list_valid(&mut conn, store.id, now).await?;
    let mut connections = db::connections::list(&mut conn, store.id).await?;
    connections.sort_by_key(|connection| Some(connection.mode) != store.active_mode);
    let facts = |connection: Connection| {
        let mode = connection.mode;
        ConnectionFacts {
            is_live: mode.is_live(),
            is_active: Some(mode) == store.active_mode,
            dashboard_url: dashboard_url(&connection),
            webhook_configured: secrets
                .iter()
                .any(|secret| secret.mode == mode && secret.account_id == connection.account_id),
            account_id: connection.account_id,
            country: connection.country.unwrap_or_else(|| "not told".to_owned()),
            currency: connection
                .default_currency
                .map_or_else(|| "not told".to_owned(), |code| code.to_uppercase()),
            webhook_registered_by_us: false,
            last_event: connection
                .last_event_at
                .map(|at| ago(now.duration_since(at))),
        }
    };
    Ok(connections.into_iter().map(facts).collect())
}

/// Stripe's Dashboard opens the account of the path, in the mode of the path.
fn dashboard_url(connection: &Connection) -> String {
    let mode = if connection.mode.is_live() {
        ""
    } else {
        "/test"
    };
    format!(
        "https://dashboard.stripe.com/{}{mode}/dashboard",
        connection.account_id
    )
}

fn ago(elapsed: SignedDuration) -> String {
    let minutes = elapsed.as_mins();
    let (count, unit) = match minutes {
        ..1 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_whole_unit() {
        let ago = |seconds| ago(SignedDuration::from_secs(seconds));
        let cases = [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (172_800, "2 days ago"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(seconds), words);
        }
    }
}
