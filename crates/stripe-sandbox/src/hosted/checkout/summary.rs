//! What is bought and what it costs.

use serde_json::{Value, json};

use super::{number, text};
use crate::checkout::Hidden;
use crate::hosted::html::escape;
use crate::hosted::money;
use crate::state::Document;

/// The left column: the shop, the lines, the totals.
pub(super) fn section(shop: &str, session: &Document, hidden: &Hidden) -> String {
    let shop = escape(shop);
    let back = session
        .get("cancel_url")
        .and_then(Value::as_str)
        .map_or_else(String::new, |address| {
            format!(
                "<a class=\"back\" id=\"back\" href=\"{}\">← Back to {shop}</a>",
                escape(address)
            )
        });
    if text(session, "mode") == "setup" {
        return format!(
            "<section class=\"summary\">{back}<h1>{shop}</h1><p class=\"lead\">Save a card for later payments. Nothing is charged now.</p></section>"
        );
    }
    let currency = text(session, "currency");
    let lines: String = hidden
        .items()
        .iter()
        .map(|item| line(item, currency))
        .collect();
    let interval =
        interval(hidden).map_or_else(String::new, |words| format!(" <small>{words}</small>"));
    let due = due_today(session, hidden);
    let shipping = if session
        .get("shipping_cost")
        .is_some_and(|cost| !cost.is_null())
    {
        format!(
            "<dt>Shipping</dt><dd id=\"shipping\">{}</dd>",
            money::amount(shipping_amount(session), currency)
        )
    } else {
        String::new()
    };
    format!(
        "<section class=\"summary\" aria-label=\"Order\">{back}<h1>{shop}</h1><p class=\"lead\"><strong id=\"lead\">{total}</strong>{interval}</p>{trial}<ul class=\"lines\">{lines}</ul><dl class=\"totals\"><dt>Subtotal</dt><dd id=\"subtotal\">{subtotal}</dd>{shipping}<dt class=\"due\">Total due today</dt><dd class=\"due\" id=\"due\">{due}</dd></dl></section>",
        total = money::amount(number(session, "amount_total"), currency),
        trial = trial(hidden),
        subtotal = money::amount(number(session, "amount_subtotal"), currency),
        due = money::amount(due, currency),
    )
}

fn line(item: &Value, currency: &str) -> String {
    let amount = item["amount_total"].as_i64().unwrap_or_default();
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let id = escape(item["id"].as_str().unwrap_or_default());
    let name = escape(item["description"].as_str().unwrap_or_default());
    let each = item["price"]["unit_amount"]
        .as_i64()
        .filter(|_| quantity > 1 && item["price"]["currency"] == currency);
    let each = each.map_or_else(String::new, |each| {
        format!(" × {}", money::amount(each, currency))
    });
    let interval = money::interval(&item["price"]["recurring"]);
    let interval = interval.map_or_else(String::new, |words| format!(", {words}"));
    let adjustable = &item["adjustable_quantity"];
    let quantity = if adjustable["enabled"] == true {
        format!(
            "<label class=\"quantity\">Quantity <input type=\"number\" name=\"quantity\" data-item=\"{id}\" value=\"{quantity}\" min=\"{}\" max=\"{}\" inputmode=\"numeric\"></label>{interval}",
            adjustable["minimum"], adjustable["maximum"]
        )
    } else {
        format!("Quantity {quantity}{each}{interval}")
    };
    format!(
        "<li><span class=\"name\">{name}</span><span class=\"amount\" id=\"amount-{id}\">{}</span><span class=\"small\">{quantity}</span></li>",
        money::amount(amount, currency)
    )
}

/// How often the session's prices repeat, if they do.
fn interval(hidden: &Hidden) -> Option<String> {
    hidden
        .items()
        .iter()
        .find_map(|item| money::interval(&item["price"]["recurring"]))
}

fn trial(hidden: &Hidden) -> String {
    let days = hidden
        .data("subscription_data")
        .integer("trial_period_days");
    match (days, trial_end(hidden)) {
        (Some(days), _) => format!("<p class=\"lead-note\">{days} days free, then as shown</p>"),
        (None, Some(end)) => format!(
            "<p class=\"lead-note\">Free until {}, then as shown</p>",
            money::day(end)
        ),
        (None, None) => String::new(),
    }
}

fn trial_end(hidden: &Hidden) -> Option<i64> {
    hidden.data("subscription_data").integer("trial_end")
}

fn has_trial(hidden: &Hidden) -> bool {
    trial_end(hidden).is_some()
        || hidden
            .data("subscription_data")
            .integer("trial_period_days")
            .is_some()
}

/// What is charged when the button is pressed: during a trial, only what is paid once.
pub(super) fn due_today(session: &Document, hidden: &Hidden) -> i64 {
    if !has_trial(hidden) {
        return number(session, "amount_total");
    }
    let once = hidden
        .items()
        .iter()
        .filter(|item| item["price"]["recurring"].is_null());
    once.filter_map(|item| item["amount_total"].as_i64())
        .sum::<i64>()
        + shipping_amount(session)
}

fn shipping_amount(session: &Document) -> i64 {
    session
        .get("shipping_cost")
        .and_then(|cost| cost["amount_total"].as_i64())
        .unwrap_or_default()
}

/// What the button says.
pub(super) fn button(session: &Document, hidden: &Hidden) -> String {
    let total = money::amount(number(session, "amount_total"), text(session, "currency"));
    match (text(session, "mode"), text(session, "submit_type")) {
        ("setup", _) => "Save card".to_owned(),
        ("subscription", _) if has_trial(hidden) => "Start trial".to_owned(),
        ("subscription", _) => "Subscribe".to_owned(),
        (_, "book") => format!("Book for {total}"),
        (_, "donate") => format!("Donate {total}"),
        _ if number(session, "amount_total") == 0 => "Complete order".to_owned(),
        _ => format!("Pay {total}"),
    }
}

/// The amounts again, after the customer has changed something.
pub(super) fn changed(session: &Document, hidden: &Hidden) -> Value {
    let currency = text(session, "currency");
    let lines: serde_json::Map<String, Value> = hidden
        .items()
        .iter()
        .map(|item| {
            let amount = item["amount_total"].as_i64().unwrap_or_default();
            let id = item["id"].as_str().unwrap_or_default().to_owned();
            (id, json!(money::amount(amount, currency)))
        })
        .collect();
    json!({
        "lines": lines,
        "subtotal": money::amount(number(session, "amount_subtotal"), currency),
        "shipping": money::amount(shipping_amount(session), currency),
        "total": money::amount(number(session, "amount_total"), currency),
        "due": money::amount(due_today(session, hidden), currency),
        "amount": due_today(session, hidden),
        "button": button(session, hidden),
    })
}
