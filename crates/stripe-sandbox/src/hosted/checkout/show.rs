//! `GET /c/pay/{session}`.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::Value;

use super::{fields, number, success_address, summary, text};
use crate::checkout::{Hidden, SESSION};
use crate::hosted::html::{escape, notice, page};
use crate::hosted::in_ledger;
use crate::state::{Document, Ledger, Shared};

pub(crate) async fn show(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let shown = in_ledger(&shared, SESSION, &id, |ledger, _| {
        let session = ledger
            .documents
            .get(SESSION, &id)
            .cloned()
            .unwrap_or_default();
        whole(ledger, &session)
    });
    shown.unwrap_or_else(|| {
        let words = "Something is wrong with the address: the sandbox has no such checkout session. It may have been restarted since.";
        notice(404, "Page not found", words, None)
    })
}

fn whole(ledger: &Ledger, session: &Document) -> HttpResponse {
    let shop = ledger.spec.business_name.as_str();
    if text(session, "ui_mode") != "hosted_page" {
        let words = "This checkout session is shown on the shop's own page.";
        return notice(404, "Page not found", words, None);
    }
    match text(session, "status") {
        "complete" => {
            let back = success_address(session);
            let link = back.as_deref().map(|address| (address, "Back to the shop"));
            return notice(
                200,
                "You're all done here",
                "This checkout session is completed. Nothing more is charged.",
                link,
            );
        }
        "expired" => {
            let back = session.get("cancel_url").and_then(Value::as_str);
            let link = back.map(|address| (address, "Back to the shop"));
            return notice(
                200,
                "This page has expired",
                "The checkout session has timed out or was closed by the shop. Nothing was charged.",
                link,
            );
        }
        _ => {}
    }
    let hidden = Hidden::of(ledger, text(session, "id"));
    let main = format!(
        "<main class=\"checkout\">{}{}</main>",
        summary::section(shop, session, &hidden),
        form(ledger, session, &hidden)
    );
    let needs_card = needs_card(session);
    let scripts: &[&str] = if needs_card {
        &["/v3/", "/c/checkout.js"]
    } else {
        &["/c/checkout.js"]
    };
    page(200, &format!("{shop}: checkout"), &main, scripts)
}

/// Nothing to pay needs no card.
fn needs_card(session: &Document) -> bool {
    text(session, "mode") != "payment" || number(session, "amount_total") > 0
}

fn form(ledger: &Ledger, session: &Document, hidden: &Hidden) -> String {
    let mode = text(session, "mode");
    let card = if needs_card(session) {
        "<h2 id=\"card-title\">Card</h2><div id=\"card\" aria-labelledby=\"card-title\"></div>"
    } else {
        ""
    };
    let later = if mode == "payment" && needs_card(session) {
        "<details class=\"try\"><summary>Sandbox: let the money come later</summary><p class=\"choice\"><input type=\"checkbox\" id=\"pays_later\" name=\"pays_later\"><label for=\"pays_later\">The order is completed unpaid, as with a bank debit. Whether the money comes is then decided with <code>/_sandbox/checkout/sessions/…/settle</code>.</label></p></details>"
    } else {
        ""
    };
    let submit = session
        .get("custom_text")
        .map_or(&Value::Null, |texts| &texts["submit"]["message"]);
    let submit = submit.as_str().map_or_else(String::new, |message| {
        format!("<p class=\"small\">{}</p>", escape(message))
    });
    format!(
        "<section class=\"payment\" aria-label=\"Payment\"><form id=\"form\" novalidate data-key=\"{key}\" data-mode=\"{mode}\" data-amount=\"{amount}\" data-currency=\"{currency}\" data-card=\"{needs_card}\">{contact}{shipping}{card}{custom}{terms}{later}<p class=\"error\" id=\"error\" role=\"alert\"></p><button type=\"submit\" id=\"submit\" class=\"button\">{button}</button>{submit}</form></section>",
        key = escape(&ledger.spec.publishable_key),
        amount = summary::due_today(session, hidden),
        currency = escape(text(session, "currency")),
        needs_card = needs_card(session),
        contact = fields::contact(ledger, session),
        shipping = fields::shipping(ledger, session),
        custom = fields::custom(session),
        terms = fields::terms(session),
        button = escape(&summary::button(session, hidden)),
    )
}
