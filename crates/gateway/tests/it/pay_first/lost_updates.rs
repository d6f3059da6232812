//! A cart's `PaymentIntent` that has got another amount at Stripe, and the answer was lost: our record of it follows.

use serde_json::json;

use crate::harness::{TestApp, stories};
use crate::orders::money::{act, late_store, states};

stories!(r1_an_amount_whose_answer_was_lost_is_what_can_be_captured);

async fn r1_an_amount_whose_answer_was_lost_is_what_can_be_captured(app: &TestApp) {
    let store = late_store(app).await;
    let print = json!({ "name": "Print", "unit_amount": 1250, "stock": 100 });
    let print = app.create_product(&store, print).await;
    for (before, after, asks_again) in [(1, 2, true), (1, 2, false), (2, 1, true), (2, 1, false)] {
        let cart = app.cart_of(&store, &print, before).await;
        let token = app.open_checkout(&store, &cart).await;
        let first = app.prepay(&store, &cart, &token).await.expect(201);
        let intent = first["id"].as_str().unwrap();
        app.change_cart(&store, &cart, &print, after)
            .await
            .expect(200);
        let token = app.open_checkout(&store, &cart).await;
        let path = format!("/v1/payment_intents/{intent}");
        app.fault(json!({ "path_prefix": path, "method": "POST", "kind": "after_effect_timeout" }))
            .await;
        let lost = app.prepay(&store, &cart, &token).await;
        lost.expect_error(504, "stripe_timeout");
        let total = i64::from(after) * 1250;
        assert_eq!(app.intent_at_stripe(&store, intent).await["amount"], total);
        if asks_again {
            let again = app.prepay(&store, &cart, &token).await.expect(200);
            assert_eq!(
                (&again["id"], &again["amount"]),
                (&json!(intent), &json!(total))
            );
        }
        app.pay(intent, "pm_card_visa").await;
        let order = app.order_prepaid(&store, &cart, intent).await.expect(201);
        let id = order["id"].as_str().unwrap();
        let capture =
            async |amount: i64| act(app, &store, id, "capture", json!({ "amount": amount })).await;
        let too_much = capture(total + 1).await;
        too_much.expect_error(422, "amount_too_large");
        let paid = capture(total).await.expect(200);
        assert_eq!(states(&paid), ("confirmed", "paid"));
        assert_eq!(
            (&paid["amount_captured"], &paid["attention"]),
            (&json!(total), &json!([]))
        );
    }
}
