//! `GET /p/session/{secret}`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::Value;

use super::{Visit, sections, text, visit};
use crate::api::portal::LINK;
use crate::hosted::html::{escape, notice, page};
use crate::hosted::in_ledger;
use crate::state::{Ledger, Shared};

pub(crate) async fn show(shared: Data<Shared>, secret: Path<String>) -> HttpResponse {
    let shown = in_ledger(&shared, LINK, &secret, |ledger, origin| {
        visit(ledger, &secret, origin.now).map(|visit| whole(ledger, &visit))
    });
    shown.flatten().unwrap_or_else(|| {
        let words = "The link to this page has expired, or it was never valid. Go back to the shop and open it again.";
        notice(404, "This link has expired", words, None)
    })
}

fn whole(ledger: &Ledger, visit: &Visit) -> HttpResponse {
    let shop = &ledger.spec.business_name;
    let back = visit
        .session
        .get("return_url")
        .and_then(Value::as_str)
        .map_or_else(String::new, |address| {
            format!(
                "<a class=\"back\" id=\"back\" href=\"{}\">← Return to {}</a>",
                escape(address),
                escape(shop)
            )
        });
    let configured = visit
        .session
        .get("configuration")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let headline = ledger
        .documents
        .get(crate::api::portal::CONFIGURATION, configured)
        .and_then(|settings| settings.get("business_profile")?["headline"].as_str())
        .map_or_else(String::new, |words| format!("<p>{}</p>", escape(words)));
    let customer = ledger.documents.get("customer", &visit.customer);
    let email = customer.map_or("", |customer| text(customer, "email"));
    let main = format!(
        "<main class=\"portal\" id=\"portal\" data-key=\"{key}\">{back}<h1>{shop}: billing</h1>{headline}<p class=\"small\">{email}</p><p class=\"error\" id=\"error\" role=\"alert\"></p>{subscriptions}{card}{invoices}</main>",
        key = escape(&ledger.spec.publishable_key),
        shop = escape(shop),
        email = escape(email),
        subscriptions = sections::subscriptions(ledger, visit),
        card = sections::card(ledger, visit),
        invoices = sections::invoices(ledger, visit),
    );
    let scripts: &[&str] = if visit.may("payment_method_update") {
        &["/v3/", "/c/portal.js"]
    } else {
        &["/c/portal.js"]
    };
    page(200, &format!("{shop}: billing"), &main, scripts)
}
