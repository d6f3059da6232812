//! Customers whom Stripe has no more, or never made: the next consent makes another one, once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{charge, consent, keep, saved};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    a_customer_who_was_deleted_at_stripe_is_made_again_once,
    a_card_whose_customer_was_deleted_is_gone,
    r1_a_kept_500_costs_one_consent_only,
);

/// The customers that Stripe has.
async fn customers(app: &TestApp, store: &ConnectedStore) -> Vec<String> {
    let mut all = app.list_at_stripe(store, "customers?").await;
    all.retain(|customer| customer["deleted"] != true);
    let id = |customer: &Value| customer["id"].as_str().unwrap().to_owned();
    all.iter().map(id).collect()
}

/// As a merchant does it in the dashboard: whoever is there is deleted.
async fn delete_customers(app: &TestApp, store: &ConnectedStore) -> Vec<String> {
    let all = customers(app, store).await;
    for id in &all {
        app.delete_at_stripe(store, &format!("customers/{id}"))
            .await;
    }
    all
}

async fn a_customer_who_was_deleted_at_stripe_is_made_again_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mut former = Vec::new();
    // Also the one that was made in the place of a deleted one may be deleted.
    for _ in 0..2 {
        let lost = keep(app, &store, "pm_card_visa").await;
        former.extend(delete_customers(app, &store).await);
        let mut orders = Vec::new();
        for _ in 0..3 {
            orders.push(app.place_order(&store).await);
        }
        let agree = orders.iter().map(|order| consent(app, &store, order, true));
        for reply in join_all(agree).await {
            assert_eq!(reply.expect(200)["save_payment_method"], true);
        }
        let now = customers(app, &store).await;
        assert_eq!(now.len(), 1, "{now:?}");
        assert!(!former.contains(&now[0]), "{now:?}");
        assert_eq!(app.count("customers").await, 1);
        let kept = saved(app, &store, "shopper@example.com").await;
        assert!(kept.is_empty(), "they went with their customer: {kept:?}");
        let cart = app.create_cart(&store).await;
        charge(app, &store, &lost, &cart)
            .await
            .expect_error(404, "resource_missing");
    }
    let method = keep(app, &store, "pm_card_visa").await;
    let cart = app.create_cart(&store).await;
    let order = charge(app, &store, &method, &cart).await.expect(201);
    assert_eq!(order["payment_status"], "paid");
}

async fn a_card_whose_customer_was_deleted_is_gone(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for is_prepared in [false, true] {
        let method = keep(app, &store, "pm_card_visa").await;
        let cart = app.create_cart(&store).await;
        if is_prepared {
            let body = json!({ "cart_id": cart, "email": "shopper@example.com", "save_payment_method": true });
            let call = app.store_post(&store, "/payment-intents", &body);
            call.bearer(&store.api_key).send().await.expect(201);
        }
        delete_customers(app, &store).await;
        for _ in 0..2 {
            charge(app, &store, &method, &cart)
                .await
                .expect_error(404, "resource_missing");
        }
        assert!(saved(app, &store, "shopper@example.com").await.is_empty());
        // Another card pays the same cart.
        let method = keep(app, &store, "pm_card_mastercard").await;
        let order = charge(app, &store, &method, &cart).await.expect(201);
        assert_eq!(order["payment_status"], "paid", "{order}");
    }
}

async fn r1_a_kept_500_costs_one_consent_only(app: &TestApp) {
    for (kind, made) in [("500_kept", 1), ("after_effect_500_kept", 2)] {
        let store = app.connected_store("Coffee").await;
        app.fault(json!({ "path_prefix": "/v1/customers", "method": "POST", "kind": kind }))
            .await;
        for is_kept in [false, true, true] {
            let order = app.place_order(&store).await;
            let reply = consent(app, &store, &order, true).await.expect(200);
            assert_eq!(reply["save_payment_method"], is_kept, "{kind}");
        }
        assert_eq!(customers(app, &store).await.len(), made, "{kind}");
        assert_eq!(saved(app, &store, "shopper@example.com").await.len(), 0);
        keep(app, &store, "pm_card_visa").await;
    }
}
