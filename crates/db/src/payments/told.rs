//! What Stripe told about a payment, beside where it stands.

use diesel::prelude::*;
use domain::{PaymentId, StoreId};
use jiff::Timestamp;

use crate::DbError;
use crate::columns::{at, id};
use crate::conn::{Conn, RunQueryDsl};
use crate::schema::payments;

/// Remembers Stripe's charge, and until when it can be captured.
pub async fn set_charge(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    charge_id: &str,
    capture_before: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(payments::table.find((id(store_id), id(payment_id))))
        .set((
            payments::charge_id.eq(charge_id.to_owned()),
            payments::capture_before.eq(capture_before.map(at)),
            payments::updated_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers why the last attempt failed, for the shopper and the merchant.
pub async fn set_last_error(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    code: Option<&str>,
    decline_code: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    diesel::update(payments::table.find((id(store_id), id(payment_id))))
        .set((
            payments::last_error_code.eq(code.map(str::to_owned)),
            payments::last_decline_code.eq(decline_code.map(str::to_owned)),
            payments::updated_at.eq(at(now)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers the charge of an attempt that failed; `false` if that was known.
pub async fn set_failed_charge(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    charge_id: &str,
) -> Result<bool, DbError> {
    let changed = diesel::update(
        payments::table.find((id(store_id), id(payment_id))).filter(
            payments::failed_charge_id
                .is_null()
                .or(payments::failed_charge_id.ne(charge_id.to_owned())),
        ),
    )
    .set(payments::failed_charge_id.eq(charge_id.to_owned()))
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Remembers where Stripe said just now that the `PaymentIntent` stands.
pub async fn set_stripe_status(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    status: &str,
) -> Result<(), DbError> {
    diesel::update(payments::table.find((id(store_id), id(payment_id))))
        .set(payments::stripe_status.eq(status.to_owned()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Remembers Stripe's id of the request that created it: the story of the order that it will pay begins there.
pub async fn set_creation_request(
    conn: &mut Conn,
    store_id: StoreId,
    payment_id: PaymentId,
    request_id: &str,
) -> Result<(), DbError> {
    diesel::update(payments::table.find((id(store_id), id(payment_id))))
        .set(payments::created_request_id.eq(request_id.to_owned()))
        .execute(conn)
        .await?;
    Ok(())
}
