//! `GET /stripe/success/{store_id}`: what is connected, and what is left to do. Public: nothing secret stands here.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use db::connection_problems::OpenProblem;
use db::connections::Connection;
use db::stores::Store;
use domain::Mode;
use domain::connection_problem::ConnectionProblem;
use jiff::{SignedDuration, Timestamp};

use super::problems::{self, Problem};
use super::refusal::Refusal;
use super::signing::Signing;
use super::visit::Visit;
use super::webhook_url;
use crate::app::App;
use crate::error::ApiError;
use crate::pages::{self, Link, Page, Permissions};
use crate::stripe::is_elsewhere;
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
    let (connections, former) = read(app, &store).await?;
    let template = SuccessPage {
        page: &page,
        store_name: &store.name,
        is_waiting: connections.iter().any(ConnectionFacts::is_waiting),
        needs_reconnect: connections
            .iter()
            .any(|one| one.is_active && one.reconnect_needed),
        connections,
        former,
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
    former: Vec<FormerAccount>,
    is_waiting: bool,
    needs_reconnect: bool,
    webhook_url: String,
    webhook_events: &'a [&'a str],
    connect_url: Option<String>,
    return_link: Option<Link>,
}

struct ConnectionFacts {
    is_live: bool,
    is_active: bool,
    account_id: String,
    country: String,
    currency: String,
    dashboard_url: String,
    reconnect_needed: bool,
    webhook: WebhookState,
    last_event: Option<String>,
    problems: Vec<ProblemText>,
}

/// Where the webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WebhookState {
    /// We registered it.
    Ours,
    /// A person did, and pasted the secret.
    Pasted,
    /// The Stripe CLI brings the events of a developer's machine.
    Forwarded,
    /// A person has to.
    ToDo,
    /// Stripe cannot reach us: payments are found by asking.
    Unreachable,
    /// It is tried again by itself.
    Retried,
}

/// A problem in words.
struct ProblemText {
    title: Option<String>,
    message: &'static str,
    detail: Option<String>,
    since: String,
}

impl From<Problem> for ProblemText {
    fn from(problem: Problem) -> Self {
        let (title, detail) = if problem.names_permissions() {
            (
                problem.detail.map(|names| format!("Missing: {names}")),
                None,
            )
        } else {
            (None, problem.detail)
        };
        Self {
            title,
            message: problem.message,
            detail,
            since: day(problem.since),
        }
    }
}

/// An account that was connected before, for the orders that it took.
struct FormerAccount {
    is_live: bool,
    account_id: String,
    until: String,
    problems: Vec<ProblemText>,
}

impl ConnectionFacts {
    /// Whether something will change by itself soon.
    fn is_waiting(&self) -> bool {
        match self.webhook {
            WebhookState::Ours | WebhookState::Pasted | WebhookState::Forwarded => {
                self.last_event.is_none()
            }
            WebhookState::Retried => true,
            WebhookState::ToDo | WebhookState::Unreachable => false,
        }
    }
}

async fn read(
    app: &App,
    store: &Store,
) -> Result<(Vec<ConnectionFacts>, Vec<FormerAccount>), ApiError> {
    let mut conn = app.db.read().await?;
    let secrets = db::webhook_secrets::list_valid(&mut conn, store.id, app.now()).await?;
    let open = problems::list(&mut conn, store.id).await?;
    let all = db::connections::list_all(&mut conn, store.id).await?;
    drop(conn);
    let (mut current, former): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| one.replaced_at.is_none());
    current.sort_by_key(|connection| Some(connection.mode) != store.active_mode);
    let facts = |connection: Connection| {
        let signing = Signing::of(app, store.id, &connection, &secrets);
        facts(app, connection, store.active_mode, &signing, &open)
    };
    let former = former
        .into_iter()
        .map(|connection| former_account(app, connection, &open));
    Ok((current.into_iter().map(facts).collect(), former.collect()))
}

fn facts(
    app: &App,
    connection: Connection,
    active_mode: Option<Mode>,
    signing: &Signing,
    open: &[OpenProblem],
) -> ConnectionFacts {
    let problems = problems::of(app, &connection, signing, open);
    let is_open =
        |problem: ConnectionProblem| problems.iter().any(|one| one.code == problem.code());
    let webhook = match signing {
        Signing::Ours(_) => WebhookState::Ours,
        Signing::Pasted => WebhookState::Pasted,
        Signing::Forwarded => WebhookState::Forwarded,
        Signing::None if is_open(ConnectionProblem::WebhookUnreachable) => {
            WebhookState::Unreachable
        }
        Signing::None if is_open(ConnectionProblem::WebhookNotRegistered) => WebhookState::Retried,
        Signing::None => WebhookState::ToDo,
    };
    let reconnect_needed = connection.reconnect_needed || is_elsewhere(app, &connection);
    ConnectionFacts {
        is_live: connection.mode.is_live(),
        is_active: Some(connection.mode) == active_mode,
        dashboard_url: dashboard_url(&connection),
        account_id: connection.account_id,
        country: connection.country.unwrap_or_else(|| "not told".to_owned()),
        currency: connection
            .default_currency
            .map_or_else(|| "not told".to_owned(), |code| code.to_uppercase()),
        reconnect_needed,
        webhook,
        last_event: connection
            .last_event_at
            .map(|at| ago(app.now().duration_since(at))),
        problems: problems.into_iter().map(ProblemText::from).collect(),
    }
}

fn former_account(app: &App, connection: Connection, open: &[OpenProblem]) -> FormerAccount {
    let problems = problems::of(app, &connection, &Signing::None, open);
    FormerAccount {
        is_live: connection.mode.is_live(),
        account_id: connection.account_id,
        until: connection.replaced_at.map(day).unwrap_or_default(),
        problems: problems.into_iter().map(ProblemText::from).collect(),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
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
