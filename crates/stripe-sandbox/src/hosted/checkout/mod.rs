//! The hosted checkout page, `/c/pay/{session}`. Source: Stripe docs, "How Checkout works".

mod choose;
mod fields;
mod pay;
mod show;
mod summary;

pub(super) use choose::choose;
pub(super) use pay::{outcome, pay};
pub(super) use show::show;

use serde_json::{Value, json};

use crate::state::Document;

fn text<'a>(session: &'a Document, name: &str) -> &'a str {
    session
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn number(session: &Document, name: &str) -> i64 {
    session
        .get(name)
        .and_then(Value::as_i64)
        .unwrap_or_default()
}

/// Where the customer of a complete session goes.
fn success_address(session: &Document) -> Option<String> {
    let address = session.get("success_url").and_then(Value::as_str)?;
    Some(address.replace("{CHECKOUT_SESSION_ID}", text(session, "id")))
}

/// What the page's script needs to know of a session that has ended or not.
fn stand(session: &Document) -> Value {
    let redirect = if text(session, "status") == "complete" {
        success_address(session)
    } else {
        None
    };
    json!({ "status": text(session, "status"), "redirect": redirect })
}
