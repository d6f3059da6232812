//! What a person has to look at (`attention`): opened and closed in the transaction of what made it so, and told in the
//! order's story.

use db::Conn;
use db::incidents;
use domain::incident::Incident;
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::json;

use crate::error::ApiError;
use crate::timeline::{self, Cause};

/// Opens an incident of an order, unless it is open already.
pub async fn open(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    incident: Incident,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    if incidents::open(conn, store_id, order_id, incident, now).await? {
        let detail = json!({ "code": incident.code() });
        let kind = "incident.opened";
        timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await?;
        tracing::error!(%store_id, %order_id, incident = incident.code(), "incident: a person has to look");
    }
    Ok(())
}

/// Closes an incident of an order. Tells whether it was open.
pub async fn resolve(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    incident: Incident,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let resolved = incidents::resolve(conn, store_id, order_id, incident, now).await?;
    if resolved {
        let detail = json!({ "code": incident.code() });
        let kind = "incident.resolved";
        timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await?;
    }
    Ok(resolved)
}

/// Closes all that is open: what it told of has been put right.
pub async fn resolve_all(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let open = incidents::list_open(conn, store_id, order_id).await?;
    if open.is_empty() {
        return Ok(());
    }
    incidents::resolve_all(conn, store_id, order_id, now).await?;
    for incident in open {
        let detail = json!({ "code": incident.code });
        let kind = "incident.resolved";
        timeline::note(conn, store_id, order_id, kind, cause, &detail, now).await?;
    }
    Ok(())
}
