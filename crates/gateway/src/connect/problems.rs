//! A connection's open problems, as a person and a program read them.

use db::Conn;
use db::connection_problems::OpenProblem;
use db::connections::Connection;
use domain::StoreId;
use domain::connection_problem::ConnectionProblem;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::signing::Signing;
use crate::app::App;
use crate::error::ApiError;
use crate::stripe;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConnectionProblem)]
pub struct Problem {
    /// Its name; see [`ConnectionProblem::code`].
    pub code: &'static str,
    /// What it means and what to do.
    pub message: &'static str,
    /// Names or numbers that belong to it, such as the missing permissions.
    pub detail: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

impl Problem {
    /// Whether a person has to make the webhook endpoint.
    pub fn needs_webhook_by_hand(&self) -> bool {
        self.is_one_of(&[
            ConnectionProblem::WebhookNotPermitted,
            ConnectionProblem::WebhookLimitReached,
        ])
    }

    /// Whether the detail names what the key lacks.
    pub fn names_permissions(&self) -> bool {
        self.is_one_of(&[
            ConnectionProblem::PermissionsMissing,
            ConnectionProblem::EventsNotPermitted,
        ])
    }

    fn is_one_of(&self, problems: &[ConnectionProblem]) -> bool {
        problems.iter().any(|problem| problem.code() == self.code)
    }
}

/// All open problems of a store, of former accounts too.
pub async fn list(conn: &mut Conn, store_id: StoreId) -> Result<Vec<OpenProblem>, ApiError> {
    Ok(db::connection_problems::list(conn, store_id).await?)
}

/// Those of one connection, oldest first, without what its webhook makes up for. Before them, whether it can be asked at all.
pub fn of(
    app: &App,
    connection: &Connection,
    signing: &Signing,
    open: &[OpenProblem],
) -> Vec<Problem> {
    let elsewhere = ConnectionProblem::ConnectedElsewhere;
    let elsewhere = stripe::is_elsewhere(app, connection).then(|| Problem {
        code: elsewhere.code(),
        message: elsewhere.message(),
        detail: None,
        since: connection.connected_at,
    });
    let open = open
        .iter()
        .filter(|one| one.mode == connection.mode && one.account_id == connection.account_id)
        .filter_map(|one| {
            // A word that a newer version stored says nothing to this one.
            let problem = ConnectionProblem::from_code(&one.code)?;
            // Stripe need not reach us where the Stripe CLI brings the events.
            let is_made_up_for =
                *signing == Signing::Forwarded && problem == ConnectionProblem::WebhookUnreachable;
            (!is_made_up_for).then(|| Problem {
                code: problem.code(),
                message: problem.message(),
                detail: one.detail.clone(),
                since: one.since,
            })
        });
    elsewhere.into_iter().chain(open).collect()
}
