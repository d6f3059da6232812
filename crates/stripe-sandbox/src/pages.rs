//! What browsers get: the Stripe.js stand-in, its frames, the 3-D Secure challenge, the front page.

use std::future::{Ready, ready};

use actix_web::HttpResponse;
use actix_web::web::{self, Json, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cards::{Outcome, TEST_CARDS};
use crate::objects::Status;
use crate::payments::{self, Challenge};
use crate::state::Shared;

/// One script, whose names stay its own.
const STRIPE_JS: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("js/stripe.js"),
    include_str!("js/elements.js"),
    "})();\n",
);
const CARD_FRAME: &str = include_str!("js/card_frame.html");
const CARD_FRAME_JS: &str = include_str!("js/card_frame.js");
const CARD_FRAME_CSS: &str = include_str!("js/card_frame.css");
const CHALLENGE: &str = include_str!("js/challenge.html");
const CHALLENGE_JS: &str = include_str!("js/challenge.js");
const CHALLENGE_CSS: &str = include_str!("js/challenge.css");
const HOME: &str = include_str!("js/home.html");
const HOME_CSS: &str = include_str!("js/home.css");

/// Pages of the sandbox load only from the sandbox; merchants may frame them, as at Stripe.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'";

#[rustfmt::skip]
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/",                     web::get().to(home))
        .route("/home.css",             web::get().to(|| asset("text/css", HOME_CSS)))
        .route("/v3",                   web::get().to(|| asset("text/javascript", STRIPE_JS)))
        .route("/v3/",                  web::get().to(|| asset("text/javascript", STRIPE_JS)))
        .route("/v3/card_frame",        web::get().to(|| asset("text/html", CARD_FRAME)))
        .route("/v3/card_frame.js",     web::get().to(|| asset("text/javascript", CARD_FRAME_JS)))
        .route("/v3/card_frame.css",    web::get().to(|| asset("text/css", CARD_FRAME_CSS)))
        .route("/3ds/challenge.js",     web::get().to(|| asset("text/javascript", CHALLENGE_JS)))
        .route("/3ds/challenge.css",    web::get().to(|| asset("text/css", CHALLENGE_CSS)))
        .route("/3ds/{id}",             web::get().to(challenge))
        .route("/3ds/{id}",             web::post().to(finish_challenge));
}

fn asset(content_type: &'static str, text: &'static str) -> Ready<HttpResponse> {
    ready(page(content_type, text.to_owned()))
}

fn page(content_type: &str, text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Security-Policy", PAGE_CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cache-Control", "no-cache"))
        .content_type(format!("{content_type}; charset=utf-8"))
        .body(text)
}

/// The front page: what this is, where things are, what the cards do.
async fn home(shared: web::Data<Shared>) -> HttpResponse {
    use std::fmt::Write as _;
    let mut rows = String::new();
    for card in TEST_CARDS {
        let effect = match card.outcome {
            Outcome::Succeeds => "succeeds".to_owned(),
            Outcome::Declines(decline) if decline.code == decline.decline_code => {
                decline.code.to_owned()
            }
            Outcome::Declines(decline) => format!("{}: {}", decline.code, decline.decline_code),
            Outcome::Blocked => "blocked: fraudulent".to_owned(),
            Outcome::Authenticates(_) => "3-D Secure, then succeeds".to_owned(),
            Outcome::AuthenticatesThenDeclines(decline) => {
                format!(
                    "3-D Secure, then {}: {}",
                    decline.code, decline.decline_code
                )
            }
        };
        // Writing to a String does not fail.
        let _ = writeln!(
            rows,
            "<tr><td><code>{}</code></td><td>{} {}</td><td>{effect}</td><td><code>{}</code></td></tr>",
            spaced(card.number),
            card.brand,
            card.funding,
            card.payment_method.unwrap_or("")
        );
    }
    page(
        "text/html",
        HOME.replace("{{BASE_URL}}", &shared.base_url)
            .replace("{{CARDS}}", &rows),
    )
}

fn spaced(number: &str) -> String {
    let groups: Vec<&str> = (0..number.len())
        .step_by(4)
        .map(|at| &number[at..number.len().min(at + 4)])
        .collect();
    groups.join(" ")
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
    let ledger = world.holder(|ledger| ledger.payment_intents.contains_key(id.as_str()));
    let intent = ledger.and_then(|ledger| ledger.payment_intents.get(id.as_str()));
    match intent.filter(|intent| intent.client_secret == holder.client_secret) {
        Some(_) => page("text/html", CHALLENGE.to_owned()),
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
        let Some(ledger) = world.holder(|ledger| ledger.payment_intents.contains_key(id.as_str()))
        else {
            return HttpResponse::NotFound()
                .json(json!({ "error": "There is no such challenge." }));
        };
        let Some(intent) = ledger
            .payment_intents
            .get(id.as_str())
            .filter(|intent| intent.client_secret == finish.client_secret)
        else {
            return HttpResponse::NotFound()
                .json(json!({ "error": "There is no such challenge." }));
        };
        let return_url = intent.next_action["redirect_to_url"]["return_url"]
            .as_str()
            .map(str::to_owned);
        // A challenge that was finished before, in another window, stays as it is.
        let _ = payments::authenticate(ledger, &id, finish.outcome, &origin);
        let paid = ledger
            .payment_intents
            .get(id.as_str())
            .is_some_and(|intent| {
                matches!(intent.status, Status::Succeeded | Status::RequiresCapture)
            });
        let next = return_url.and_then(|url| back_to(&url, &id, &finish.client_secret, paid));
        (json!({ "paid": paid, "redirect": next }), ledger.take_due())
    };
    shared.dispatch(due);
    HttpResponse::Ok().json(answer)
}

/// The merchant's page with what Stripe adds to its address.
fn back_to(return_url: &str, id: &str, client_secret: &str, paid: bool) -> Option<Value> {
    let mut url = url::Url::parse(return_url).ok()?;
    url.query_pairs_mut()
        .append_pair("payment_intent", id)
        .append_pair("payment_intent_client_secret", client_secret)
        .append_pair("redirect_status", if paid { "succeeded" } else { "failed" });
    Some(Value::from(url.to_string()))
}
