//! C7: another account takes over only when a person says so, and what the former one took stays with it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Merchant, new_account, test_account};
use crate::harness::{ConnectedStore, Keys, PaidOrder, Reply, TestApp, stories};

stories!(
    c7_another_account_is_confirmed_by_name,
    c7_what_a_former_account_holds_is_finished_there,
    c7_an_unpaid_order_moves_to_the_new_account_and_is_payable_once,
    c7_an_order_that_was_paid_meanwhile_is_not_paid_again,
    c7_a_cart_that_changed_is_withdrawn_at_its_own_account,
    c7_nothing_new_while_the_former_account_cannot_be_asked,
    c7_one_refusal_does_not_end_a_former_account,
);

impl Merchant<'_> {
    async fn confirms(&self, keys: &Keys, account: &str) -> Reply {
        self.send(&[
            ("publishable_key", &keys.publishable),
            ("secret_key", &keys.secret),
            ("confirm_account_change", account),
        ])
        .await
    }
}

/// The store as its merchant left it: with the keys of another account.
async fn moved(app: &TestApp, store: &ConnectedStore) -> ConnectedStore {
    let keys = new_account(app).await;
    app.connect(&store.id, &keys, None).await;
    ConnectedStore {
        keys,
        ..store.clone()
    }
}

async fn ask_to_pay(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) -> Reply {
    app.store_post(store, "/payment-intents", &json!({ "order_id": order.id }))
        .bearer(&order.token)
        .send()
        .await
}

async fn c7_another_account_is_confirmed_by_name(app: &TestApp) {
    let store = app.connected_store("Roastery").await;
    let before = &store.keys.account_id;
    let (other, third) = (new_account(app).await, new_account(app).await);
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    let asked = merchant.submit_keys(&other).await;
    asked.expect(409);
    let field = format!(
        "name=\"confirm_account_change\" value=\"{}\"",
        other.account_id
    );
    for shown in [&field, before, &other.account_id, &other.publishable] {
        assert!(asked.text.contains(shown), "{shown}: {}", asked.text);
    }
    assert!(!asked.text.contains(&other.secret));
    // A confirmation is for one account only.
    for (keys, account) in [
        (&other, before),
        (&other, &third.account_id),
        (&third, &other.account_id),
    ] {
        merchant.confirms(keys, account).await.expect(409);
        assert_eq!(test_account(app, &store.id).await, *before);
    }
    let audit = "SELECT action FROM audit_log WHERE action = 'connect.account_changed'";
    assert!(app.database.raw(audit).await.unwrap().is_empty());

    merchant
        .confirms(&other, &other.account_id)
        .await
        .expect(303);
    assert_eq!(test_account(app, &store.id).await, other.account_id);
    let audit = "SELECT subject, actor FROM audit_log WHERE action = 'connect.account_changed'";
    let rows = app.database.raw(audit).await.unwrap();
    let subject = format!("test {before} -> {}", other.account_id);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0][0].as_deref(), Some(&*subject));
    assert!(rows[0][1].as_deref().unwrap().starts_with("connect_token "));
    let page = app
        .http
        .get(&format!("/stripe/success/{}", store.id))
        .send()
        .await;
    assert!(
        page.text
            .contains(&format!("the account was <code>{before}</code>")),
        "{}",
        page.text
    );

    // Keys of the account that is connected, and the first of a mode, need no confirmation.
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&other).await.expect(303);
    let live = Keys::fake_in("live");
    app.create_account(&live).await;
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&live).await.expect(303);
    // Going back is a change like any other.
    let merchant = Merchant::open(app, &store.id, json!({})).await;
    merchant.submit_keys(&store.keys).await.expect(409);
    merchant.confirms(&store.keys, before).await.expect(303);
}

async fn c7_what_a_former_account_holds_is_finished_there(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let paid = app.place_order(&store).await;
    app.pay(&paid.intent, "pm_card_visa").await;
    let cart = app.create_cart(&store).await;
    let authorised = app.prepaid(&store, &cart).await;
    let sold_out = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &sold_out).await;
    let current = moved(app, &store).await;

    // Its webhook is still heard, and read with its own key.
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    assert_eq!(app.recorded(&paid.id).await.1, "paid");

    // What is authorised there is captured there.
    let order = app
        .order_prepaid(&store, &cart, &authorised)
        .await
        .expect(201);
    assert_eq!(order["payment_status"], "paid");
    let at_stripe = app.intent_at_stripe(&store, &authorised).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("succeeded"), &json!(1250))
    );

    // What is new goes to the new account.
    let new = app.prepay(&current, &sold_out, &token).await.expect(201);
    assert_eq!(new["publishable_key"], current.keys.publishable);
    let order = app.place_order(&current).await;
    assert_eq!(
        app.intent_at_stripe(&current, &order.intent).await["status"],
        "requires_payment_method"
    );
    assert_eq!(app.intents_at_stripe(&store).await.len(), 2);
}

async fn c7_an_unpaid_order_moves_to_the_new_account_and_is_payable_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let current = moved(app, &store).await;
    let new = ask_to_pay(app, &current, &order).await.expect(201);
    assert_eq!(new["publishable_key"], current.keys.publishable);
    assert_ne!(new["id"], order.intent);
    assert_eq!(
        app.intent_at_stripe(&store, &order.intent).await["status"],
        "canceled"
    );
    assert_eq!(ask_to_pay(app, &current, &order).await.expect(200), new);
    assert_eq!(app.intents_at_stripe(&current).await.len(), 1);
    // The news of the cancelled one disturbs nothing.
    app.deliver(&store, "payment_intent.canceled", 1).await;
    app.run_work().await;
    app.pay(new["id"].as_str().unwrap(), "pm_card_visa").await;
    let shown = app.store_get(&current, &format!("/orders/{}", order.id));
    let shown = shown.bearer(&order.token).send().await.expect(200);
    assert_eq!(shown["payment_status"], "paid");
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn c7_an_order_that_was_paid_meanwhile_is_not_paid_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let current = moved(app, &store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let shown = ask_to_pay(app, &current, &order).await.expect(200);
    assert_eq!(
        (&shown["id"], &shown["status"]),
        (&json!(order.intent), &json!("succeeded"))
    );
    assert_eq!(shown["publishable_key"], store.keys.publishable);
    assert_eq!(app.intents_at_stripe(&current).await, Vec::<Value>::new());
    assert_eq!(app.recorded(&order.id).await.1, "paid");
}

async fn c7_a_cart_that_changed_is_withdrawn_at_its_own_account(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let old = app
        .store_post(
            &store,
            "/payment-intents",
            &json!({ "order_id": order["id"] }),
        )
        .bearer(&token)
        .send()
        .await
        .expect(201);
    let prepaid_cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &prepaid_cart).await;
    let first = app.prepay(&store, &prepaid_cart, &token).await.expect(201);
    let current = moved(app, &store).await;

    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    let again = app.order_cart(&store, &cart).await.expect(201);
    assert_ne!(again["id"], order["id"]);
    assert_eq!(
        app.recorded(order["id"].as_str().unwrap()).await.0,
        "cancelled"
    );
    // The payment of a cart that is ordered in the usual way after all.
    app.order_cart(&store, &prepaid_cart).await.expect(201);
    for intent in [&old, &first] {
        let id = intent["id"].as_str().unwrap();
        assert_eq!(app.intent_at_stripe(&store, id).await["status"], "canceled");
    }
    assert_eq!(app.intents_at_stripe(&current).await, Vec::<Value>::new());
}

async fn c7_nothing_new_while_the_former_account_cannot_be_asked(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let current = moved(app, &store).await;
    let account = &store.keys.account_id;
    app.fault(json!({ "path_prefix": "/v1/", "account": account, "kind": "401", "times": 100 }))
        .await;
    ask_to_pay(app, &current, &order)
        .await
        .expect_error(409, "store_reconnect_needed");
    // From now on it is known, and nobody asks again.
    ask_to_pay(app, &current, &order)
        .await
        .expect_error(409, "account_changed");
    assert_eq!(app.intents_at_stripe(&current).await, Vec::<Value>::new());
    // The store itself goes on, and the former account's news waits.
    app.place_order(&current).await;
    app.control(Method::DELETE, "/faults", Value::Null).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let waiting = "state = 'waiting' AND last_error = 'store_reconnect_needed'";
    assert_eq!(app.inbox_where(waiting).await.len(), 1);
    // Once that account is connected again, it is worked through.
    app.connect(&store.id, &store.keys, None).await;
    app.run_work().await;
    assert_eq!(app.recorded(&order.id).await.1, "paid");
}

async fn c7_one_refusal_does_not_end_a_former_account(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    let current = moved(app, &store).await;
    while gateway::work::health::run_once(&app.app).await.unwrap() > 0 {}
    let account = &store.keys.account_id;
    app.fault(json!({ "path_prefix": "/v1/payment_intents", "account": account, "kind": "401" }))
        .await;
    ask_to_pay(app, &current, &order)
        .await
        .expect_error(409, "store_reconnect_needed");
    ask_to_pay(app, &current, &order)
        .await
        .expect_error(409, "account_changed");
    // A minute later its key is tried once more.
    app.pay(&order.intent, "pm_card_visa").await;
    app.wait_s(61);
    assert_eq!(gateway::work::health::run_once(&app.app).await.unwrap(), 1);
    let shown = ask_to_pay(app, &current, &order).await.expect(200);
    assert_eq!(shown["status"], "succeeded");
    assert_eq!(app.times_paid(&order.id).await, 1);
}
