//! How a request gives a payment method: by id, by the name of a ready-made one, as card data, or by
//! a test token.

use serde_json::{Map, Value};

use crate::cards::{self, CardDetails, TestCard};
use crate::objects::{PaymentMethod, merge_metadata};
use crate::v1::{Call, Caller, StripeError};

/// The `PaymentMethod` that a request names by `payment_method` or gives as `payment_method_data`.
pub(crate) fn given(call: &mut Call<'_>) -> Result<Option<String>, StripeError> {
    if let Some(data) = call.params.object("payment_method_data").cloned() {
        return from_data(call, &data, "payment_method_data").map(Some);
    }
    let Some(name) = call.params.text("payment_method").map(str::to_owned) else {
        return Ok(None);
    };
    let found = named(call, &name);
    found
        .map(Some)
        .map_err(|_| StripeError::no_such("PaymentMethod", &name, "payment_method"))
}

/// The `PaymentMethod` with this id; of a ready-made one (`pm_card_visa`), a new copy.
pub(crate) fn named(call: &mut Call<'_>, name: &str) -> Result<String, StripeError> {
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

pub(super) fn from_data(
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
    let (now, livemode) = (call.origin.now, call.ledger.livemode);
    let mut method = match card.get("token").and_then(Value::as_str) {
        Some(token) => {
            let card = TestCard::by_token(token).ok_or_else(|| {
                StripeError::no_such("token", token, &format!("{}[token]", param("card")))
            })?;
            PaymentMethod::ready_made(card, now, livemode)
        }
        None => typed_in(call, card)?,
    };
    let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
    method.billing_details =
        PaymentMethod::billing_details(data.get("billing_details").and_then(Value::as_object));
    method.allow_redisplay = text("allow_redisplay");
    let networks = card.get("networks");
    method.preferred_network = networks
        .and_then(|networks| networks["preferred"].as_str())
        .map(str::to_owned);
    merge_metadata(&mut method.metadata, data.get("metadata"));
    let id = method.id.clone();
    call.ledger.payment_methods.insert(id.clone(), method);
    Ok(id)
}

/// Card details as a shopper typed them. A server that sends them is refused, as at Stripe.
fn typed_in(call: &Call<'_>, card: &Map<String, Value>) -> Result<PaymentMethod, StripeError> {
    if call.caller == Caller::Secret {
        return Err(StripeError::other(
            402,
            "invalid_request_error",
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card you are using, see https://stripe.com/docs/testing. To enable testing raw card data APIs, see https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis.",
        ));
    }
    let integer = |name: &str| card.get(name).and_then(Value::as_i64).unwrap_or_default();
    let text = |name: &str| card.get(name).and_then(Value::as_str);
    let details = CardDetails {
        number: text("number").unwrap_or_default(),
        exp_month: integer("exp_month"),
        exp_year: integer("exp_year"),
        cvc: text("cvc"),
    };
    let (card, exp_year) =
        cards::check(&details, year_and_month(call.origin.now)).map_err(|refusal| {
            StripeError::card(refusal.decline, refusal.message).param(refusal.param)
        })?;
    let expires = (details.exp_month, exp_year);
    let mut method = PaymentMethod::new(card, expires, call.origin.now, call.ledger.livemode);
    method.cvc_given = details.cvc.is_some();
    Ok(method)
}

/// Of a time in seconds, in UTC.
pub(super) fn year_and_month(now: i64) -> (i64, i64) {
    let date = jiff::Timestamp::from_second(now)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    (i64::from(date.year()), i64::from(date.month()))
}
