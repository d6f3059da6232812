//! `POST /webhook/stripe`: one URL for all stores. The event's own words only tell *whose* secret must verify it.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::StoreId;
use stripe_http::webhook::Event;

use super::{intake, types};
use crate::app::App;
use crate::error::ApiError;
use crate::json::read_body;

/// The metadata key under which our `PaymentIntent`s name their store.
const STORE_METADATA: &str = "tillgate_store_id";

/// As the store's own URL, after finding the store; 400 where it cannot be found.
pub async fn receive_shared(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    intake::check_head(&app, &request)?;
    let body = read_body(payload.into_inner(), intake::MAX_EVENT_BYTES).await?;
    let store_id = find_store(&app, &body).await?.ok_or_else(no_store)?;
    intake::accept(&app, &request, store_id, body).await
}

/// A hint from an unverified body: it decides which secret is tried, nothing else.
async fn find_store(app: &App, body: &[u8]) -> Result<Option<StoreId>, ApiError> {
    let Ok(event) = Event::parse(body) else {
        return Ok(None);
    };
    let mut conn = app.db.read().await?;
    if let Some(named) = event.object.metadata.get(STORE_METADATA) {
        let Ok(store_id) = named.parse() else {
            return Ok(None);
        };
        return Ok(db::stores::find(&mut conn, store_id)
            .await?
            .map(|store| store.id));
    }
    let intent = types::payment_intent_id(&event).or(event.object.payment_intent);
    let Some(intent) = intent else {
        return Ok(None);
    };
    let stores = db::payments::stores_with_intent(&mut conn, &intent).await?;
    Ok(if let [store_id] = stores[..] {
        Some(store_id)
    } else {
        None
    })
}

fn no_store() -> ApiError {
    ApiError::malformed(
        "store_unknown",
        "This event does not tell which store it is for. Use the store's own webhook URL: /webhook/stripe/{store_id}.",
    )
}
