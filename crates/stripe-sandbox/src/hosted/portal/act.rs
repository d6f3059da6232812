//! `POST /p/session/{secret}`: what the buttons of the portal do. They do it as the merchant's own
//! server would, through the API.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Visit, text, visit};
use crate::api::portal::LINK;
use crate::api::subscriptions;
use crate::hosted::{in_ledger, refusal};
use crate::params::Params;
use crate::payments::wallet;
use crate::state::{Ledger, Shared};
use crate::v1::{Call, Caller, Origin, StripeError};

/// What the customer wants.
#[derive(Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Action {
    Cancel { subscription: String },
    Resume { subscription: String },
    Change { subscription: String, price: String },
    Card { payment_method: String },
}

pub(crate) async fn act(
    shared: Data<Shared>,
    secret: Path<String>,
    action: Json<Action>,
) -> HttpResponse {
    let done = in_ledger(&shared, LINK, &secret, |ledger, origin| {
        let visit = visit(ledger, &secret, origin.now).ok_or_else(over)?;
        perform(ledger, &visit, &action, origin)
    });
    match done {
        Some(Ok(())) => HttpResponse::Ok().json(json!({ "done": true })),
        Some(Err(error)) => refusal(&error),
        None => refusal(&over()),
    }
}

fn over() -> StripeError {
    StripeError::other(
        404,
        "invalid_request_error",
        "The link to this page has expired. Go back to the shop and open it again.",
    )
}

fn perform(
    ledger: &mut Ledger,
    visit: &Visit,
    action: &Action,
    origin: &Origin,
) -> Result<(), StripeError> {
    match action {
        Action::Cancel { subscription } => {
            allowed(ledger, visit, "subscription_cancel", subscription)?;
            if visit.features["subscription_cancel"]["mode"] == "immediately" {
                let mut call = call(ledger, subscription, json!({}), origin);
                return subscriptions::cancel(&mut call).map(|_| ());
            }
            update(
                ledger,
                subscription,
                json!({ "cancel_at_period_end": true }),
                origin,
            )
        }
        Action::Resume { subscription } => {
            owned(ledger, visit, subscription)?;
            update(
                ledger,
                subscription,
                json!({ "cancel_at_period_end": false }),
                origin,
            )
        }
        Action::Change {
            subscription,
            price,
        } => {
            allowed(ledger, visit, "subscription_update", subscription)?;
            if !visit.offers().contains(price) {
                return Err(StripeError::invalid("The shop does not offer that plan."));
            }
            change(ledger, visit, subscription, price, origin)
        }
        Action::Card { payment_method } => {
            if !visit.may("payment_method_update") {
                return Err(not_allowed());
            }
            use_card(ledger, visit, payment_method, origin)
        }
    }
}

fn change(
    ledger: &mut Ledger,
    visit: &Visit,
    subscription: &str,
    price: &str,
    origin: &Origin,
) -> Result<(), StripeError> {
    let found = ledger.documents.find("subscription", subscription)?;
    let item = found
        .get("items")
        .map_or(Value::Null, |items| items["data"][0]["id"].clone());
    let prorates = &visit.features["subscription_update"]["proration_behavior"];
    let given =
        json!({ "items": [{ "id": item, "price": price }], "proration_behavior": prorates });
    update(ledger, subscription, given, origin)
}

/// The card becomes the customer's usual one, and that of their subscriptions.
fn use_card(
    ledger: &mut Ledger,
    visit: &Visit,
    method: &str,
    origin: &Origin,
) -> Result<(), StripeError> {
    wallet::attach(ledger, method, &visit.customer, origin)?;
    let mut customer = ledger.documents.find("customer", &visit.customer)?.clone();
    customer
        .entry("invoice_settings")
        .or_insert_with(|| json!({}))["default_payment_method"] = json!(method);
    ledger.change(customer, "customer.updated", origin);
    let all: Vec<String> = visit
        .subscriptions(ledger)
        .map(|one| text(one, "id").to_owned())
        .collect();
    for id in all {
        update(
            ledger,
            &id,
            json!({ "default_payment_method": method }),
            origin,
        )?;
    }
    Ok(())
}

fn allowed(
    ledger: &Ledger,
    visit: &Visit,
    feature: &str,
    subscription: &str,
) -> Result<(), StripeError> {
    owned(ledger, visit, subscription)?;
    if visit.may(feature) {
        Ok(())
    } else {
        Err(not_allowed())
    }
}

fn not_allowed() -> StripeError {
    StripeError::other(
        403,
        "invalid_request_error",
        "The shop does not allow that here.",
    )
}

fn owned(ledger: &Ledger, visit: &Visit, subscription: &str) -> Result<(), StripeError> {
    let mut own = visit.subscriptions(ledger);
    if own.any(|one| text(one, "id") == subscription) {
        return Ok(());
    }
    Err(StripeError::missing("subscription", subscription))
}

fn update(
    ledger: &mut Ledger,
    subscription: &str,
    given: Value,
    origin: &Origin,
) -> Result<(), StripeError> {
    subscriptions::update(&mut call(ledger, subscription, given, origin)).map(|_| ())
}

fn call<'a>(ledger: &'a mut Ledger, id: &str, given: Value, origin: &Origin) -> Call<'a> {
    let given = match given {
        Value::Object(given) => Params::from(given),
        _ => Params::default(),
    };
    Call {
        ledger,
        caller: Caller::Secret,
        params: given,
        ids: vec![id.to_owned()],
        origin: origin.clone(),
        path: String::new(),
    }
}
