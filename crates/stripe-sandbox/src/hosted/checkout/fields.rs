//! What the customer is asked beside the card.

use serde_json::Value;

use super::text;
use crate::hosted::html::{escape, joined};
use crate::hosted::money;
use crate::state::{Document, Ledger};

/// Email, and the phone where the shop wants it.
pub(super) fn contact(ledger: &Ledger, session: &Document) -> String {
    let customer = session.get("customer").and_then(Value::as_str);
    let customer = customer.and_then(|id| ledger.documents.get("customer", id));
    let email = customer.and_then(|customer| customer.get("email")?.as_str());
    let known = email.or_else(|| session.get("customer_email")?.as_str());
    let email = match known {
        Some(email) => format!(
            "<div class=\"field\"><label for=\"email\">Email</label><input id=\"email\" name=\"email\" type=\"email\" value=\"{}\" readonly></div>",
            escape(email)
        ),
        None => input(
            "email",
            "Email",
            "type=\"email\" autocomplete=\"email\" inputmode=\"email\"",
        ),
    };
    let phone = session
        .get("phone_number_collection")
        .is_some_and(|phone| phone["enabled"] == true);
    let phone = if phone {
        input(
            "phone",
            "Phone number",
            "type=\"tel\" autocomplete=\"tel\" inputmode=\"tel\"",
        )
    } else {
        String::new()
    };
    let name = input("name", "Name", "autocomplete=\"name\"");
    format!("<h2>Contact</h2>{email}{phone}{name}")
}

/// The address, and the ways in which the order can be sent.
pub(super) fn shipping(ledger: &Ledger, session: &Document) -> String {
    let countries = session
        .get("shipping_address_collection")
        .and_then(|ask| ask["allowed_countries"].as_array());
    let address = countries.map_or_else(String::new, |countries| {
        let codes = countries.iter().filter_map(Value::as_str);
        let options = joined(codes.map(|code| format!("<option>{}</option>", escape(code))));
        format!(
            "<h2>Shipping address</h2>{}{}<div class=\"pair\">{}{}</div><div class=\"field\"><label for=\"shipping_country\">Country</label><select id=\"shipping_country\" name=\"shipping_country\" autocomplete=\"shipping country\">{options}</select></div>",
            input("shipping_name", "Full name", "autocomplete=\"shipping name\""),
            input("shipping_line1", "Address", "autocomplete=\"shipping address-line1\""),
            input("shipping_postal_code", "Postal code", "autocomplete=\"shipping postal-code\""),
            input("shipping_city", "City", "autocomplete=\"shipping address-level2\""),
        )
    });
    let options = session
        .get("shipping_options")
        .and_then(Value::as_array)
        .filter(|all| !all.is_empty());
    let options = options.map_or_else(String::new, |options| {
        let chosen = session
            .get("shipping_cost")
            .map_or(&Value::Null, |cost| &cost["shipping_rate"]);
        let rows: String = options
            .iter()
            .map(|option| rate(ledger, option, chosen, text(session, "currency")))
            .collect();
        format!("<fieldset><legend>Shipping method</legend>{rows}</fieldset>")
    });
    address + &options
}

fn rate(ledger: &Ledger, option: &Value, chosen: &Value, currency: &str) -> String {
    let id = option["shipping_rate"].as_str().unwrap_or_default();
    let name = ledger
        .documents
        .get("shipping_rate", id)
        .and_then(|rate| rate.get("display_name")?.as_str());
    let checked = if chosen == id { " checked" } else { "" };
    format!(
        "<p class=\"choice\"><input type=\"radio\" name=\"shipping_rate\" id=\"{id}\" value=\"{id}\"{checked}><label for=\"{id}\">{} <span class=\"amount\">{}</span></label></p>",
        escape(name.unwrap_or("Shipping")),
        money::amount(
            option["shipping_amount"].as_i64().unwrap_or_default(),
            currency
        ),
        id = escape(id),
    )
}

/// The shop's own questions.
pub(super) fn custom(session: &Document) -> String {
    let fields = session.get("custom_fields").and_then(Value::as_array);
    fields.into_iter().flatten().map(question).collect()
}

fn question(field: &Value) -> String {
    let id = format!("custom_{}", field["key"].as_str().unwrap_or_default());
    let label = field["label"]["custom"].as_str().unwrap_or_default();
    let optional = if field["optional"] == true {
        " (optional)"
    } else {
        ""
    };
    let label = format!("{label}{optional}");
    let kind = field["type"].as_str().unwrap_or_default();
    if kind == "dropdown" {
        let options = field["dropdown"]["options"]
            .as_array()
            .into_iter()
            .flatten();
        let options = joined(options.map(|option| {
            let text = |name: &str| escape(option[name].as_str().unwrap_or_default());
            format!(
                "<option value=\"{}\">{}</option>",
                text("value"),
                text("label")
            )
        }));
        let (id, label) = (escape(&id), escape(&label));
        return format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label><select id=\"{id}\" name=\"{id}\" data-custom><option value=\"\"></option>{options}</select></div>"
        );
    }
    let digits = if kind == "numeric" {
        " inputmode=\"numeric\""
    } else {
        ""
    };
    let preset = field[kind]["default_value"].as_str().unwrap_or_default();
    input(
        &escape(&id),
        &label,
        &format!("data-custom value=\"{}\"{digits}", escape(preset)),
    )
}

pub(super) fn terms(session: &Document) -> String {
    let required = session
        .get("consent_collection")
        .is_some_and(|ask| ask["terms_of_service"] == "required");
    if !required {
        return String::new();
    }
    "<p class=\"choice\"><input type=\"checkbox\" id=\"accepts_terms\" name=\"accepts_terms\"><label for=\"accepts_terms\">I agree to the shop's terms of service.</label></p>".to_owned()
}

fn input(id: &str, label: &str, attributes: &str) -> String {
    format!(
        "<div class=\"field\"><label for=\"{id}\">{}</label><input id=\"{id}\" name=\"{id}\" maxlength=\"500\" {attributes}></div>",
        escape(label)
    )
}
