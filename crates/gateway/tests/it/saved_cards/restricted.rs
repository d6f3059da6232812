//! A store whose restricted key may not keep cards: its shoppers pay all the same, and its merchant is told what is missing.

use gateway::connect::permissions;
use gateway::stripe::StoreStripe;
use serde_json::{Value, json};

use super::{consent, saved};
use crate::connect::permissions::{complete, problems, restricted};
use crate::harness::{ConnectedStore, TestApp, stories};

stories!(
    c6_a_key_that_may_not_keep_cards_is_told_and_nobody_is_asked,
    c6_a_permission_that_was_taken_away_costs_no_payment,
    whatever_stripe_refuses_about_keeping_costs_no_payment,
);

/// A connected store whose key may do everything but this.
async fn lacking(app: &TestApp, names: &[&str]) -> (ConnectedStore, String) {
    let store = app.connected_store("Coffee").await;
    let keys = restricted(app, &store.keys, &without(names)).await;
    app.connect(&store.id, &keys, Some(&store.webhook_secret))
        .await;
    (store, keys.secret)
}

fn without(names: &[&str]) -> Value {
    let mut permissions = complete();
    for name in names {
        permissions[*name] = json!("read");
    }
    permissions
}

async fn permit(app: &TestApp, store: &ConnectedStore, key: &str, permissions: Value) {
    let body =
        json!({ "account_id": store.keys.account_id, "key": key, "permissions": permissions });
    app.control(reqwest::Method::POST, "/keys", body).await;
}

/// Whether the hosted page asks the shopper.
async fn is_asked(app: &TestApp, store: &ConnectedStore) -> bool {
    let cart = app.create_cart(store).await;
    let body = json!({ "cart_id": cart, "offer_to_save": true });
    let opened = app.store_post(store, "/checkouts", &body).send().await;
    let opened = opened.expect(201);
    app.keep_token(opened["checkout_token"].as_str().unwrap());
    let url = opened["checkout_url"].as_str().unwrap();
    let page = app.http.get(url.strip_prefix(&app.url).unwrap());
    let page = page.send().await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.contains("id=\"save\"")
}

/// A shopper agrees, whatever comes of it, and pays.
async fn pays_unkept(app: &TestApp, store: &ConnectedStore) {
    let order = app.place_order(store).await;
    let reply = consent(app, store, &order, true).await.expect(200);
    assert_eq!(reply["save_payment_method"], false, "{reply}");
    let paid = app.pay(&order.intent, "pm_card_visa").await;
    assert_eq!(paid["status"], "succeeded", "{paid}");
    app.deliver(store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(app.order(store, &order.id).await["payment_status"], "paid");
    assert!(saved(app, store, "shopper@example.com").await.is_empty());
}

async fn missing(app: &TestApp, store: &ConnectedStore) -> Vec<(String, Value)> {
    problems(app, &store.id).await
}

fn told(names: &str) -> [(String, Value); 1] {
    [("permissions_missing".to_owned(), json!(names))]
}

async fn c6_a_key_that_may_not_keep_cards_is_told_and_nobody_is_asked(app: &TestApp) {
    for (name, title) in [
        ("customers", "Customers: Write"),
        // What cannot be given up again is not kept.
        ("payment_methods", "PaymentMethods: Write"),
    ] {
        let (store, _) = lacking(app, &[name]).await;
        assert_eq!(missing(app, &store).await, told(title));
        let page = app.http.get(&format!("/stripe/success/{}", store.id));
        let page = page.send().await;
        assert!(page.text.contains(title), "{}", page.text);
        assert!(!is_asked(app, &store).await, "{name}");
        pays_unkept(app, &store).await;
    }
    assert_eq!(app.count("customers").await, 0, "nobody is written down");
    let (store, _) = lacking(app, &[]).await;
    assert_eq!(missing(app, &store).await, []);
    assert!(is_asked(app, &store).await);
}

async fn c6_a_permission_that_was_taken_away_costs_no_payment(app: &TestApp) {
    let (store, key) = lacking(app, &["disputes", "setup_intents"]).await;
    assert_eq!(missing(app, &store).await, told("SetupIntents: Write"));
    permit(app, &store, &key, without(&["setup_intents", "customers"])).await;
    assert!(is_asked(app, &store).await, "nobody knows yet");
    pays_unkept(app, &store).await;
    let both = told("SetupIntents: Write, Customers: Write");
    assert_eq!(missing(app, &store).await, both);
    pays_unkept(app, &store).await;
    assert_eq!(missing(app, &store).await, both);
    assert!(!is_asked(app, &store).await);

    // It is given back, which the next probes find.
    permit(app, &store, &key, complete()).await;
    let store_id = store.id.parse().unwrap();
    let stripe = StoreStripe::open(&app.app, store_id, domain::Mode::Test)
        .await
        .unwrap();
    permissions::check_again(&app.app, store_id, &stripe)
        .await
        .unwrap();
    assert_eq!(missing(app, &store).await, []);
    assert!(is_asked(app, &store).await);
    let order = app.place_order(&store).await;
    let reply = consent(app, &store, &order, true).await.expect(200);
    assert_eq!(reply["save_payment_method"], true);
}

async fn whatever_stripe_refuses_about_keeping_costs_no_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (path, kind) in [
        ("/v1/customers", "500_kept"),
        ("/v1/customers", "403"),
        ("/v1/payment_intents/pi_", "403"),
    ] {
        app.control(reqwest::Method::DELETE, "/faults", json!({}))
            .await;
        let order = app.place_order(&store).await;
        let fault = json!({ "path_prefix": path, "method": "POST", "kind": kind, "times": 20 });
        app.fault(fault).await;
        let reply = consent(app, &store, &order, true).await.expect(200);
        assert_eq!(reply["save_payment_method"], false, "{path} {kind}");
        app.control(reqwest::Method::DELETE, "/faults", json!({}))
            .await;
        app.pay(&order.intent, "pm_card_visa").await;
        app.hint(&store, "payment_intent.succeeded", &order.intent)
            .await;
        app.run_work().await;
        assert_eq!(app.order(&store, &order.id).await["payment_status"], "paid");
    }
    // A key that is not restricted lacks nothing that anybody could add.
    assert_eq!(missing(app, &store).await, []);
    assert!(saved(app, &store, "shopper@example.com").await.is_empty());
}
