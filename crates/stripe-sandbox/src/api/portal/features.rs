//! What a portal lets the customer do.

use serde_json::{Value, json};

use crate::catalogue::PRICE;
use crate::state::Ledger;
use crate::v1::StripeError;

/// The features of a configuration that names none.
pub(super) fn none() -> Value {
    json!({
        "customer_update": { "allowed_updates": [], "enabled": false },
        "invoice_history": { "enabled": false },
        "payment_method_update": { "enabled": false },
        "subscription_cancel": {
            "cancellation_reason": { "enabled": false, "options": [] },
            "enabled": false, "mode": "at_period_end", "proration_behavior": "none",
        },
        "subscription_pause": {
            "duration": { "interval_options": [], "type": "indefinite" }, "enabled": false,
        },
        "subscription_update": {
            "default_allowed_updates": [], "enabled": false, "proration_behavior": "none",
            "schedule_at_period_end": { "conditions": [] }, "trial_update_behavior": "end_trial",
        },
    })
}

/// What an account has that saved the dashboard's settings as they were.
pub(super) fn usual() -> Value {
    let mut features = none();
    let given = json!({
        "customer_update": { "allowed_updates": ["email", "address", "phone"], "enabled": true },
        "invoice_history": { "enabled": true },
        "payment_method_update": { "enabled": true },
        "subscription_cancel": { "enabled": true },
    });
    merge(&mut features, &given);
    features
}

/// Puts what is given over what is known, part by part.
pub(super) fn merge(known: &mut Value, given: &Value) {
    match (known, given) {
        (Value::Object(known), Value::Object(given)) => {
            for (name, given) in given {
                match known.get_mut(name) {
                    Some(known) => merge(known, given),
                    None => _ = known.insert(name.clone(), given.clone()),
                }
            }
        }
        // A list that is cleared is empty.
        (known @ Value::Array(_), Value::Null) => *known = json!([]),
        (known, given) => *known = given.clone(),
    }
}

/// Plans that a customer can change to have to be there.
pub(super) fn check(ledger: &Ledger, features: &Value) -> Result<(), StripeError> {
    const UPDATE: &str = "features[subscription_update]";
    let update = &features["subscription_update"];
    let products = update["products"].as_array();
    for (index, product) in products.into_iter().flatten().enumerate() {
        for price in product["prices"].as_array().into_iter().flatten() {
            let id = price.as_str().unwrap_or_default();
            if ledger.documents.get(PRICE, id).is_none() {
                let param = format!("{UPDATE}[products][{index}][prices]");
                return Err(StripeError::no_such(PRICE, id, &param));
            }
        }
    }
    if update["enabled"] == true && products.is_none_or(Vec::is_empty) {
        let message = format!("Missing required param: {UPDATE}[products].");
        return Err(StripeError::invalid(message)
            .code("parameter_missing")
            .param(&format!("{UPDATE}[products]")));
    }
    Ok(())
}
