//! `POST /api/v1/payment-links/{link_token}/complete`: the order of a link that has been paid.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::complete::{complete_apart, payment_of};
use super::found;
use crate::app::App;
use crate::error::ApiError;
use crate::json::Json;

/// What was paid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkCompletion)]
pub struct CompleteRequest {
    #[schema(max_length = 255)]
    payment_intent_id: String,
}

/// 200 `{status: "completed", payment_intent_id, order_id}`, once. 404 for an unknown token, 409 `payment_mismatch` for another
/// payment than the link's own, 402 `payment_incomplete` while it holds no money, 409 `link_busy` while somebody else completes
/// it, 410 `link_used` after that, 422 `insufficient_stock` where it has sold out: then the money is given free.
pub async fn complete_link(
    app: web::Data<App>,
    token: web::Path<String>,
    Json(body): Json<CompleteRequest>,
) -> Result<HttpResponse, ApiError> {
    let link = found::find(&app, &token).await?;
    found::check_payable(&link, app.now())?;
    // Whoever names another payment does not even take the link.
    let payment = payment_of(&app, &link).await?;
    if payment.payment_intent_id.as_deref() != Some(body.payment_intent_id.as_str()) {
        return Err(ApiError::conflict(
            "payment_mismatch",
            "This is not the payment of the link. Send the payment_intent_id that the link was made with.",
        )
        .param("payment_intent_id"));
    }
    let order = complete_apart(&app, link).await?;
    Ok(HttpResponse::Ok().json(json!({
        "status": "completed",
        "payment_intent_id": body.payment_intent_id,
        "order_id": order.id,
    })))
}
