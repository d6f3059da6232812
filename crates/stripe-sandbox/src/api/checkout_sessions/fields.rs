//! The fields of a new session that are not what was given, or not only.

use serde_json::{Value, json};

use crate::api::check;
use crate::ids;
use crate::params::Params;
use crate::state::Document;
use crate::v1::{Call, StripeError};

/// Stripe API reference: "up to 3 fields", keys "alphanumeric, and up to 200 characters".
const MAX_CUSTOM_FIELDS: usize = 3;
const KEY_CHARS: usize = 200;

/// What stands in every session of a mode.
pub(super) fn defaults(session: &mut Document, call: &Call<'_>, mode: &str) {
    let params = &call.params;
    let id = session["id"].as_str().unwrap_or_default().to_owned();
    let mut put = |name: &str, value: Value| {
        session.insert(name.to_owned(), value);
    };
    put("mode", json!(mode));
    put("status", json!("open"));
    let nothing_to_pay = mode == "setup";
    put(
        "payment_status",
        json!(if nothing_to_pay {
            "no_payment_required"
        } else {
            "unpaid"
        }),
    );
    let ui_mode = params.text("ui_mode").unwrap_or("hosted_page");
    put("ui_mode", json!(ui_mode));
    if ui_mode == "hosted_page" {
        put("url", json!(format!("{}/c/pay/{id}", call.origin.base_url)));
    } else {
        put("client_secret", json!(ids::client_secret(&id)));
        put("redirect_on_completion", json!("always"));
    }
    put("metadata", json!({}));
    put("custom_text", json!({}));
    put("adaptive_pricing", json!({ "enabled": false }));
    put("automatic_tax", json!({ "enabled": false }));
    put("phone_number_collection", json!({ "enabled": false }));
    put(
        "tax_id_collection",
        json!({ "enabled": false, "required": "never" }),
    );
    put(
        "payment_method_options",
        json!({ "card": { "request_three_d_secure": "automatic" } }),
    );
    let kinds = params
        .payment_method_types()
        .unwrap_or_else(|| vec!["card".to_owned()]);
    put("payment_method_types", json!(kinds));
    let collection = if mode == "payment" {
        "if_required"
    } else {
        "always"
    };
    put("payment_method_collection", json!(collection));
    if let Some(creation) = customer_creation(params, mode) {
        put("customer_creation", json!(creation));
    }
    if mode == "payment" {
        put(
            "invoice_creation",
            json!({ "enabled": false, "invoice_data": { "metadata": {} } }),
        );
    }
}

fn customer_creation(params: &Params, mode: &str) -> Option<&'static str> {
    let known = params.text("customer").is_some();
    match mode {
        _ if known => None,
        "payment" => Some("if_required"),
        _ => Some("always"),
    }
}

/// Parameters that stand in the session in another form.
pub(super) fn given(session: &mut Document, params: &Params) {
    for name in ["adaptive_pricing", "tax_id_collection", "invoice_creation"] {
        let known = session.get_mut(name).and_then(Value::as_object_mut);
        if let (Some(known), Some(given)) = (known, params.object(name)) {
            known.extend(given.clone());
        }
    }
    if let Some(recovery) = params.part("after_expiration").get("recovery") {
        let recovery = json!({
            "allow_promotion_codes": recovery["allow_promotion_codes"] == true,
            "enabled": recovery["enabled"],
        });
        session.insert(
            "after_expiration".to_owned(),
            json!({ "recovery": recovery }),
        );
    }
    let options = session.get_mut("payment_method_options");
    if let (Some(Value::Object(options)), Some(given)) =
        (options, params.object("payment_method_options"))
    {
        for (kind, given) in given {
            match (options.get_mut(kind), given) {
                (Some(Value::Object(known)), Value::Object(given)) => known.extend(given.clone()),
                _ => _ = options.insert(kind.clone(), given.clone()),
            }
        }
    }
}

/// What the customer is asked beyond what a payment needs.
pub(super) fn custom_fields(params: &Params) -> Result<Value, StripeError> {
    let given = params.list("custom_fields").map_or(&[][..], Vec::as_slice);
    if given.len() > MAX_CUSTOM_FIELDS {
        let message = format!("You may only specify up to {MAX_CUSTOM_FIELDS} custom fields.");
        return Err(StripeError::invalid(message).param("custom_fields"));
    }
    let mut keys: Vec<&str> = Vec::new();
    let mut fields = Vec::with_capacity(given.len());
    for (index, field) in given.iter().enumerate() {
        let prefix = format!("custom_fields[{index}]");
        let key = field["key"].as_str().unwrap_or_default();
        check::length(&check::within(&prefix, "key"), key, KEY_CHARS)?;
        let refuse = |message: &str| {
            Err(StripeError::invalid(message).param(&check::within(&prefix, "key")))
        };
        if !key.chars().all(char::is_alphanumeric) {
            return refuse("Custom field keys can only contain alphanumeric characters.");
        }
        if keys.contains(&key) {
            return refuse("Custom field keys must be unique.");
        }
        keys.push(key);
        let kind = field["type"].as_str().unwrap_or_default();
        if kind == "dropdown"
            && field["dropdown"]["options"]
                .as_array()
                .is_none_or(Vec::is_empty)
        {
            return Err(check::missing(&check::within(&prefix, "dropdown")));
        }
        let mut shown = json!({ "key": key, "label": field["label"], "type": kind });
        shown["optional"] = json!(field["optional"] == true);
        shown[kind] = field.get(kind).cloned().unwrap_or_else(|| json!({}));
        fields.push(shown);
    }
    Ok(Value::Array(fields))
}
