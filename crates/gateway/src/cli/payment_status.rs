//! `tillgate payment status`: whether a store can take payments.

use db::connection_problems::OpenProblem;
use db::connections::Connection;
use domain::{Mode, StoreId};
use jiff::Timestamp;
use serde::Serialize;

use super::store::{find, mode, or_dash};
use super::{open, print};
use crate::app::App;
use crate::connect::problems::{self, Problem};
use crate::connect::signing::Signing;
use crate::settings::Environment;

/// Arguments of `payment status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The store's id
    #[arg(long, value_name = "ID")]
    store: StoreId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Named as in the internal API's `stripe-status`.
#[derive(Serialize)]
struct Status {
    store_id: StoreId,
    connected: bool,
    mode: Option<Mode>,
    account_id: Option<String>,
    charges_enabled: bool,
    reconnect_needed: bool,
    webhook: Webhook,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Webhook {
    configured: bool,
    registered_by_us: bool,
    endpoint_id: Option<String>,
    last_event_at: Option<Timestamp>,
    last_error: Option<String>,
    /// A gateway that runs here keeps the secret of the Stripe CLI to itself: we cannot know.
    #[serde(skip)]
    may_be_forwarded: bool,
}

/// Prints the state of the mode that shoppers pay in.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let app = open::app_from_settings().await?;
    let status = read(&app, args.store).await;
    open::close(&app).await;
    let status = status?;
    if args.json {
        return Ok(print::json(&status)?);
    }
    status.print()?;
    Ok(())
}

async fn read(app: &App, store_id: StoreId) -> anyhow::Result<Status> {
    let store = find(app, store_id).await?;
    let mut conn = app.db.read().await?;
    let connection = match store.active_mode {
        Some(mode) => db::connections::find(&mut conn, store_id, mode).await?,
        None => None,
    };
    let secrets = db::webhook_secrets::list_valid(&mut conn, store_id, app.now()).await?;
    let open = problems::list(&mut conn, store_id).await?;
    let Some(connection) = &connection else {
        return Ok(Status::not_connected(store_id));
    };
    let signing = Signing::of(app, store_id, connection, &secrets);
    Ok(Status::of(app, store_id, connection, &signing, &open))
}

impl Status {
    fn not_connected(store_id: StoreId) -> Self {
        Self {
            store_id,
            connected: false,
            mode: None,
            account_id: None,
            charges_enabled: false,
            reconnect_needed: false,
            webhook: Webhook {
                configured: false,
                registered_by_us: false,
                endpoint_id: None,
                last_event_at: None,
                last_error: None,
                may_be_forwarded: false,
            },
            problems: Vec::new(),
        }
    }

    fn of(
        app: &App,
        store_id: StoreId,
        connection: &Connection,
        signing: &Signing,
        open: &[OpenProblem],
    ) -> Self {
        Self {
            store_id,
            connected: true,
            mode: Some(connection.mode),
            account_id: Some(connection.account_id.clone()),
            charges_enabled: connection.charges_enabled,
            reconnect_needed: connection.reconnect_needed,
            webhook: Webhook {
                configured: *signing != Signing::None,
                registered_by_us: matches!(signing, Signing::Ours(_)),
                endpoint_id: signing.endpoint_id(),
                last_event_at: connection.last_event_at,
                last_error: connection.last_error.clone(),
                may_be_forwarded: app.settings.environment == Environment::Development
                    && !app.asks_stand_in(),
            },
            problems: problems::of(app, connection, signing, open),
        }
    }

    fn print(&self) -> std::io::Result<()> {
        print::facts(&self.facts())
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let status = match self {
            Self {
                connected: false, ..
            } => "Not connected",
            Self {
                reconnect_needed: true,
                ..
            } => "Connected, but Stripe refused the key: the merchant has to reconnect",
            Self {
                charges_enabled: false,
                ..
            } => "Connected, but Stripe has not enabled charges for the account yet",
            _ => "Connected",
        };
        let webhook = match (&self.webhook.endpoint_id, self.webhook.configured) {
            (Some(id), _) => format!("set up by us ({id})"),
            (None, true) => "set up by hand".to_owned(),
            (None, false) if self.webhook.may_be_forwarded => {
                "no secret stored; a gateway that runs here may have the Stripe CLI forward events"
                    .to_owned()
            }
            (None, false) => "not set up".to_owned(),
        };
        let problems = self.problems.iter().map(|problem| {
            let detail = problem
                .detail
                .as_deref()
                .map(|detail| format!(" ({detail})"));
            let detail = detail.unwrap_or_default();
            (
                "Problem",
                format!("{}{detail}: {}", problem.code, problem.message),
            )
        });
        let facts = [
            ("Status", status.to_owned()),
            ("Mode", mode(self.mode)),
            ("Account", or_dash(self.account_id.as_deref())),
            ("Webhook", webhook),
            (
                "Last event",
                or_dash(
                    self.webhook
                        .last_event_at
                        .map(|at| at.to_string())
                        .as_deref(),
                ),
            ),
            ("Last error", or_dash(self.webhook.last_error.as_deref())),
        ];
        facts.into_iter().chain(problems).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::connection_problem::ConnectionProblem;

    #[test]
    fn each_problem_stands_on_a_line_of_its_own() {
        let mut status = Status::not_connected(StoreId::generate());
        assert!(
            status
                .facts()
                .contains(&("Webhook", "not set up".to_owned()))
        );
        let problem = |problem: ConnectionProblem, detail: Option<&str>| Problem {
            code: problem.code(),
            message: problem.message(),
            detail: detail.map(str::to_owned),
            since: Timestamp::UNIX_EPOCH,
        };
        status.problems = vec![
            problem(ConnectionProblem::EventsNotPermitted, Some("Events: Read")),
            problem(ConnectionProblem::WebhookUnreachable, None),
        ];
        status.webhook.endpoint_id = Some("we_FAKE".to_owned());
        let facts = status.facts();
        assert!(facts.contains(&("Webhook", "set up by us (we_FAKE)".to_owned())));
        let problems: Vec<&str> = facts
            .iter()
            .filter(|(name, _)| *name == "Problem")
            .map(|(_, words)| words.as_str())
            .collect();
        assert_eq!(problems.len(), 2);
        assert!(problems[0].starts_with("events_not_permitted (Events: Read): The key may not"));
        assert!(problems[1].starts_with("webhook_unreachable: Stripe cannot reach"));
    }
}
