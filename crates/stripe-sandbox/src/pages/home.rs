//! The front page: accounts, payments, events and faults, live. It has buttons, so nobody may frame it.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{self, Path, ServiceConfig};

use super::{asset, page};
use crate::cards::{Outcome, TEST_CARDS};
use crate::state::Shared;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const PAGE: &str = include_str!("../js/page/index.html");
const STYLE: &str = include_str!("../js/page/page.css");

#[rustfmt::skip]
const MODULES: &[(&str, &str)] = &[
    ("main.js",      include_str!("../js/page/main.js")),
    ("accounts.js",  include_str!("../js/page/accounts.js")),
    ("api.js",       include_str!("../js/page/api.js")),
    ("disputes.js",  include_str!("../js/page/disputes.js")),
    ("dom.js",       include_str!("../js/page/dom.js")),
    ("events.js",    include_str!("../js/page/events.js")),
    ("faults.js",    include_str!("../js/page/faults.js")),
    ("lists.js",     include_str!("../js/page/lists.js")),
    ("payments.js",  include_str!("../js/page/payments.js")),
    ("words.js",     include_str!("../js/page/words.js")),
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(home))
        .route("/page/page.css", web::get().to(|| asset("text/css", STYLE)))
        .route("/page/{module}", web::get().to(module));
}

/// The scripts of the page.
async fn module(name: Path<String>) -> HttpResponse {
    match MODULES.iter().find(|(module, _)| *module == name.as_str()) {
        Some((_, text)) => page("text/javascript", (*text).to_owned()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// What Stripe's dashboard would show, small: its scripts read `/_sandbox/view`. The cards stand in it from the start.
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
    let mut response = page(
        "text/html",
        PAGE.replace("{{BASE_URL}}", &shared.base_url)
            .replace("{{CARDS}}", &rows),
    );
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn spaced(number: &str) -> String {
    let groups: Vec<&str> = (0..number.len())
        .step_by(4)
        .map(|at| &number[at..number.len().min(at + 4)])
        .collect();
    groups.join(" ")
}
