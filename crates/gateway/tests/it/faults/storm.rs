//! All faults together, drawn from a seed: what failed once fails again, and still nothing is charged or paid twice.

use reqwest::Method;
use serde_json::json;

use super::{deliver_by_itself, place, settle, start_paying};
use crate::harness::{TestApp, stories};

stories!(r1_in_a_storm_every_order_is_paid_once);

const ORDERS: usize = 6;
const SEEDS: [u64; 2] = [11, 12];
/// A shopper gives up only if something is broken for good.
const PATIENCE: usize = 40;
const API: [&str; 10] = [
    "500",
    "429",
    "409",
    "lock_timeout",
    "html_502",
    "503",
    "reset",
    "truncated_200",
    "after_effect_reset",
    "after_effect_500_kept",
];

async fn r1_in_a_storm_every_order_is_paid_once(app: &TestApp) {
    for seed in SEEDS {
        let store = app.connected_store("Coffee").await;
        deliver_by_itself(app, &store).await;
        app.control(Method::POST, "/seed", json!({ "seed": seed }))
            .await;
        let account = &store.keys.account_id;
        for kind in API {
            let rule = json!({ "path_prefix": "/v1/payment_intents", "account": account, "probability": 0.06, "kind": kind });
            app.fault(rule).await;
        }
        for kind in [
            json!({ "duplicate": { "copies": 3, "concurrent": true } }),
            json!({ "reorder": { "window": 3, "max_wait_ms": 100 } }),
            json!({ "delay_ms": 50 }),
            json!("wrong_signature"),
            json!("disconnect"),
        ] {
            let rule = json!({ "account": account, "probability": 0.2, "kind": kind });
            app.control(Method::POST, "/webhook_faults", rule).await;
        }
        let mut orders = Vec::new();
        for _ in 0..ORDERS {
            let order = place(app, &store).await;
            let mut patience = 0..PATIENCE;
            let intent = loop {
                assert!(
                    patience.next().is_some(),
                    "seed {seed}: never a PaymentIntent"
                );
                let reply = start_paying(app, &store, &order).await;
                if reply.status.is_success() {
                    break reply.json()["id"].as_str().unwrap().to_owned();
                }
            };
            app.pay(&intent, "pm_card_visa").await;
            orders.push(order);
        }
        let mut patience = 0..PATIENCE;
        while app.inbox_where("state = 'received'").await.len() + unpaid(app, &orders).await > 0 {
            assert!(patience.next().is_some(), "seed {seed}: never quiet");
            settle(app).await;
            app.wait_s(60);
        }
        app.control(Method::DELETE, "/faults", json!({})).await;
        app.control(Method::DELETE, "/webhook_faults", json!({}))
            .await;
        let intents = app.intents_at_stripe(&store).await;
        let charged = intents
            .iter()
            .filter(|intent| intent["status"] == "succeeded");
        assert_eq!(charged.count(), ORDERS, "seed {seed}");
        for order in &orders {
            assert_eq!(app.times_paid(&order.id).await, 1, "seed {seed}");
            assert_eq!(app.order(&store, &order.id).await["attention"], json!([]));
        }
    }
}

async fn unpaid(app: &TestApp, orders: &[super::Placed]) -> usize {
    let mut unpaid = 0;
    for order in orders {
        unpaid += usize::from(app.times_paid(&order.id).await == 0);
    }
    unpaid
}
