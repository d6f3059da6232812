//! The front page.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};

use super::{asset, page};
use crate::cards::{Outcome, TEST_CARDS};
use crate::state::Shared;

const HOME: &str = include_str!("../js/home.html");
const HOME_CSS: &str = include_str!("../js/home.css");

#[rustfmt::skip]
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/",                     web::get().to(home))
        .route("/home.css",             web::get().to(|| asset("text/css", HOME_CSS)));
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
