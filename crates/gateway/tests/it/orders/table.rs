//! Every state of an order × every state of its money × every action: what is allowed, and what is refused with which code.
//! The table is `table.txt`, one row a state, one column an action; a run that finds something else prints the rows as it
//! found them.

use domain::order::{OrderStatus, PaymentStatus};
use serde_json::json;

use super::money::{act, late_store};
use super::states::{Subject, UNREACHABLE, order_in};
use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    every_action_on_pending_orders,
    every_action_on_confirmed_orders,
    every_action_on_shipped_orders,
    every_action_on_completed_orders,
    every_action_on_cancelled_orders,
    every_action_on_orders_that_are_paid_by_hand,
);

/// The head first.
fn rows() -> Vec<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/orders/table.txt");
    let table = std::fs::read_to_string(path).unwrap();
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    lines.map(cells).collect()
}

#[test]
fn the_table_has_every_state() {
    for status in OrderStatus::ALL {
        for money in PaymentStatus::ALL {
            let state = format!("{status}/{money}");
            let named = rows().iter().filter(|row| row[0] == state).count();
            let excused = UNREACHABLE
                .iter()
                .filter(|(a, b, _)| *a == status.as_str() && b.contains(&money.as_str()));
            assert_eq!(named + excused.count(), 1, "{state}");
        }
    }
    let columns = rows()[0].len();
    assert!(rows().iter().all(|row| row.len() == columns));
}

async fn every_action_on_pending_orders(app: &TestApp) {
    walk(app, "pending/").await;
}

async fn every_action_on_confirmed_orders(app: &TestApp) {
    walk(app, "confirmed/").await;
}

async fn every_action_on_shipped_orders(app: &TestApp) {
    walk(app, "shipped/").await;
}

async fn every_action_on_completed_orders(app: &TestApp) {
    walk(app, "completed/").await;
}

async fn every_action_on_cancelled_orders(app: &TestApp) {
    walk(app, "cancelled/").await;
}

async fn every_action_on_orders_that_are_paid_by_hand(app: &TestApp) {
    walk(app, "by hand ").await;
}

/// Walks the rows of these states. The store captures when an order is completed.
async fn walk(app: &TestApp, states: &str) {
    let store = late_store(app).await;
    let all = rows();
    let (actions, all) = all.split_first().unwrap();
    let (mut expected, mut seen) = (Vec::new(), Vec::new());
    for row in all.iter().filter(|row| row[0].starts_with(states)) {
        let state = &row[0];
        let mut cells = vec![state.clone()];
        let mut left: Option<Subject> = None;
        for action in &actions[1..] {
            let subject = match left.take() {
                Some(subject) => subject,
                None => order_in(app, &store, state).await,
            };
            let before = app.recorded(&subject.id).await;
            let reply = perform(app, &store, &subject, action).await;
            let after = app.recorded(&subject.id).await;
            let code = reply.json()["error"]["code"].as_str().map(str::to_owned);
            cells.push(match code {
                Some(code) => {
                    assert_eq!(after, before, "{state}: {action} was refused, and moved it");
                    // What was refused has left it as it was: the next action may have it.
                    left = (action != "other cart").then_some(subject);
                    format!("{} {code}", reply.status.as_u16())
                }
                None if after == before && action == "pay" => {
                    reply.json()["status"].as_str().unwrap().to_owned()
                }
                None if after == before => "=".to_owned(),
                None => format!("{}/{}", after.0, after.1),
            });
        }
        expected.push(row.join(" | "));
        seen.push(cells.join(" | "));
    }
    assert!(!seen.is_empty());
    assert!(
        seen == expected,
        "seen:\n{}\nbut the table says:\n{}",
        seen.join("\n"),
        expected.join("\n")
    );
}

async fn perform(app: &TestApp, store: &ConnectedStore, subject: &Subject, action: &str) -> Reply {
    let (path, body) = match action {
        "capture" => ("capture", json!({})),
        "capture part" => ("capture", json!({ "amount": 500 })),
        "cancel" => ("cancel", json!({})),
        "cancel and refund" => ("cancel", json!({ "refund": true })),
        "refund" => ("refunds", json!({})),
        "refund part" => ("refunds", json!({ "amount": 100 })),
        "mark paid" => ("mark-paid", json!({})),
        "restock" => ("restock", json!({})),
        "pay" => {
            let body = json!({ "order_id": subject.id });
            let request = app
                .store_post(store, "/payment-intents", &body)
                .bearer(&subject.token);
            return request.send().await;
        }
        // The shopper changes the cart, and orders it again.
        "other cart" => {
            let changed = app
                .change_cart(store, &subject.cart, &subject.product, 2)
                .await;
            if !changed.status.is_success() {
                return changed;
            }
            return app.order_cart(store, &subject.cart).await;
        }
        status => ("status", json!({ "status": status })),
    };
    act(app, store, &subject.id, path, body).await
}
