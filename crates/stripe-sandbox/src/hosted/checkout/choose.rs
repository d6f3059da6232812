//! `POST /c/pay/{session}/choices`: other quantities, another way of shipping.

use std::collections::HashMap;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;

use super::summary;
use crate::checkout::{self, Hidden, SESSION};
use crate::hosted::{in_ledger, refusal};
use crate::state::Shared;
use crate::v1::StripeError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct Choices {
    /// By the line item's id.
    quantities: HashMap<String, i64>,
    shipping_rate: Option<String>,
}

pub(crate) async fn choose(
    shared: Data<Shared>,
    id: Path<String>,
    choices: Json<Choices>,
) -> HttpResponse {
    let done = in_ledger(&shared, SESSION, &id, |ledger, _| {
        checkout::choose(
            ledger,
            &id,
            &choices.quantities,
            choices.shipping_rate.as_deref(),
        )?;
        let session = ledger.documents.find(SESSION, &id)?;
        Ok::<_, StripeError>(summary::changed(session, &Hidden::of(ledger, &id)))
    });
    match done {
        Some(Ok(answer)) => HttpResponse::Ok().json(answer),
        Some(Err(error)) => refusal(&error),
        None => refusal(&StripeError::missing(SESSION, &id)),
    }
}
