//! P8: an order's money is taken and given free at the same moment. One of the two is what happens, at Stripe and with us.

use futures_util::future::join;
use serde_json::json;

use super::rounds;
use crate::harness::{TestApp, stories};
use crate::orders::money::{act, codes, due, held, late_store, states};

stories!(p8_capture_against_cancel_has_one_end);

async fn p8_capture_against_cancel_has_one_end(app: &TestApp) {
    let store = late_store(app).await;
    for round in 0..rounds(4) {
        let order = held(app, &store).await;
        let (captured, cancelled) = join(
            app.patiently(|| act(app, &store, &order.id, "capture", json!({}))),
            app.patiently(|| act(app, &store, &order.id, "cancel", json!({}))),
        )
        .await;
        app.run_actions().await;
        let shown = app.order(&store, &order.id).await;
        let at_stripe = app.intent_at_stripe(&store, &order.intent).await;
        let told = format!(
            "round {round}: {} {} {shown}",
            captured.text, cancelled.text
        );
        match states(&shown) {
            ("confirmed", "paid") => {
                assert_eq!(
                    (captured.status.as_u16(), cancelled.status.as_u16()),
                    (200, 409),
                    "{told}"
                );
            }
            ("cancelled", "unpaid") => {
                assert_eq!(
                    (captured.status.as_u16(), cancelled.status.as_u16()),
                    (409, 200),
                    "{told}"
                );
            }
            // One after the other.
            ("cancelled", "paid") => {
                assert_eq!(
                    (captured.status.as_u16(), cancelled.status.as_u16()),
                    (200, 200),
                    "{told}"
                );
                assert_eq!(codes(&shown), ["cancelled_but_paid"], "{told}");
            }
            _ => panic!("{told}"),
        }
        assert_eq!(
            at_stripe["amount_received"], shown["amount_captured"],
            "{told}"
        );
        let is_paid = shown["payment_status"] == "paid";
        assert_eq!(at_stripe["status"] == "succeeded", is_paid, "{told}");
        assert_eq!(at_stripe["status"] == "canceled", !is_paid, "{told}");
        let back = if shown["status"] == "cancelled" {
            10
        } else {
            9
        };
        assert_eq!(app.stock(&store, &order.product).await, back, "{told}");
    }
    assert_eq!(due(app).await, 0);
}
