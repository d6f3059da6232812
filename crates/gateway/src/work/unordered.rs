//! Money that was taken for a cart before there was an order: only the merchant can have captured it, in Stripe's dashboard. If
//! the order never comes, nobody else would ever see it.

use db::Conn;
use db::connection_problems::{open, resolve};
use db::payments::Payment;
use domain::StoreId;
use domain::connection_problem::ConnectionProblem;
use jiff::Timestamp;

use crate::error::ApiError;
use crate::orders::wire::dashboard_url;

const PROBLEM: ConnectionProblem = ConnectionProblem::PaidWithoutOrder;
/// So many payments are named; whoever has settled these is told the next ones.
const NAMED: i64 = 5;

/// Brings the problem of the payment's connection up to date: open with where such payments are in Stripe's dashboard, or
/// resolved where there is none. Belongs into the transaction that takes, refunds or orders one.
pub async fn refresh(
    conn: &mut Conn,
    store_id: StoreId,
    payment: &Payment,
    now: Timestamp,
) -> Result<(), ApiError> {
    let (mode, account_id) = (payment.mode, &payment.account_id);
    // A problem belongs to a connection; a payment may have outlived its own.
    let connection = db::connections::find_account(conn, store_id, mode, account_id).await?;
    if connection.is_none() {
        return Ok(());
    }
    // Writing the row first lets two at once look one after the other.
    let is_new = open(conn, store_id, mode, account_id, PROBLEM, None, now).await?;
    let taken =
        db::payments::list_taken_without_order(conn, store_id, mode, account_id, NAMED).await?;
    if taken.is_empty() {
        resolve(conn, store_id, mode, account_id, PROBLEM).await?;
        return Ok(());
    }
    let addresses: Vec<String> = taken.iter().filter_map(dashboard_url).collect();
    let detail = addresses.join(", ");
    let detail = Some(detail.as_str());
    open(conn, store_id, mode, account_id, PROBLEM, detail, now).await?;
    if is_new {
        tracing::error!(%store_id, payment_id = %payment.id, "incident: money was taken for a cart that has no order");
    }
    Ok(())
}
