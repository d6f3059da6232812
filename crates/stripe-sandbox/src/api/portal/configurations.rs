//! `/v1/billing_portal/configurations`.

use serde_json::{Value, json};

use super::features;
use crate::api::check;
use crate::ids;
use crate::spec::echo;
use crate::state::Document;
use crate::v1::{Call, StripeError, list as pages};

pub(crate) const CONFIGURATION: &str = "billing_portal.configuration";

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    default(call);
    let mut made = blank(call, false);
    made.insert("features".to_owned(), features::none());
    take_over(&mut made, call)?;
    Ok(call.add(made, "billing_portal.configuration.created"))
}

pub(crate) fn retrieve(call: &mut Call<'_>) -> Result<Value, StripeError> {
    default(call);
    let found = call.ledger.documents.find(CONFIGURATION, call.id())?;
    Ok(Value::Object(found.clone()))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let before = call
        .ledger
        .documents
        .find(CONFIGURATION, call.id())?
        .clone();
    let mut configuration = before.clone();
    let leaves = call.params.get("active") == Some(&json!(false));
    if leaves && configuration.get("is_default") == Some(&json!(true)) {
        let message = "You cannot set the default configuration as inactive.";
        return Err(StripeError::invalid(message).param("active"));
    }
    take_over(&mut configuration, call)?;
    if configuration != before {
        configuration.insert("updated".to_owned(), json!(call.origin.now));
    }
    Ok(call.change(configuration, "billing_portal.configuration.updated"))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<Value, StripeError> {
    default(call);
    pages::documents(call, CONFIGURATION, |configuration| {
        let same = |name: &&str| {
            let wanted = call.params.get(name);
            wanted.is_none_or(|wanted| configuration.get(*name) == Some(wanted))
        };
        ["active", "is_default"].iter().all(same)
    })
}

/// The id of the account's default configuration. It is there as in an account whose owner has saved
/// the portal's settings once.
pub(super) fn default(call: &mut Call<'_>) -> String {
    let is_default = |one: &&Document| one.get("is_default") == Some(&json!(true));
    let known = call.ledger.documents.all(CONFIGURATION).find(is_default);
    if let Some(known) = known {
        return known["id"].as_str().unwrap_or_default().to_owned();
    }
    let mut made = blank(call, true);
    made.insert("features".to_owned(), features::usual());
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    call.ledger.documents.insert(made);
    id
}

fn blank(call: &Call<'_>, is_default: bool) -> Document {
    let mut made = call.blank(CONFIGURATION, ids::object("bpc"));
    let mut put = |name: &str, value: Value| made.insert(name.to_owned(), value);
    put("active", json!(true));
    put("business_profile", json!({}));
    put("is_default", json!(is_default));
    put("login_page", json!({ "enabled": false }));
    put("metadata", json!({}));
    put("updated", json!(call.origin.now));
    made
}

fn take_over(configuration: &mut Document, call: &Call<'_>) -> Result<(), StripeError> {
    if let Some(url) = call.params.text("default_return_url") {
        check::web_url("default_return_url", url)?;
    }
    if let Some(given) = call.params.get("features") {
        let known = configuration
            .entry("features")
            .or_insert_with(features::none);
        features::merge(known, given);
        features::check(call.ledger, known)?;
    }
    echo(configuration, CONFIGURATION, &call.params, &["features"]);
    Ok(())
}
