//! Every state of an order and its money against every action: what is allowed, and what is refused with which code.

use serde_json::{Value, json};

use super::money::{act, held, late_store, states};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(every_state_against_every_action);

/// The actions, in the order of the table's columns.
const ACTIONS: [&str; 8] = [
    "confirmed",
    "shipped",
    "completed",
    "cancelled",
    "pending",
    "capture",
    "part",
    "cancel",
];

const CONFLICT: &str = "409 order_status_conflict";
const NOTHING_HELD: &str = "409 payment_not_capturable";
const CANCELLED: &str = "409 order_cancelled";

/// A state and what each action makes of it. The store captures when an order is completed.
#[rustfmt::skip]
const TABLE: [(&str, [&str; 8]); 11] = [
    ("pending/unpaid",       ["confirmed/unpaid",     "shipped/unpaid",     "completed/unpaid", CONFLICT, "pending/unpaid", NOTHING_HELD, NOTHING_HELD, "cancelled/unpaid"]),
    ("pending/failed",       ["confirmed/failed",     "shipped/failed",     "completed/failed", CONFLICT, "pending/failed", NOTHING_HELD, NOTHING_HELD, "cancelled/failed"]),
    ("confirmed/unpaid",     ["confirmed/unpaid",     "shipped/unpaid",     "completed/unpaid", CONFLICT, CONFLICT, NOTHING_HELD, NOTHING_HELD, "cancelled/unpaid"]),
    ("confirmed/authorized", ["confirmed/authorized", "shipped/authorized", "completed/paid",   CONFLICT, CONFLICT, "confirmed/paid", "confirmed/paid", "cancelled/unpaid"]),
    ("confirmed/paid",       ["confirmed/paid",       "shipped/paid",       "completed/paid",   CONFLICT, CONFLICT, "confirmed/paid", NOTHING_HELD, "cancelled/paid"]),
    ("shipped/unpaid",       [CONFLICT,               "shipped/unpaid",     "completed/unpaid", CONFLICT, CONFLICT, NOTHING_HELD, NOTHING_HELD, CONFLICT]),
    ("shipped/authorized",   [CONFLICT,               "shipped/authorized", "completed/paid",   CONFLICT, CONFLICT, "shipped/paid", "shipped/paid", CONFLICT]),
    ("shipped/paid",         [CONFLICT,               "shipped/paid",       "completed/paid",   CONFLICT, CONFLICT, "shipped/paid", NOTHING_HELD, CONFLICT]),
    ("completed/paid",       [CONFLICT,               CONFLICT,             "completed/paid",   CONFLICT, CONFLICT, "completed/paid", NOTHING_HELD, CONFLICT]),
    ("cancelled/unpaid",     [CONFLICT,               CONFLICT,             CONFLICT, "cancelled/unpaid", CONFLICT, CANCELLED, CANCELLED, "cancelled/unpaid"]),
    ("cancelled/paid",       [CONFLICT,               CONFLICT,             CONFLICT, "cancelled/paid",   CONFLICT, CANCELLED, CANCELLED, "cancelled/paid"]),
];

async fn every_state_against_every_action(app: &TestApp) {
    let store = late_store(app).await;
    for (state, row) in TABLE {
        for (action, expected) in ACTIONS.into_iter().zip(row) {
            let order = order_in(app, &store, state).await;
            let (path, body) = match action {
                "capture" => ("capture", json!({})),
                "part" => ("capture", json!({ "amount": 500 })),
                "cancel" => ("cancel", json!({})),
                status => ("status", json!({ "status": status })),
            };
            let reply = act(app, &store, &order, path, body).await;
            let body = reply.json();
            let seen = if reply.status.is_success() {
                let (status, payment) = states(&body);
                format!("{status}/{payment}")
            } else {
                let code = body["error"]["code"].as_str().unwrap();
                let (status, payment) = app.recorded(&order).await;
                assert_eq!(format!("{status}/{payment}"), state, "{action} was refused");
                format!("{} {code}", reply.status.as_u16())
            };
            assert_eq!(seen, expected, "{state}: {action}: {}", reply.text);
        }
    }
}

/// An order in this state.
async fn order_in(app: &TestApp, store: &ConnectedStore, state: &str) -> String {
    let (status, payment) = state.split_once('/').unwrap();
    let order = match payment {
        "unpaid" => app.place_order(store).await.id,
        "failed" => {
            let order = app.place_order(store).await;
            app.pay(&order.intent, "pm_card_visa_chargeDeclined").await;
            let path = format!("/orders/{}", order.id);
            let shown = app
                .store_get(store, &path)
                .bearer(&order.token)
                .send()
                .await;
            shown.expect(200);
            order.id
        }
        _ => held(app, store).await.id,
    };
    if payment == "paid" {
        step(app, store, &order, "capture", json!({})).await;
    }
    let is_pending = matches!(payment, "unpaid" | "failed");
    match status {
        "pending" => {}
        "cancelled" => step(app, store, &order, "cancel", json!({})).await,
        "confirmed" if !is_pending => {}
        status => step(app, store, &order, "status", json!({ "status": status })).await,
    }
    let (now, money) = app.recorded(&order).await;
    assert_eq!(format!("{now}/{money}"), state);
    order
}

async fn step(app: &TestApp, store: &ConnectedStore, order: &str, action: &str, body: Value) {
    act(app, store, order, action, body).await.expect(200);
}
