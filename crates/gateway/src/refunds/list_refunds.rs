//! `GET /orders/{order_id}/refunds`, with a store API key.

use actix_web::{HttpResponse, web};
use db::refunds::Refund;
use domain::RefundId;

use super::wire::RefundReply;
use crate::app::App;
use crate::error::ApiError;
use crate::guards::StoreKey;
use crate::orders::access::find_of_key;
use crate::paging::{Cursor, List, PageQuery};

/// One page of the order's refunds, newest first.
pub async fn list_refunds(
    app: web::Data<App>,
    caller: StoreKey,
    path: web::Path<(String, String)>,
    query: web::Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let limit = query.limit()?;
    let cursor = query.cursor::<RefundId>()?;
    let store_id = caller.store.id;
    let order = find_of_key(&app, &caller, &path.1).await?;
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_open_by_order(&mut conn, store_id, order.id).await?;
    let mut refunds = match payment {
        Some(payment) => db::refunds::list(&mut conn, store_id, payment.id).await?,
        None => Vec::new(),
    };
    refunds.reverse();
    let is_backwards = matches!(cursor, Cursor::Before(_));
    let page = page(refunds, cursor, usize::try_from(limit).unwrap_or(1) + 1);
    let data: Vec<RefundReply> = page.into_iter().map(RefundReply::from).collect();
    Ok(HttpResponse::Ok().json(List::new(data, limit, is_backwards)))
}

/// At most `count` of a payment's refunds, which are few. After or before one that is not among them there are none.
fn page(mut refunds: Vec<Refund>, cursor: Cursor<RefundId>, count: usize) -> Vec<Refund> {
    let place = |id: RefundId, list: &[Refund]| list.iter().position(|refund| refund.id == id);
    match cursor {
        Cursor::First => {}
        Cursor::After(id) => {
            let begin = place(id, &refunds).map_or(refunds.len(), |place| place + 1);
            refunds.drain(..begin);
        }
        Cursor::Before(id) => {
            let end = place(id, &refunds).unwrap_or(0);
            refunds.truncate(end);
            refunds.drain(..end.saturating_sub(count));
        }
    }
    refunds.truncate(count);
    refunds
}
