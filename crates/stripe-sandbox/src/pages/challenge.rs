//! The bank's page of a 3-D Secure challenge: framed by Stripe.js or visited by redirect.

use actix_web::HttpResponse;
use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{asset, page};
use crate::payments::{self, Challenge};
use crate::setups;
use crate::state::{Ledger, Shared};

const PAGE: &str = include_str!("../js/challenge/challenge.html");
const SCRIPT: &str = include_str!("../js/challenge/challenge.js");
const STYLE: &str = include_str!("../js/challenge/challenge.css");

#[rustfmt::skip]
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/3ds/challenge.js",     web::get().to(|| asset("text/javascript", SCRIPT)))
        .route("/3ds/challenge.css",    web::get().to(|| asset("text/css", STYLE)))
        .route("/3ds/{id}",             web::get().to(challenge))
        .route("/3ds/{id}",             web::post().to(finish_challenge));
}

/// Who may see and finish a challenge: whoever has the client secret.
#[derive(Deserialize)]
struct Holder {
    client_secret: String,
}

/// The bank's page, framed by Stripe.js or visited by redirect.
async fn challenge(
    shared: web::Data<Shared>,
    id: Path<String>,
    holder: Query<Holder>,
) -> HttpResponse {
    let mut world = shared.world();
    let ledger = world.holder(|ledger| ledger.object(kind(&id), &id).is_some());
    let secret = ledger.and_then(|ledger| secret_of(ledger, &id));
    match secret.filter(|secret| *secret == holder.client_secret) {
        Some(_) => page("text/html", PAGE.to_owned()),
        None => HttpResponse::NotFound()
            .content_type("text/plain")
            .body("There is no such challenge."),
    }
}

#[derive(Deserialize)]
struct Finish {
    outcome: Challenge,
    client_secret: String,
}

/// What the buttons of the bank's page do. The answer says where a redirected shopper goes next.
async fn finish_challenge(
    shared: web::Data<Shared>,
    id: Path<String>,
    finish: Json<Finish>,
) -> HttpResponse {
    let origin = shared.origin(None, None);
    let (answer, due) = {
        let mut world = shared.world();
        let ledger = world.holder(|ledger| ledger.object(kind(&id), &id).is_some());
        let Some(ledger) = ledger
            .filter(|ledger| secret_of(ledger, &id).as_deref() == Some(&*finish.client_secret))
        else {
            return HttpResponse::NotFound()
                .json(json!({ "error": "There is no such challenge." }));
        };
        let origin = ledger.catch_up(origin);
        let before = ledger.object(kind(&id), &id).unwrap_or_default();
        let return_url = before["next_action"]["redirect_to_url"]["return_url"].as_str();
        // A challenge that was finished before, in another window, stays as it is.
        let _ = match kind(&id) {
            "setup_intent" => setups::authenticate(ledger, &id, finish.outcome, &origin),
            _ => payments::authenticate(ledger, &id, finish.outcome, &origin),
        };
        let after = ledger.object(kind(&id), &id).unwrap_or_default();
        // A payment that is confirmed by the server waits for it now.
        let passed = ["succeeded", "requires_capture", "requires_confirmation"];
        let paid = after["status"]
            .as_str()
            .is_some_and(|status| passed.contains(&status));
        let next = return_url.and_then(|url| back_to(url, &id, &finish.client_secret, paid));
        (json!({ "paid": paid, "redirect": next }), ledger.take_due())
    };
    shared.dispatch(due);
    HttpResponse::Ok().json(answer)
}

/// What waits for the challenge.
fn kind(id: &str) -> &'static str {
    if id.starts_with("seti_") {
        "setup_intent"
    } else {
        "payment_intent"
    }
}

fn secret_of(ledger: &Ledger, id: &str) -> Option<String> {
    let object = ledger.object(kind(id), id)?;
    object["client_secret"].as_str().map(str::to_owned)
}

/// The merchant's page with what Stripe adds to its address.
fn back_to(return_url: &str, id: &str, client_secret: &str, paid: bool) -> Option<Value> {
    let mut url = url::Url::parse(return_url).ok()?;
    url.query_pairs_mut()
        .append_pair(kind(id), id)
        .append_pair(&format!("{}_client_secret", kind(id)), client_secret)
        .append_pair("redirect_status", if paid { "succeeded" } else { "failed" });
    Some(Value::from(url.to_string()))
}
