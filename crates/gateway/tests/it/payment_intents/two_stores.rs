//! Two stores at the same time, each with its own account.

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(two_stores_paying_at_once_use_their_own_keys);

async fn two_stores_paying_at_once_use_their_own_keys(app: &TestApp) {
    let stores = [
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    ];
    let mut carts = Vec::new();
    for store in &stores {
        let coffee = json!({ "name": "Coffee", "unit_amount": 1250 });
        let coffee = app.create_product(store, coffee).await;
        for _ in 0..20 {
            carts.push((store, app.cart_of(store, &coffee, 1).await));
        }
    }
    let purchases = join_all(carts.iter().map(|(store, cart)| buy(app, store, cart))).await;
    for store in &stores {
        app.deliver(store, "payment_intent.succeeded", 1).await;
    }
    app.run_work().await;
    for (store, order) in &purchases {
        assert_eq!(app.order(store, &order.id).await["payment_status"], "paid");
        assert_eq!(app.times_paid(&order.id).await, 1);
    }
    let owner = |intent: &str| {
        let purchase = purchases.iter().find(|(_, order)| order.intent == intent);
        purchase
            .unwrap_or_else(|| panic!("nobody's {intent}"))
            .0
            .clone()
    };
    let mut counted = 0;
    for request in app.stripe_requests().await {
        let path = request["path"].as_str().unwrap();
        let store = if path == "/v1/payment_intents" {
            let store_id = request["params"]["metadata"]["tillgate_store_id"]
                .as_str()
                .unwrap();
            stores
                .iter()
                .find(|store| store.id == store_id)
                .unwrap()
                .clone()
        } else if let Some(rest) = path.strip_prefix("/v1/payment_intents/") {
            owner(rest.split('/').next().unwrap())
        } else {
            continue;
        };
        counted += 1;
        assert_eq!(request["authorization"], store.keys.secret, "{path}");
        assert_eq!(request["account"], store.keys.account_id, "{path}");
        assert_eq!(request["status"], 200, "{path}");
    }
    assert!(counted >= 80, "{counted} requests for 40 purchases");
    for store in &stores {
        assert_eq!(app.intents_at_stripe(store).await.len(), 20);
    }
}

/// Orders, pays and asks how it went, as a shopper's browser does.
async fn buy(app: &TestApp, store: &ConnectedStore, cart: &str) -> (ConnectedStore, PaidOrder) {
    let placed = app.patiently(|| app.order_cart(store, cart)).await.json();
    let token = placed["order_token"].as_str().unwrap();
    let body = json!({ "order_id": placed["id"] });
    let ask = || {
        app.store_post(store, "/payment-intents", &body)
            .bearer(token)
            .send()
    };
    let intent = app.patiently(ask).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&intent, "pm_card_visa").await;
    let path = format!("/payments/{intent}");
    let seen = app
        .patiently(|| app.store_get(store, &path).bearer(token).send())
        .await
        .expect(200);
    assert_eq!(seen["status"], "succeeded");
    let id = placed["id"].as_str().unwrap().to_owned();
    (
        store.clone(),
        PaidOrder {
            id,
            token: token.to_owned(),
            intent,
        },
    )
}
