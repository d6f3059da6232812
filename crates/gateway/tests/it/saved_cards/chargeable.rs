//! What is kept can be charged: cards only, and for whatever cart.

use reqwest::Method;
use serde_json::{Value, json};

use super::{charge, consent, keep, saved};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    only_cards_are_kept,
    a_cart_that_was_prepared_with_consent_is_paid_with_a_kept_card,
    a_kept_500_does_not_keep_a_card_at_stripe,
);

/// From now on Stripe says that this was paid with another type than it was.
async fn paid_otherwise(app: &TestApp, store: &ConnectedStore, intent: &str, kind: &str) {
    let mut object = app.intent_at_stripe(store, intent).await;
    let charges = format!("charges?payment_intent={intent}&");
    let mut charge = app.list_at_stripe(store, &charges).await.remove(0);
    charge["payment_method_details"] = json!({ "type": kind, kind: { "last4": "3000" } });
    object["latest_charge"] = charge;
    let body = object.to_string();
    let path = format!("/v1/payment_intents/{intent}");
    let kind = json!({ "answer": { "status": 200, "body": body } });
    app.fault(json!({ "path_prefix": path, "method": "GET", "kind": kind, "times": 20 }))
        .await;
}

async fn only_cards_are_kept(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["sepa_debit", "ideal", "bancontact", "link", "card"] {
        let order = app.place_order(&store).await;
        let reply = consent(app, &store, &order, true).await.expect(200);
        assert_eq!(reply["save_payment_method"], true);
        app.pay(&order.intent, "pm_card_visa").await;
        paid_otherwise(app, &store, &order.intent, kind).await;
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        app.run_work().await;
        let paid = app.order(&store, &order.id).await;
        assert_eq!(paid["payment_status"], "paid", "{kind}");
        let kept = saved(app, &store, "shopper@example.com").await;
        assert_eq!(kept.len(), usize::from(kind == "card"), "{kind}: {kept:?}");
    }
}

/// A cart's `PaymentIntent`, whose shopper agrees that the card is kept.
async fn prepared(app: &TestApp, store: &ConnectedStore, cart: &str, email: &str) -> String {
    let body = json!({ "cart_id": cart, "email": email, "save_payment_method": true });
    let call = app.store_post(store, "/payment-intents", &body);
    let intent = call.bearer(&store.api_key).send().await.expect(201);
    assert_eq!(intent["save_payment_method"], true, "{intent}");
    intent["id"].as_str().unwrap().to_owned()
}

async fn a_cart_that_was_prepared_with_consent_is_paid_with_a_kept_card(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = keep(app, &store, "pm_card_visa").await;
    for email in ["shopper@example.com", "ada@example.com"] {
        let cart = app.create_cart(&store).await;
        let before = prepared(app, &store, &cart, email).await;
        let order = charge(app, &store, &method, &cart).await.expect(201);
        assert_eq!(order["payment_status"], "paid", "{order}");
        let intent = order["payment_intent_id"].as_str().unwrap();
        let at_stripe = app.intent_at_stripe(&store, intent).await;
        assert_eq!(
            (
                &at_stripe["amount_received"],
                &at_stripe["setup_future_usage"]
            ),
            (&json!(1250), &Value::Null)
        );
        if email == "shopper@example.com" {
            assert_eq!(intent, before);
        } else {
            // Stripe takes nobody else's card for it.
            let left = app.intent_at_stripe(&store, &before).await;
            assert_eq!(left["status"], "canceled");
        }
    }
    app.run_work().await;
    app.run_actions().await;
    let kept = saved(app, &store, "shopper@example.com").await;
    assert_eq!(kept.len(), 1, "nobody agreed to another: {kept:?}");
    assert!(saved(app, &store, "ada@example.com").await.is_empty());
}

async fn a_kept_500_does_not_keep_a_card_at_stripe(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let method = keep(app, &store, "pm_card_visa").await;
    let fault =
        json!({ "path_prefix": "/v1/payment_methods/", "method": "POST", "kind": "500_kept" });
    app.fault(fault).await;
    let path = format!("/api/v1/stores/{}/saved-payment-methods/{method}", store.id);
    for status in [502, 200] {
        let call = app.http.request(Method::DELETE, &path);
        let reply = call.bearer(&store.api_key).send().await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let customers = app.list_at_stripe(&store, "customers?").await;
    let id = customers[0]["id"].as_str().unwrap();
    let list = format!("customers/{id}/payment_methods?");
    assert!(app.list_at_stripe(&store, &list).await.is_empty());
}
