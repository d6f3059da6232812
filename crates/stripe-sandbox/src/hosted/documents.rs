//! What invoices and charges link to: `/i/{account}/{secret}` (also as `/pdf`) and `/receipts/{charge}`.
//! They are read only; an open invoice is paid through the API.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::Value;

use super::html::{escape, joined, notice, page};
use super::money;
use crate::state::{Ledger, Shared};

pub(super) async fn invoice(shared: Data<Shared>, path: Path<(String, String)>) -> HttpResponse {
    let ending = format!("/i/{}/{}", path.0, path.1);
    let is_meant = |link: &Value| link.as_str().is_some_and(|link| link.ends_with(&ending));
    let shown = shared.world_unseen().ledgers.values().find_map(|ledger| {
        let mut all = ledger.documents.all("invoice");
        let found = all.find(|one| one.get("hosted_invoice_url").is_some_and(is_meant))?;
        Some(whole_invoice(ledger, &Value::Object(found.clone())))
    });
    shown.unwrap_or_else(not_found)
}

fn whole_invoice(ledger: &Ledger, invoice: &Value) -> HttpResponse {
    let amount = |of: &Value, name: &str| {
        let currency = invoice["currency"].as_str().unwrap_or_default();
        escape(&money::amount(
            of[name].as_i64().unwrap_or_default(),
            currency,
        ))
    };
    let text = |of: &Value, name: &str| escape(of[name].as_str().unwrap_or_default());
    let lines = invoice["lines"]["data"].as_array().into_iter().flatten();
    let lines = joined(lines.map(|line| {
        format!(
            "<li><span class=\"name\">{}</span><span class=\"amount\">{}</span></li>",
            text(line, "description"),
            amount(line, "amount"),
        )
    }));
    let due = if invoice["status"] == "open" {
        "<p>The shop charges this invoice, or asks for a card on its own page.</p>"
    } else {
        ""
    };
    let title = format!("Invoice {}", invoice["number"].as_str().unwrap_or_default());
    let main = format!(
        "<main class=\"portal\"><h1>{}</h1><p class=\"small\">{}, {}</p><p>Status: <strong id=\"status\">{}</strong></p><ul class=\"lines\">{lines}</ul><dl class=\"totals\"><dt>Total</dt><dd>{}</dd><dt>Amount due</dt><dd>{}</dd><dt>Amount paid</dt><dd>{}</dd></dl>{due}</main>",
        escape(&title),
        escape(&ledger.spec.business_name),
        money::day(invoice["created"].as_i64().unwrap_or_default()),
        text(invoice, "status"),
        amount(invoice, "total"),
        amount(invoice, "amount_due"),
        amount(invoice, "amount_paid"),
    );
    page(200, &title, &main, &[])
}

pub(super) async fn receipt(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let shown = shared.world_unseen().ledgers.values().find_map(|ledger| {
        let charge = ledger.charges.get(id.as_str())?.render();
        // Only what was approved has a receipt.
        charge["receipt_url"].as_str()?;
        Some(whole_receipt(ledger, &charge))
    });
    shown.unwrap_or_else(not_found)
}

fn whole_receipt(ledger: &Ledger, charge: &Value) -> HttpResponse {
    let title = format!("Receipt from {}", ledger.spec.business_name);
    let card = &charge["payment_method_details"]["card"];
    let text = |of: &Value| escape(of.as_str().unwrap_or_default());
    let amount = |name: &str| {
        let currency = charge["currency"].as_str().unwrap_or_default();
        escape(&money::amount(
            charge[name].as_i64().unwrap_or_default(),
            currency,
        ))
    };
    let main = format!(
        "<main class=\"portal\"><h1>{}</h1><dl class=\"totals\"><dt>Amount</dt><dd>{}</dd><dt>Refunded</dt><dd>{}</dd><dt>Date</dt><dd>{}</dd><dt>Card</dt><dd>{} ending in {}</dd></dl></main>",
        escape(&title),
        amount("amount"),
        amount("amount_refunded"),
        money::day(charge["created"].as_i64().unwrap_or_default()),
        text(&card["brand"]),
        text(&card["last4"]),
    );
    page(200, &title, &main, &[])
}

fn not_found() -> HttpResponse {
    let words = "Something is wrong with the address: the sandbox has no such document. It may have been restarted since.";
    notice(404, "Page not found", words, None)
}
