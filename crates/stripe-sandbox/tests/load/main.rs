//! Many clients at once: nothing lost, nothing doubled, sums agree, and memory stays small.
//!
//! 500 payments unless `LOAD_PAYMENTS` says more; `make conformance` makes 5,000 with a release build.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod api;
mod books;
mod latency;
mod memory;
mod receiver;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use stripe_sandbox::{AccountSpec, Config, Sandbox};
use tokio::task::JoinSet;

use api::Api;
use latency::Latencies;
use receiver::Receiver;

const CLIENTS: usize = 32;
const DEFAULT_PAYMENTS: u64 = 500;
/// The bound; the clients and the receiver of this process are in it too.
const MAX_MEMORY_MB: u64 = 300;
const SECRET_KEY: &str = "sk_test_FAKE_load";

#[actix_web::test]
async fn many_clients_at_once_lose_and_double_nothing() {
    let payments = std::env::var("LOAD_PAYMENTS").map_or(DEFAULT_PAYMENTS, |n| n.parse().unwrap());
    let sandbox = start().await;
    let receiver = Receiver::start();
    let api = Api::new(&sandbox.url());
    let endpoint = format!("url={}&enabled_events[]=*", receiver.url);
    api.post("/v1/webhook_endpoints", &endpoint, "endpoint")
        .await;

    let began = Instant::now();
    let latencies = pay(&sandbox.url(), payments).await;
    let paid = began.elapsed();
    api.settle().await;
    let delivered = began.elapsed();
    let memory_mb = memory::resident_mb();

    let events = books::check_events(&api, &receiver, payments).await;
    books::check_sums(&api, payments).await;
    let report = format!(
        "{payments} payments by {CLIENTS} clients: {:.0} requests/s, {events} events delivered after {:.1} s, {memory_mb} MB\n{}",
        f64::from(latencies.count()) / paid.as_secs_f64(),
        delivered.as_secs_f64(),
        latencies.table(),
    );
    writeln!(std::io::stderr(), "{report}").unwrap();
    assert!(memory_mb < MAX_MEMORY_MB, "{report}");
    sandbox.stop().await;
}

async fn start() -> Sandbox {
    let account = AccountSpec {
        account_id: "acct_1FAKELoad".to_owned(),
        publishable_key: "pk_test_FAKE_load".to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        country: "DE".to_owned(),
        default_currency: "eur".to_owned(),
        business_name: "Load".to_owned(),
    };
    let config = Config {
        accounts: vec![account],
        ..Config::default()
    };
    Sandbox::start(config).await.unwrap()
}

/// Each client takes the next payment until all are made.
async fn pay(url: &str, payments: u64) -> Latencies {
    let next = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (api, next) = (Api::new(url), Arc::clone(&next));
        clients.spawn(async move {
            let mut latencies = Latencies::default();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= payments {
                    return latencies;
                }
                one_payment(&api, number, &mut latencies).await;
            }
        });
    }
    let mut all = Latencies::default();
    while let Some(one) = clients.join_next().await {
        all.add(one.unwrap());
    }
    all
}

async fn one_payment(api: &Api, number: u64, latencies: &mut Latencies) {
    let amount = books::amount(number);
    let new = format!(
        "amount={amount}&currency=eur&capture_method=manual&metadata[number]={number}&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
    );
    let made = latencies
        .time(
            "create",
            api.post("/v1/payment_intents", &new, &format!("create {number}")),
        )
        .await;
    let path = format!("/v1/payment_intents/{}", made["id"].as_str().unwrap());
    let held = latencies
        .time(
            "confirm",
            api.post(
                &format!("{path}/confirm"),
                "payment_method=pm_card_visa",
                &format!("confirm {number}"),
            ),
        )
        .await;
    assert_eq!(held["status"], "requires_capture", "{held}");
    let taken = latencies
        .time(
            "capture",
            api.post(&format!("{path}/capture"), "", &format!("capture {number}")),
        )
        .await;
    assert_eq!(taken["status"], "succeeded", "{taken}");
    let refund = format!(
        "payment_intent={}&amount={}",
        made["id"].as_str().unwrap(),
        books::refund(number)
    );
    latencies
        .time(
            "refund",
            api.post("/v1/refunds", &refund, &format!("refund {number}")),
        )
        .await;
}
