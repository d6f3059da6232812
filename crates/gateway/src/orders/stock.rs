//! An order's pieces: taken when it is placed, given back once, and taken again if it is paid after that.

use db::Conn;
use db::orders::stock::{self, Taking};
use domain::incident::Incident;
use domain::order::PaymentStatus;
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use serde_json::json;

use super::attention;
use crate::error::ApiError;
use crate::timeline::{self, Cause};

/// Gives back the pieces of an order that was cancelled, once, in the transaction of that change. `false` if that was
/// done before.
pub async fn give_back(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    // Whoever cancels has decided what is to become of an order that cannot be fulfilled.
    let incident = Incident::Unfulfillable;
    attention::resolve(conn, store_id, order_id, incident, cause, now).await?;
    let given = stock::give_back(conn, store_id, order_id).await?;
    if given {
        note(conn, store_id, order_id, "stock.given_back", cause, now).await?;
    }
    Ok(given)
}

/// What a change of its money means for the pieces of an order, in the transaction of that change: money that came keeps them for
/// good. If they were given back meanwhile and are gone, a person has to decide between refund and restock.
pub async fn follow_payment(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    payment_status: PaymentStatus,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    match payment_status {
        PaymentStatus::Authorized | PaymentStatus::Paid => {
            stock::keep_until(conn, store_id, order_id, None).await?;
            match stock::take_again(conn, store_id, order_id, None).await? {
                Taking::Unneeded => {}
                Taking::Taken => {
                    note(conn, store_id, order_id, "stock.taken", cause, now).await?;
                }
                Taking::Short(_) => {
                    let incident = Incident::Unfulfillable;
                    attention::open(conn, store_id, order_id, incident, cause, now).await?;
                }
            }
        }
        PaymentStatus::Refunded => {
            let incident = Incident::Unfulfillable;
            attention::resolve(conn, store_id, order_id, incident, cause, now).await?;
        }
        PaymentStatus::Unpaid
        | PaymentStatus::Failed
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Disputed => {}
    }
    Ok(())
}

/// Takes the pieces of an unpaid order again before it is paid; 422 if they are gone. Unpaid it keeps them until `until`.
pub async fn hold_again(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    until: Timestamp,
    now: Timestamp,
) -> Result<(), ApiError> {
    match stock::take_again(conn, store_id, order_id, Some(until)).await? {
        Taking::Unneeded => Ok(()),
        Taking::Taken => {
            let cause = Cause::Shopper;
            note(conn, store_id, order_id, "stock.taken", cause, now).await
        }
        Taking::Short(name) => Err(insufficient(&name)),
    }
}

/// 422: too few are left.
pub fn insufficient(name: &str) -> ApiError {
    let message = format!(
        "\"{name}\" is sold out, or fewer are left than you want. Change the cart, then try again."
    );
    ApiError::unprocessable("insufficient_stock", message).param("items")
}

pub(crate) async fn note(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    kind: &str,
    cause: Cause<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    timeline::note(conn, store_id, order_id, kind, cause, &json!({}), now).await
}
