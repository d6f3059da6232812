//! What a payment's shopper lets the store keep.

use diesel::prelude::*;
use domain::{CustomerId, PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payments;

/// Notes whose payment it is, and since when the shopper agrees that the store keeps what it is paid with, if so.
pub async fn set_saving(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    customer_id: Option<CustomerId>,
    consented_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(payments::table.find((id(store_id), id(payment_id))))
        .set((
            payments::customer_id.eq(customer_id.map(id)),
            payments::save_consented_at.eq(consented_at.map(at)),
            payments::updated_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
