//! `kill -9` under load: whole gateways, and the PostgreSQL server under them, at random moments.
//!
//! Black box: the real binary as child processes, a sandbox Stripe that survives, shoppers who order and pay, and
//! somebody who sends signed events all the time. Afterwards everything must come to rest, and then: no event that was
//! answered with 200 is lost, no effect happened twice, every order is in the state that its payment has at Stripe.
//!
//! `make test` runs a short form, `make crash` the long one; both print their counts and the seed that plays the same
//! dice again. Read [`drill`] for the course of a run, [`verdict`] for what is checked.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod at_stripe;
mod client;
mod cluster;
mod door;
mod drill;
mod events;
mod gateway;
mod ground;
mod lives;
mod merchant;
mod plan;
mod report;
mod rest;
mod shopper;
mod tally;
mod verdict;

use ground::Ground;
use plan::Plan;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_loses_nothing() {
    let plan = Plan::for_sqlite();
    drill::run(plan, Ground::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_loses_nothing() {
    let plan = Plan::for_postgres();
    drill::run(plan, Ground::postgres(plan.seed).await).await;
}
