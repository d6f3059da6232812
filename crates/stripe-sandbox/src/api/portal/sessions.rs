//! `POST /v1/billing_portal/sessions`.

use serde_json::{Value, json};

use super::configurations::{self, CONFIGURATION};
use crate::api::check;
use crate::ids;
use crate::state::Document;
use crate::v1::{Call, StripeError};

pub(crate) const SESSION: &str = "billing_portal.session";
/// The session of a page, under the secret part of the page's address.
pub(crate) const LINK: &str = "billing_portal.link";

pub(crate) fn create(call: &mut Call<'_>) -> Result<Value, StripeError> {
    let customer = call
        .params
        .text("customer")
        .ok_or_else(|| check::missing("customer"))?
        .to_owned();
    if call.ledger.documents.find("customer", &customer).is_err() {
        return Err(StripeError::no_such("customer", &customer, "customer"));
    }
    if let Some(url) = call.params.text("return_url") {
        check::web_url("return_url", url)?;
    }
    if let Some(account) = call.params.text("on_behalf_of") {
        return Err(StripeError::no_such("account", account, "on_behalf_of"));
    }
    let configuration = configuration(call)?;
    let settings = call.ledger.documents.get(CONFIGURATION, &configuration);
    let usual = settings.and_then(|settings| settings.get("default_return_url")?.as_str());
    let return_url = call.params.text("return_url").or(usual).map(str::to_owned);
    let flow = flow(call)?;
    let secret = ids::portal_page(call.ledger.livemode);
    let mut session = call.blank(SESSION, ids::object("bps"));
    let mut put = |name: &str, value: Value| session.insert(name.to_owned(), value);
    put("configuration", json!(configuration));
    put("customer", json!(customer));
    put("flow", flow);
    put(
        "locale",
        call.params.get("locale").cloned().unwrap_or_default(),
    );
    put("return_url", json!(return_url));
    put(
        "url",
        json!(format!("{}/p/session/{secret}", call.origin.base_url)),
    );
    let mut link = Document::new();
    link.insert("id".to_owned(), json!(secret));
    link.insert("object".to_owned(), json!(LINK));
    link.insert("session".to_owned(), session["id"].clone());
    call.ledger.documents.insert(link);
    Ok(call.add(session, "billing_portal.session.created"))
}

fn configuration(call: &mut Call<'_>) -> Result<String, StripeError> {
    let Some(id) = call.params.text("configuration").map(str::to_owned) else {
        return Ok(configurations::default(call));
    };
    let found = call.ledger.documents.get(CONFIGURATION, &id);
    let found = found.ok_or_else(|| StripeError::no_such("configuration", &id, "configuration"))?;
    if found.get("active") == Some(&json!(true)) {
        return Ok(id);
    }
    let message =
        format!("The configuration `{id}` is not active. Provide an active configuration.");
    Err(StripeError::invalid(message).param("configuration"))
}

/// Where the customer is led at once; its subscription has to be there.
fn flow(call: &Call<'_>) -> Result<Value, StripeError> {
    let Some(given) = call.params.object("flow_data") else {
        return Ok(Value::Null);
    };
    let mut flow = Value::Object(given.clone());
    let kind = flow["type"].as_str().unwrap_or_default().to_owned();
    if kind.starts_with("subscription_") {
        let param = format!("flow_data[{kind}][subscription]");
        let subscription = flow[&kind]["subscription"]
            .as_str()
            .ok_or_else(|| check::missing(&param))?;
        if call
            .ledger
            .documents
            .get("subscription", subscription)
            .is_none()
        {
            return Err(StripeError::no_such("subscription", subscription, &param));
        }
    }
    if flow["after_completion"].is_null() {
        flow["after_completion"] = json!({ "type": "portal_homepage" });
    }
    Ok(flow)
}
