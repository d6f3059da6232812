//! Payments and set-ups refuse what Stripe refuses, and what is refused changes nothing.

mod browser;
mod captures;
mod challenges;
mod confirmations;
mod limits;

use crate::harness::{Reply, Stripe, read};

/// Passes the bank's challenge that `asked` leads to.
async fn pass_challenge(stripe: &Stripe, asked: &serde_json::Value) -> Reply {
    let url = asked["next_action"]["redirect_to_url"]["url"]
        .as_str()
        .unwrap();
    let path = url.strip_prefix(&stripe.url()).unwrap();
    let (page, secret) = path.split_once("?client_secret=").unwrap();
    let body = serde_json::json!({ "outcome": "success", "client_secret": secret });
    read(stripe.request("POST", "", page).json(&body)).await
}
