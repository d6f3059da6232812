//! `POST /c/pay/{session}` and `GET /c/pay/{session}/outcome`: what the page's script sends and asks.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde_json::json;

use super::stand;
use crate::checkout::{self, Paid, Payer, SESSION};
use crate::hosted::{in_ledger, refusal};
use crate::state::Shared;
use crate::v1::StripeError;

pub(crate) async fn pay(
    shared: Data<Shared>,
    id: Path<String>,
    payer: Json<Payer>,
) -> HttpResponse {
    let done = in_ledger(&shared, SESSION, &id, |ledger, origin| {
        let paid = checkout::pay(ledger, &id, &payer, origin)?;
        let session = ledger.documents.find(SESSION, &id)?;
        Ok::<_, StripeError>(match paid {
            Paid::Done => stand(session),
            Paid::Challenge { client_secret } => json!({ "client_secret": client_secret }),
        })
    });
    match done {
        Some(Ok(answer)) => HttpResponse::Ok().json(answer),
        Some(Err(error)) => refusal(&error),
        None => refusal(&StripeError::missing(SESSION, &id)),
    }
}

/// How the session stands after a challenge.
pub(crate) async fn outcome(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let found = in_ledger(&shared, SESSION, &id, |ledger, _| {
        ledger.documents.get(SESSION, &id).map(stand)
    });
    match found.flatten() {
        Some(answer) => HttpResponse::Ok().json(answer),
        None => refusal(&StripeError::missing(SESSION, &id)),
    }
}
