//! `/v1/payment_methods`, and how other endpoints are given a payment method.

use serde_json::{Map, Value};

use crate::cards::{self, CardDetails, TestCard};
use crate::ids;
use crate::objects::{PaymentMethod, merge_metadata};
use crate::v1::{Call, Caller, StripeError};

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let data: Map<String, Value> = call
        .params
        .given()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let id = from_data(call, &data, "")?;
    call.ledger
        .object("payment_method", &id)
        .ok_or_else(|| StripeError::missing("PaymentMethod", &id))
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let found = call.ledger.payment_methods.get(call.id());
    found
        .map(PaymentMethod::render)
        .ok_or_else(|| StripeError::missing("PaymentMethod", call.id()))
}

/// The `PaymentMethod` that a request names by `payment_method` or gives as `payment_method_data`.
pub(crate) fn given(call: &mut Call<'_>) -> Result<Option<String>, StripeError> {
    if let Some(data) = call.params.object("payment_method_data").cloned() {
        return from_data(call, &data, "payment_method_data").map(Some);
    }
    let Some(name) = call.params.text("payment_method").map(str::to_owned) else {
        return Ok(None);
    };
    named(call, &name).map(Some)
}

fn named(call: &mut Call<'_>, name: &str) -> Result<String, StripeError> {
    if let Some(card) = TestCard::by_payment_method(name) {
        let method = PaymentMethod::ready_made(card, call.origin.now, call.ledger.livemode);
        let id = method.id.clone();
        call.ledger.payment_methods.insert(id.clone(), method);
        return Ok(id);
    }
    if call.ledger.payment_methods.contains_key(name) {
        return Ok(name.to_owned());
    }
    Err(StripeError::missing("PaymentMethod", name))
}

fn from_data(
    call: &mut Call<'_>,
    data: &Map<String, Value>,
    prefix: &str,
) -> Result<String, StripeError> {
    let param = |name: &str| {
        if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}[{name}]")
        }
    };
    let kind = data.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind != "card" {
        return Err(StripeError::invalid(format!(
            "The payment method type provided: {kind} is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use."
        ))
        .param(&param("type")));
    }
    let Some(Value::Object(card)) = data.get("card") else {
        let param = param("card");
        return Err(
            StripeError::invalid(format!("Missing required param: {param}."))
                .code("parameter_missing")
                .param(&param),
        );
    };
    if call.caller == Caller::Secret {
        return Err(StripeError::other(
            402,
            "invalid_request_error",
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card you are using, see https://stripe.com/docs/testing. To enable testing raw card data APIs, see https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis.",
        ));
    }
    let integer = |name: &str| card.get(name).and_then(Value::as_i64).unwrap_or_default();
    let details = CardDetails {
        number: card
            .get("number")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        exp_month: integer("exp_month"),
        exp_year: integer("exp_year"),
        cvc: card.get("cvc").and_then(Value::as_str),
    };
    let (card, exp_year) =
        cards::check(&details, year_and_month(call.origin.now)).map_err(|refusal| {
            StripeError::card(refusal.decline, refusal.message).param(refusal.param)
        })?;
    let mut metadata = Map::new();
    merge_metadata(&mut metadata, data.get("metadata"));
    let method = PaymentMethod {
        id: ids::object("pm"),
        card,
        exp_month: details.exp_month,
        exp_year,
        cvc_given: details.cvc.is_some(),
        billing_details: PaymentMethod::billing_details(
            data.get("billing_details").and_then(Value::as_object),
        ),
        metadata,
        created: call.origin.now,
        livemode: call.ledger.livemode,
    };
    let id = method.id.clone();
    call.ledger.payment_methods.insert(id.clone(), method);
    Ok(id)
}

fn year_and_month(now: i64) -> (i64, i64) {
    let date = jiff::Timestamp::from_second(now)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    (i64::from(date.year()), i64::from(date.month()))
}
