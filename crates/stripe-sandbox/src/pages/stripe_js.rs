//! The Stripe.js stand-in under `/v3/`, and the frame that the card is typed into.
//! Source: Stripe docs, "Stripe.js reference".

use std::sync::LazyLock;

use actix_web::web::{self, ServiceConfig};

use super::asset;
use crate::currencies;

/// One script, whose names stay its own. Wrong currencies are refused in the page already.
static STRIPE_JS: LazyLock<String> = LazyLock::new(|| {
    const SCRIPT: &str = concat!(
        "(() => {\n'use strict';\n",
        include_str!("../js/stripe/stripe.js"),
        include_str!("../js/stripe/errors.js"),
        include_str!("../js/stripe/api.js"),
        include_str!("../js/stripe/confirm.js"),
        include_str!("../js/stripe/cards.js"),
        include_str!("../js/stripe/challenge.js"),
        include_str!("../js/stripe/elements.js"),
        include_str!("../js/stripe/element.js"),
        "})();\n",
    );
    SCRIPT.replace("{{CURRENCIES}}", &currencies::supported_list())
});

const CARD_FRAME: &str = include_str!("../js/frame/card_frame.html");
const CARD_FRAME_CSS: &str = include_str!("../js/frame/card_frame.css");
const CARD_FRAME_JS: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("../js/frame/texts.js"),
    include_str!("../js/frame/rules.js"),
    include_str!("../js/frame/look.js"),
    include_str!("../js/frame/form.js"),
    include_str!("../js/stripe/api.js"),
    include_str!("../js/frame/card_frame.js"),
    "})();\n",
);

#[rustfmt::skip]
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v3",                 web::get().to(|| asset("text/javascript", &STRIPE_JS)))
        .route("/v3/",                web::get().to(|| asset("text/javascript", &STRIPE_JS)))
        .route("/v3/card_frame",      web::get().to(|| asset("text/html", CARD_FRAME)))
        .route("/v3/card_frame.js",   web::get().to(|| asset("text/javascript", CARD_FRAME_JS)))
        .route("/v3/card_frame.css",  web::get().to(|| asset("text/css", CARD_FRAME_CSS)));
}
