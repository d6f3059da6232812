//! What the gateway adds around a call to Stripe: `POST /payment-intents` beside the sandbox's own answer to the same.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use url::Url;

use crate::http::{self, Connection, Request};
use crate::load::percentile_ms;
use crate::merchant::{self, Order, SECRET_KEY, Store};

/// Orders, one after the other.
const ORDERS: usize = 400;
/// Fewer, where the machine is slow.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// What the gateway sends to Stripe for such an order.
const DIRECT: &str = "amount=1250&currency=eur&capture_method=automatic&automatic_payment_methods[enabled]=true\
    &description=Bench+order+1001&receipt_email=shopper%40example.com&metadata[tillgate_mode]=post_order\
    &metadata[tillgate_store_id]=00000000-0000-7000-8000-000000000000\
    &metadata[tillgate_order_id]=00000000-0000-7000-8000-000000000000\
    &metadata[tillgate_order_number]=1001";

/// Milliseconds; each percentile by itself, and the gateway's minus Stripe's.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Overhead {
    pub(crate) orders: usize,
    pub(crate) gateway_p50_ms: f64,
    pub(crate) gateway_p99_ms: f64,
    pub(crate) stripe_p50_ms: f64,
    pub(crate) stripe_p99_ms: f64,
    pub(crate) added_p50_ms: f64,
    pub(crate) added_p99_ms: f64,
}

impl Overhead {
    /// Takes turns between gateway and sandbox, so that both meet the same machine.
    pub(crate) async fn measure(
        http: &mut Connection,
        store: &Store,
        stripe_url: &str,
    ) -> anyhow::Result<Self> {
        let address = Url::parse(stripe_url)?.socket_addrs(|| None)?;
        let mut stripe = Connection::open(*address.first().context("no address")?).await?;
        let (mut around, mut alone) = (Vec::new(), Vec::new());
        let begun = Instant::now();
        while around.len() < ORDERS && begun.elapsed() < TIME_LIMIT {
            let order = merchant::place_order(http, store).await?;
            around.push(time(http, through_gateway(store, &order), 201).await?);
            alone.push(time(&mut stripe, directly(&order), 200).await?);
        }
        around.sort();
        alone.sort();
        let added_ms = |percent| percentile_ms(&around, percent) - percentile_ms(&alone, percent);
        Ok(Self {
            orders: around.len(),
            gateway_p50_ms: percentile_ms(&around, 50),
            gateway_p99_ms: percentile_ms(&around, 99),
            stripe_p50_ms: percentile_ms(&alone, 50),
            stripe_p99_ms: percentile_ms(&alone, 99),
            added_p50_ms: added_ms(50),
            added_p99_ms: added_ms(99),
        })
    }
}

async fn time(http: &mut Connection, request: Request, status: u16) -> anyhow::Result<Duration> {
    let sent = Instant::now();
    let reply = http.send(request).await?;
    let took = sent.elapsed();
    reply.expect(status)?;
    Ok(took)
}

fn through_gateway(store: &Store, order: &Order) -> Request {
    let path = format!("/api/v1/stores/{}/payment-intents", store.id);
    merchant::bearer(
        http::post_json(&path, &json!({ "order_id": order.id })),
        &order.token,
    )
}

fn directly(order: &Order) -> Request {
    let request = http::post(
        "/v1/payment_intents",
        "application/x-www-form-urlencoded",
        DIRECT,
    );
    let request = merchant::bearer(request, SECRET_KEY);
    http::with(request, "idempotency-key", &order.id)
}
