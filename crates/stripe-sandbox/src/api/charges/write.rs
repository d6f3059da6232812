//! `POST /v1/charges`, `POST /v1/charges/{id}` and `/capture`.

use serde_json::Value;

use crate::api::check;
use crate::api::payment_intents::echo;
use crate::objects::{Charge, merge_metadata};
use crate::payments;
use crate::payments::wallet;
use crate::v1::{Call, StripeError};

/// The Charges API of before PaymentIntents is refused, as to accounts that must authenticate cards.
pub(crate) fn create(_: &mut Call<'_>) -> Result<Value, StripeError> {
    Err(StripeError::invalid(
        "This sandbox account cannot create charges directly. Please create a PaymentIntent instead: https://stripe.com/docs/payments/payment-intents.",
    ))
}

/// Source: Stripe API reference, "Update a charge".
pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    if let Some(email) = call.params.text("receipt_email") {
        check::email("receipt_email", email)?;
    }
    let customer = call.params.text("customer").map(str::to_owned);
    if let Some(customer) = &customer {
        wallet::check_customer(call.ledger, customer, "customer")?;
    }
    let Some(charge) = call.ledger.charges.get_mut(&id) else {
        return Err(StripeError::missing("charge", &id));
    };
    if customer.is_some() && charge.customer.is_some() && customer != charge.customer {
        return Err(StripeError::invalid(
            "The customer of a charge that has a customer already cannot be changed.",
        )
        .param("customer"));
    }
    let before = charge.render();
    charge.customer = customer.or(charge.customer.take());
    let report = call.params.part("fraud_details");
    if let Some(report) = report.text("user_report") {
        charge.user_report = Some(report.to_owned());
    }
    merge_metadata(&mut charge.metadata, call.params.get("metadata"));
    echo(&mut charge.echoed, &call.params);
    let object = charge.render();
    let origin = &call.origin;
    call.ledger
        .emit_difference("charge.updated", before, &object, origin);
    Ok(object)
}

/// Captures by the charge; its PaymentIntent is captured with it.
pub(crate) fn capture(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    let Some(charge) = call.ledger.charges.get(&id) else {
        return Err(StripeError::missing("charge", &id));
    };
    let intent = charge.payment_intent.clone();
    if charge.captured {
        return Err(
            StripeError::invalid(format!("Charge {id} has already been captured."))
                .code("charge_already_captured"),
        );
    }
    if charge.amount_refunded == charge.amount {
        return Err(StripeError::invalid(format!(
            "Charge {id} has been refunded or has expired and cannot be captured."
        ))
        .code("charge_expired_for_capture"));
    }
    let amount = call.params.integer("amount");
    payments::capture(call.ledger, &intent, amount, &call.origin)?;
    let Some(charge) = call.ledger.charges.get_mut(&id) else {
        return Err(StripeError::missing("charge", &id));
    };
    echo(&mut charge.echoed, &call.params);
    Ok(Charge::render(charge))
}
