//! `POST /v1/payment_methods/{id}/attach` and `/detach`.

use serde_json::Value;

use super::named;
use crate::payments::wallet;
use crate::v1::{Call, StripeError};

/// Attaching a ready-made one (`pm_card_visa`) makes a new one for the customer.
pub(crate) fn attach(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let Some(customer) = call.params.text("customer").map(str::to_owned) else {
        return Err(StripeError::invalid("Missing required param: customer.")
            .code("parameter_missing")
            .param("customer"));
    };
    wallet::check_customer(call.ledger, &customer, "customer")?;
    let name = call.id().to_owned();
    let id = named(call, &name)?;
    wallet::attach(call.ledger, &id, &customer, &call.origin)?;
    answer(call, &id)
}

pub(crate) fn detach(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let id = call.id().to_owned();
    wallet::detach(call.ledger, &id, &call.origin)?;
    answer(call, &id)
}

fn answer(call: &Call<'_>, id: &str) -> Result<Value, StripeError> {
    let found = call.ledger.object("payment_method", id);
    found.ok_or_else(|| StripeError::missing("PaymentMethod", id))
}
