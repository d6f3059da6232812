//! `POST /orders/{order_id}/restock`, with a store API key: takes the pieces of a paid order that could not be fulfilled.

use actix_web::{HttpResponse, web};
use db::orders::stock::{Taking, take_again};
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};

use super::attention;
use super::stock::{insufficient, note};
use super::wire::{Audience, OrderReply};
use crate::app::App;
use crate::checkout::intent::order_cancelled;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::timeline::Cause;

/// The order, with its pieces out of the stock; 422 while too few are there.
pub async fn restock(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let order = super::access::find_of_key(&app, &caller, &path.1).await?;
    if order.status == OrderStatus::Cancelled {
        return Err(order_cancelled());
    }
    if order.payment_status.is_payable() {
        return Err(ApiError::conflict(
            "order_unpaid",
            "This order is not paid. Its pieces are taken again when it is.",
        ));
    }
    if order.payment_status == PaymentStatus::Refunded {
        return Err(ApiError::conflict(
            "order_refunded",
            "This order's money went back in full: nothing is to be sent. Its pieces stay on sale.",
        ));
    }
    let (store_id, now) = (caller.store.id, app.now());
    let key_id = caller.key.id.to_string();
    let cause = Cause::ApiKey(&key_id);
    let mut tx = app.db.begin().await?;
    match take_again(&mut tx, store_id, order.id, None).await? {
        Taking::Short(name) => {
            tx.rollback().await?;
            return Err(insufficient(&name));
        }
        Taking::Taken => note(&mut tx, store_id, order.id, "stock.taken", cause, now).await?,
        Taking::Unneeded => {}
    }
    let incident = Incident::Unfulfillable;
    if attention::resolve(&mut tx, store_id, order.id, incident, cause, now).await? {
        let (actor, subject) = (caller.actor(), order.id.to_string());
        db::audit::record(&mut tx, store_id, &actor, "order.restocked", &subject, now).await?;
    }
    tx.commit().await?;
    let mut conn = app.db.read().await?;
    Ok(HttpResponse::Ok()
        .json(OrderReply::load(&app, &mut conn, &order, Audience::Merchant).await?))
}
