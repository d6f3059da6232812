//! `POST /stripe/connect`: checks the keys and connects the store, or shows the form again.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::return_url::ReturnUrl;

use super::csrf;
use super::form::{self, Entered};
use super::keys::{self, ConnectError};
use super::posted::Posted;
use super::refusal::Refusal;
use super::shape::FormErrors;
use super::visit::Visit;
use crate::app::App;
use crate::error::ApiError;
use crate::middleware::rate_limit::Budget;
use crate::pages;

/// Takes the form; the connect token is used up by success only.
pub async fn submit_keys(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    match submit(&app, &request, payload).await {
        Ok(answer) => Ok(answer),
        Err(refusal) => refusal.page(&app),
    }
}

async fn submit(
    app: &App,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let posted = Posted::read(request, payload.into_inner()).await?;
    let visit = Visit::open(app, &posted.store_id, posted.return_url()).await?;
    if posted.token.is_empty() {
        return Err(Refusal::no_token());
    }
    let token_id = visit.permit(app, &posted.token).await?;
    csrf::check(app, request, &posted.csrf_token)?;
    // After the proofs, so that nobody else can use up the merchant's tries.
    app.rate_limits
        .check(Budget::ConnectKeys, visit.store.id)
        .map_err(Refusal::too_many_tries)?;
    let input = posted.input(token_id);
    let publishable_key = shown_again(&input.publishable_key).to_owned();
    let mut unconfirmed = None;
    let (errors, cause) = match keys::connect(app, visit.store.id, input).await {
        Ok(_) => return Ok(onward(&visit)),
        Err(ConnectError::TokenUsed) => return Err(Refusal::token_gone()),
        Err(ConnectError::Storage(error)) => return Err(error.into()),
        Err(ConnectError::Refused(errors)) => (*errors, None),
        Err(ConnectError::OtherAccount(change)) => {
            unconfirmed = Some(change);
            (FormErrors::default(), Some(account_change_unconfirmed()))
        }
        Err(ConnectError::Stripe(error)) => (STRIPE_SILENT, Some(ApiError::from(error))),
    };
    let status = cause
        .as_ref()
        .map_or(StatusCode::UNPROCESSABLE_ENTITY, ApiError::status);
    let entered = Entered {
        publishable_key: &publishable_key,
        errors,
        unconfirmed,
    };
    let page = form::render(app, request, &visit, &posted.token, entered, status).await?;
    Ok(match cause {
        Some(error) => pages::with_cause(page, error),
        None => page,
    })
}

/// 409: the form asks for a confirmation.
fn account_change_unconfirmed() -> ApiError {
    ApiError::conflict(
        "account_change_unconfirmed",
        "The store is connected to another Stripe account in this mode. Confirm the change in the form.",
    )
}

/// A secret that was pasted into the wrong field must not come back either.
fn shown_again(publishable_key: &str) -> &str {
    if publishable_key.starts_with("pk_") {
        publishable_key
    } else {
        ""
    }
}

const STRIPE_SILENT: FormErrors = FormErrors {
    form: Some(std::borrow::Cow::Borrowed(
        "Stripe could not be reached to check the keys. Nothing was changed. Paste the secrets again and try once more in a moment.",
    )),
    publishable_key: None,
    secret_key: None,
    webhook_secret: None,
};

fn onward(visit: &Visit) -> HttpResponse {
    let store_id = visit.store.id.to_string();
    let back = |url: &ReturnUrl| url.with_query(&[("store_id", &store_id), ("connected", "true")]);
    let target = visit
        .return_url
        .as_ref()
        .map_or_else(|| format!("/stripe/success/{store_id}"), back);
    HttpResponse::SeeOther()
        .insert_header((LOCATION, target))
        .finish()
}
