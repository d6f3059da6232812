//! Checks that several endpoints share.

use serde_json::{Map, Value};

use crate::api::check;
use crate::billing;
use crate::currencies::{self, AmountProblem};
use crate::objects::{ECHOED, PaymentIntent};
use crate::params::Params;
use crate::payments::wallet;
use crate::v1::{Call, StripeError};

/// Whether the amount can be charged in the currency.
pub(super) fn amount(amount: i64, currency: &str) -> Result<(), StripeError> {
    if amount < 1 {
        return Err(
            StripeError::invalid("This value must be greater than or equal to 1.")
                .code("parameter_invalid_integer")
                .param("amount"),
        );
    }
    let error = match currencies::check_amount(amount, currency) {
        Ok(()) => return Ok(()),
        Err(AmountProblem::TooSmall(minimum)) => {
            StripeError::invalid(format!("Amount must be at least {minimum}"))
                .code("amount_too_small")
        }
        Err(AmountProblem::TooLarge(maximum)) => {
            StripeError::invalid(format!("Amount must be no more than {maximum}"))
                .code("amount_too_large")
        }
        Err(AmountProblem::NotAMultiple(step)) => StripeError::invalid(format!(
            "Invalid amount: amounts in {currency} must be divisible by {step}."
        ))
        .code("parameter_invalid_integer"),
    };
    Err(error.param("amount"))
}

/// What the parameters name has to be there; what only platforms can use is refused; texts must look
/// like what they are.
pub(crate) fn references(call: &Call<'_>) -> Result<(), StripeError> {
    let params = &call.params;
    if let Some(customer) = params.text("customer") {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    for (name, kind) in [
        ("customer_account", "account"),
        ("mandate", "mandate"),
        ("confirmation_token", "confirmationtoken"),
        ("on_behalf_of", "on_behalf_of"),
        (
            "payment_method_configuration",
            "payment_method_configuration",
        ),
    ] {
        if let Some(id) = params.text(name) {
            return Err(StripeError::no_such(kind, id, name));
        }
    }
    connect(params)?;
    types(params)?;
    if let Some(tax) = params.object("hooks").and_then(tax_calculation) {
        let param = "hooks[inputs][tax][calculation]";
        return Err(StripeError::no_such("tax calculation", tax, param));
    }
    if let Some(email) = params.text("receipt_email") {
        check::email("receipt_email", email)?;
    }
    if let Some(url) = params.text("return_url") {
        check::return_url("return_url", url)?;
    }
    Ok(())
}

fn tax_calculation(hooks: &Map<String, Value>) -> Option<&str> {
    hooks
        .get("inputs")?
        .get("tax")?
        .get("calculation")?
        .as_str()
}

/// The sandbox's accounts have cards activated, and Link, which pays by card.
fn types(params: &Params) -> Result<(), StripeError> {
    for name in ["allowed_payment_method_types", "payment_method_types"] {
        let types = params.texts(name).unwrap_or_default();
        let other = types
            .iter()
            .find(|kind| !matches!(kind.as_str(), "card" | "link"));
        if let Some(kind) = other {
            return Err(StripeError::invalid(format!(
                "The payment method type \"{kind}\" is invalid. Please ensure the provided type is activated in your dashboard (https://dashboard.stripe.com/account/payments/settings) and your account is enabled for any preview features that you are trying to use. See https://stripe.com/docs/payments/payment-methods/integration-options for supported payment method, currency, and country combinations."
            ))
            .param(name));
        }
    }
    Ok(())
}

/// The accounts of the sandbox are not platforms. Source: Stripe docs, "Connect".
fn connect(params: &Params) -> Result<(), StripeError> {
    if let Some(transfer) = params.object("transfer_data") {
        let destination = transfer.get("destination").and_then(Value::as_str);
        return Err(StripeError::no_such(
            "destination",
            destination.unwrap_or_default(),
            "transfer_data[destination]",
        ));
    }
    if params.integer("application_fee_amount").is_some() {
        return Err(StripeError::invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment (using an OAuth key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
        )
        .param("application_fee_amount"));
    }
    Ok(())
}

/// What is charged, and to whom, is the invoice's to say where Stripe made the payment for one.
pub(super) fn invoice_decides(call: &Call<'_>, id: &str) -> Result<(), StripeError> {
    let decided = ["amount", "currency", "customer"];
    let given = decided.iter().find(|name| call.params.get(name).is_some());
    match given {
        Some(name) if billing::made_for_invoice(call.ledger, id) => {
            Err(StripeError::invalid(format!(
                "This PaymentIntent's {name} could not be updated because it was created by an invoice. The PaymentIntent of an invoice can't be edited directly."
            ))
            .param(name))
        }
        _ => Ok(()),
    }
}

/// Refuses a payment method that the payment's customer cannot pay with.
pub(crate) fn usable(
    call: &Call<'_>,
    method: Option<&str>,
    customer: Option<&str>,
) -> Result<(), StripeError> {
    method.map_or(Ok(()), |method| {
        wallet::check_use(call.ledger, method, customer)
    })
}

/// Refuses another customer than the one that the payment or set-up has.
pub(crate) fn other_customer(
    params: &Params,
    customer: Option<&str>,
    kind: &str,
) -> Option<StripeError> {
    let (before, after) = (customer?, params.get("customer")?);
    if after.as_str() == Some(before) {
        return None;
    }
    let fulfil = if kind == "PaymentIntent" {
        "fulfill a payment"
    } else {
        "complete a setup"
    };
    Some(StripeError::invalid(format!(
        "You cannot modify `customer` on a {kind} once it already has been set. To {fulfil} with a different Customer, cancel this {kind} and create a new one."
    )))
}

/// Whether the shopper is away: also `one_off` and `recurring` say so.
pub(super) fn is_off_session(params: &Params) -> bool {
    match params.get("off_session") {
        Some(Value::Bool(away)) => *away,
        given => given.is_some(),
    }
}

/// Refuses a shopper who is away and agrees to later payments all the same.
pub(super) fn off_session(intent: &PaymentIntent, params: &Params) -> Result<(), StripeError> {
    if !is_off_session(params) || intent.setup_future_usage().is_none() {
        return Ok(());
    }
    Err(StripeError::invalid(
        "You cannot confirm with the `off_session` parameter when `setup_future_usage` is also set on the PaymentIntent because you cannot set up future usages when processing payments off-session.",
    )
    .param("off_session"))
}

/// "This can only be provided during confirmation." Source: Stripe API reference,
/// `payment_method_options.card.moto`.
pub(crate) fn moto_needs_confirm(params: &Params) -> Result<(), StripeError> {
    let card = params.part("payment_method_options").part("card");
    if card.get("moto").is_none() {
        return Ok(());
    }
    let param = "payment_method_options[card][moto]";
    Err(StripeError::invalid(format!(
        "You cannot specify `{param}` when `confirm` is not set to `true`."
    ))
    .param(param))
}

/// Takes over `payment_method_options[card]`; a cleared option is forgotten.
pub(crate) fn card_options(options: &mut Map<String, Value>, params: &Params) {
    let given = params.object("payment_method_options");
    for (name, value) in given
        .and_then(|given| given.get("card")?.as_object())
        .into_iter()
        .flatten()
    {
        if value.is_null() {
            options.shift_remove(name);
        } else {
            options.insert(name.clone(), value.clone());
        }
    }
}

/// Takes over the parameters that Stripe gives back unchanged; a cleared one is null again.
pub(crate) fn echo(echoed: &mut Map<String, Value>, params: &Params) {
    for (name, value) in params.given() {
        if ECHOED.contains(&name.as_str()) {
            echoed.insert(name.clone(), complete(name, value));
        }
    }
}

fn complete(name: &str, value: &Value) -> Value {
    let Value::Object(given) = value else {
        return value.clone();
    };
    if name != "shipping" {
        return value.clone();
    }
    let mut shipping = serde_json::json!({
        "address": { "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null },
        "carrier": null, "name": null, "phone": null, "tracking_number": null,
    });
    for (name, value) in given {
        match value {
            Value::Object(address) => {
                for (part, value) in address {
                    shipping["address"][part] = value.clone();
                }
            }
            _ => shipping[name] = value.clone(),
        }
    }
    shipping
}

/// Where redirects are possible, a confirmation from a server has to say where to come back to.
pub(super) fn return_url(
    call: &Call<'_>,
    allow_redirects: Option<&str>,
) -> Result<(), StripeError> {
    let from_server =
        call.caller == crate::v1::Caller::Secret && !call.params.flag("use_stripe_sdk");
    if allow_redirects != Some("always") || !from_server || call.params.text("return_url").is_some()
    {
        return Ok(());
    }
    Err(StripeError::invalid(
        "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
    ))
}
