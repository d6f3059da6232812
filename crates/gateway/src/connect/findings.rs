//! What was found out about a connection, against what is recorded: problems open, and end by themselves.

use domain::connection_problem::ConnectionProblem;

use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Opens the problems that are there and closes those that are not; writes only what is new.
pub(crate) async fn settle(
    app: &App,
    stripe: &StoreStripe,
    findings: &[(ConnectionProblem, bool)],
) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let mut conn = app.db.read().await?;
    let mut open = db::connection_problems::list(&mut conn, store_id).await?;
    drop(conn);
    open.retain(|one| one.mode == mode && one.account_id == account_id);
    let is_open = |problem: ConnectionProblem| open.iter().any(|one| one.code == problem.code());
    let news: Vec<_> = findings
        .iter()
        .filter(|(problem, found)| is_open(*problem) != *found)
        .collect();
    if news.is_empty() {
        return Ok(());
    }
    let now = app.now();
    let mut tx = app.db.begin().await?;
    for (problem, found) in news {
        let code = problem.code();
        if *found {
            tracing::warn!(%store_id, %mode, account_id, code, "a connection has a problem");
            db::connection_problems::open(&mut tx, store_id, mode, account_id, *problem, None, now)
                .await?;
        } else {
            tracing::info!(%store_id, %mode, account_id, code, "a connection's problem is over");
            db::connection_problems::resolve(&mut tx, store_id, mode, account_id, *problem).await?;
        }
    }
    Ok(tx.commit().await?)
}
