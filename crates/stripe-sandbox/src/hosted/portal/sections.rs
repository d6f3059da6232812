//! The parts of the portal's page.

use serde_json::Value;

use super::{Visit, text};
use crate::hosted::html::{escape, joined};
use crate::hosted::money;
use crate::state::{Document, Ledger};

/// More invoices than a customer looks through.
const MAX_INVOICES: usize = 24;

pub(super) fn subscriptions(ledger: &Ledger, visit: &Visit) -> String {
    let all = joined(
        visit
            .subscriptions(ledger)
            .map(|one| subscription(ledger, visit, one)),
    );
    let all = if all.is_empty() {
        "<p>You have no subscriptions.</p>".to_owned()
    } else {
        all
    };
    format!("<section aria-labelledby=\"plans\"><h2 id=\"plans\">Current plans</h2>{all}</section>")
}

fn subscription(ledger: &Ledger, visit: &Visit, subscription: &Document) -> String {
    let id = escape(text(subscription, "id"));
    let items = subscription
        .get("items")
        .and_then(|items| items["data"].as_array());
    let items: Vec<&Value> = items.into_iter().flatten().collect();
    let lines = joined(items.iter().map(|item| line(ledger, item)));
    let end = items
        .first()
        .and_then(|item| item["current_period_end"].as_i64());
    let end = end.map(money::day).unwrap_or_default();
    let leaves = subscription.get("cancel_at_period_end") == Some(&Value::Bool(true));
    let stand = match (leaves, text(subscription, "status")) {
        (true, _) => format!("Cancels on {end}."),
        (_, "trialing") => format!("Trial until {end}."),
        (_, "active") => format!("Renews on {end}."),
        (_, "past_due" | "unpaid") => "The last payment has failed. Use another card.".to_owned(),
        (_, status) => format!("Status: {status}."),
    };
    let cancel = match (leaves, visit.may("subscription_cancel")) {
        (true, _) => format!(
            "<button class=\"button quiet\" type=\"button\" data-action=\"resume\" data-subscription=\"{id}\">Keep plan</button>"
        ),
        (false, true) => format!(
            "<details><summary>Cancel plan</summary><p>{}</p><button class=\"button quiet\" type=\"button\" data-action=\"cancel\" data-subscription=\"{id}\">Cancel plan now</button></details>",
            consequence(visit, &end)
        ),
        (false, false) => String::new(),
    };
    let change = if visit.may("subscription_update") && !leaves {
        changes(ledger, visit, &id, items.first().copied())
    } else {
        String::new()
    };
    format!(
        "<article class=\"plan\"><ul class=\"lines\">{lines}</ul><p>{}</p>{change}{cancel}</article>",
        escape(&stand)
    )
}

fn consequence(visit: &Visit, end: &str) -> String {
    if visit.features["subscription_cancel"]["mode"] == "immediately" {
        "Your plan ends at once.".to_owned()
    } else {
        format!("Your plan stays available until {}.", escape(end))
    }
}

fn line(ledger: &Ledger, item: &Value) -> String {
    let price = &item["price"];
    let quantity = item["quantity"].as_i64().unwrap_or(1);
    let times = if quantity > 1 {
        format!(" × {quantity}")
    } else {
        String::new()
    };
    format!(
        "<li><span class=\"name\">{}{times}</span><span class=\"amount\">{}</span></li>",
        escape(&name(ledger, price)),
        cost(price)
    )
}

fn name(ledger: &Ledger, price: &Value) -> String {
    let product = price["product"].as_str().unwrap_or_default();
    let product = ledger.documents.get("product", product);
    product
        .map_or("Plan", |product| text(product, "name"))
        .to_owned()
}

fn cost(price: &Value) -> String {
    let currency = price["currency"].as_str().unwrap_or_default();
    let interval = money::interval(&price["recurring"]).unwrap_or_default();
    match price["unit_amount"].as_i64() {
        Some(amount) => format!("{} {interval}", money::amount(amount, currency)),
        None => interval,
    }
}

/// The plans that the customer can change to.
fn changes(ledger: &Ledger, visit: &Visit, id: &str, item: Option<&Value>) -> String {
    let now = item
        .and_then(|item| item["price"]["id"].as_str())
        .unwrap_or_default();
    let offers = visit.offers();
    let others = offers
        .iter()
        .filter(|price| *price != now)
        .filter_map(|price| ledger.documents.get("price", price));
    let options = joined(others.map(|price| {
        let price = Value::Object(price.clone());
        let id = escape(price["id"].as_str().unwrap_or_default());
        format!(
            "<option value=\"{id}\">{}: {}</option>",
            escape(&name(ledger, &price)),
            cost(&price)
        )
    }));
    if options.is_empty() {
        return String::new();
    }
    format!(
        "<details><summary>Change plan</summary><div class=\"field\"><label for=\"price-{id}\">New plan</label><select id=\"price-{id}\">{options}</select></div><button class=\"button\" type=\"button\" data-action=\"change\" data-subscription=\"{id}\">Change plan</button></details>"
    )
}

/// The card that is charged, and the form for another.
pub(super) fn card(ledger: &Ledger, visit: &Visit) -> String {
    let customer = ledger.documents.get("customer", &visit.customer);
    let usual = customer
        .and_then(|customer| customer.get("invoice_settings")?["default_payment_method"].as_str());
    let of_plan = visit
        .subscriptions(ledger)
        .find_map(|one| one.get("default_payment_method")?.as_str());
    let method = of_plan
        .or(usual)
        .and_then(|id| ledger.payment_methods.get(id));
    let shown = method.map_or_else(
        || "No card is saved.".to_owned(),
        |method| {
            format!(
                "{} ending in {}, expires {:02}/{}",
                method.card.brand,
                method.card.last4(),
                method.exp_month,
                method.exp_year
            )
        },
    );
    let form = if visit.may("payment_method_update") {
        "<details id=\"card-form\"><summary>Use another card</summary><form id=\"form\" novalidate><div id=\"card\"></div><button class=\"button\" type=\"submit\" id=\"save\">Save card</button></form></details>"
    } else {
        ""
    };
    format!(
        "<section aria-labelledby=\"card-title\"><h2 id=\"card-title\">Payment method</h2><p id=\"current-card\">{}</p>{form}</section>",
        escape(&shown)
    )
}

pub(super) fn invoices(ledger: &Ledger, visit: &Visit) -> String {
    if !visit.may("invoice_history") {
        return String::new();
    }
    let of_customer = |invoice: &&Document| {
        text(invoice, "customer") == visit.customer && text(invoice, "status") != "draft"
    };
    let all = ledger
        .documents
        .all("invoice")
        .rev()
        .filter(of_customer)
        .take(MAX_INVOICES);
    let rows = joined(all.map(row));
    let table = if rows.is_empty() {
        "<p>There are no invoices yet.</p>".to_owned()
    } else {
        format!("<ul class=\"lines\">{rows}</ul>")
    };
    format!(
        "<section aria-labelledby=\"invoices\"><h2 id=\"invoices\">Invoice history</h2>{table}</section>"
    )
}

fn row(invoice: &Document) -> String {
    let number = |name: &str| {
        invoice
            .get(name)
            .and_then(Value::as_i64)
            .unwrap_or_default()
    };
    format!(
        "<li><span class=\"name\">{}</span><span class=\"amount\">{}</span><span class=\"small\">{}, {}</span></li>",
        money::day(number("created")),
        money::amount(number("total"), text(invoice, "currency")),
        escape(text(invoice, "number")),
        escape(text(invoice, "status")),
    )
}
