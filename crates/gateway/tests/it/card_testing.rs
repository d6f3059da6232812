//! A15: stolen cards are tried at a store: it slows down, its merchant is told, and it ends by itself. Honest shoppers and other
//! stores notice nothing.

use domain::address::Network;
use futures_util::future::join_all;
use serde_json::{Value, json};
use test_database::TestDatabase;

use crate::harness::{ConnectedStore, Reply, TestApp, logged};

const DECLINED: &str = "pm_card_visa_chargeDeclined";

macro_rules! shielded_stories {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::shielded(test_database::TestDatabase::sqlite().await, super::$story).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::shielded(test_database::TestDatabase::postgres().await, super::$story).await;
            }
        }
    )+};
}

shielded_stories!(
    a15_a_tested_store_slows_down_and_recovers,
    honest_shoppers_notice_nothing,
    a15_one_cart_is_not_a_card_tester_s_machine,
    a14_only_a_trusted_proxy_says_who_calls,
);

/// With the limits that a deployment has, behind a proxy on this machine.
async fn shielded(database: TestDatabase, story: impl AsyncFnOnce(&TestApp)) {
    let app = TestApp::start_with(database, |settings| {
        settings.rate_limit_scale = 1.0;
        settings.trusted_proxies = vec!["127.0.0.1".parse::<Network>().unwrap()];
    })
    .await;
    story(&app).await;
    app.finish().await;
}

/// An order that is to be paid, placed without a shopper's clicks being counted.
struct Unpaid {
    id: String,
    token: String,
}

async fn unpaid(app: &TestApp, store: &ConnectedStore, product: &str) -> Unpaid {
    let cart = app.cart_of(store, product, 1).await;
    let order = app.order_cart(store, &cart).await.expect(201);
    let text = |field: &str| order[field].as_str().unwrap().to_owned();
    Unpaid {
        id: text("id"),
        token: text("order_token"),
    }
}

async fn product(app: &TestApp, store: &ConnectedStore) -> String {
    let fields = json!({ "name": "Coffee", "unit_amount": 1250, "currency": "eur" });
    app.create_product(store, fields).await
}

/// A shopper at this address opens the card form.
async fn begin(app: &TestApp, store: &ConnectedStore, order: &Unpaid, address: &str) -> Reply {
    let body = json!({ "order_id": order.id });
    let request = app
        .store_post(store, "/payment-intents", &body)
        .bearer(&order.token)
        .header("X-Forwarded-For", address);
    request.send().await
}

fn intent(reply: &Reply) -> String {
    assert!(reply.status.is_success(), "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn assert_slowed(reply: &Reply) {
    let error = reply.expect_error(429, "too_many_attempts");
    assert_eq!(error["error"]["type"], "rate_limit_error");
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=120).contains(&seconds), "{seconds}");
}

/// So many stolen cards are tried with the same card form.
async fn try_cards(app: &TestApp, store: &ConnectedStore, intent: &str, times: usize) {
    for _ in 0..times {
        app.pay(intent, DECLINED).await;
    }
    app.deliver(store, "payment_intent.payment_failed", 1).await;
    app.run_work().await;
}

async fn problems(app: &TestApp, store: &ConnectedStore) -> Vec<Value> {
    let path = format!("/stores/{}/stripe-status", store.id);
    let status = app.internal(reqwest::Method::GET, &path, &json!({})).await;
    let problems = status.expect(200)["problems"].clone();
    let all = problems.as_array().unwrap().iter();
    all.filter(|one| one["code"] == "card_testing")
        .cloned()
        .collect()
}

async fn look_again(app: &TestApp) -> usize {
    gateway::work::card_testing::run_once(&app.app)
        .await
        .unwrap()
}

async fn a15_a_tested_store_slows_down_and_recovers(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let coffee = product(app, &store).await;
    let order = unpaid(app, &store, &coffee).await;
    let form = intent(&begin(app, &store, &order, "198.51.100.1").await);
    try_cards(app, &store, &form, 19).await;
    assert_eq!(problems(app, &store).await, [] as [Value; 0], "not yet");
    try_cards(app, &store, &form, 1).await;
    let told = problems(app, &store).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["detail"],
        "20 of 20 payments in 10 minutes were declined"
    );
    assert!(told[0]["message"].as_str().unwrap().contains("CAPTCHA"));
    assert!(logged(&["ERROR", "card testing", &store.id]));

    // The same address again and again, and all addresses together.
    let replies: Vec<Reply> = {
        let mut replies = Vec::new();
        for _ in 0..6 {
            replies.push(begin(app, &store, &order, "198.51.100.1").await);
        }
        replies
    };
    assert!(replies[..3].iter().all(|reply| reply.status == 200));
    replies[3..].iter().for_each(assert_slowed);
    let fresh = unpaid(app, &store, &coffee).await;
    let honest = begin(app, &store, &fresh, "203.0.113.50").await;
    assert_eq!(honest.status, 201, "another address: {}", honest.text);
    let mut slowed = 0;
    for number in 0..25 {
        let reply = begin(app, &store, &fresh, &format!("192.0.2.{number}")).await;
        if reply.status == 429 {
            assert_slowed(&reply);
            slowed += 1;
        }
    }
    assert!((5..25).contains(&slowed), "{slowed}");
    // The merchant's own back end, the other store, and looking at orders go on.
    let body = json!({ "order_id": fresh.id });
    let by_key = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(&store.api_key);
    by_key.send().await.expect(200);
    let tea = product(app, &other).await;
    let elsewhere = unpaid(app, &other, &tea).await;
    assert_eq!(
        begin(app, &other, &elsewhere, "198.51.100.1").await.status,
        201
    );
    assert_eq!(problems(app, &other).await, [] as [Value; 0]);

    assert_eq!(look_again(app).await, 0, "not over");
    app.wait_s(11 * 60);
    assert_eq!(look_again(app).await, 1);
    assert_eq!(problems(app, &store).await, [] as [Value; 0]);
    for _ in 0..10 {
        begin(app, &store, &fresh, "198.51.100.1").await.expect(200);
    }
}

async fn honest_shoppers_notice_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = product(app, &store).await;
    // All from one office, each after three declined cards.
    for _ in 0..10 {
        let order = unpaid(app, &store, &coffee).await;
        let form = intent(&begin(app, &store, &order, "198.51.100.1").await);
        for _ in 0..2 {
            app.pay(&form, DECLINED).await;
            let again = begin(app, &store, &order, "198.51.100.1").await;
            assert_eq!(intent(&again), form);
        }
        let paid = app.pay(&form, "pm_card_visa").await;
        assert_eq!(paid["status"], "succeeded");
        app.deliver(&store, "payment_intent.payment_failed", 1)
            .await;
        app.deliver(&store, "payment_intent.succeeded", 1).await;
        app.run_work().await;
        assert_eq!(app.recorded(&order.id).await.1, "paid");
        // A newsletter's hour has some ten minutes between two dozen.
        app.wait_s(100);
    }
    assert_eq!(problems(app, &store).await, [] as [Value; 0]);
}

async fn a15_one_cart_is_not_a_card_tester_s_machine(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let coffee = product(app, &store).await;
    let order = unpaid(app, &store, &coffee).await;
    // From many addresses, so that only the order's own budget counts.
    for number in 0..30 {
        let reply = begin(app, &store, &order, &format!("192.0.2.{number}")).await;
        assert!(reply.status.is_success(), "{number}: {}", reply.text);
    }
    let reply = begin(app, &store, &order, "192.0.2.99").await;
    assert_slowed(&reply);
    let other = unpaid(app, &store, &coffee).await;
    begin(app, &store, &other, "192.0.2.99").await.expect(201);
    app.wait_s(60);
    begin(app, &store, &order, "192.0.2.99").await.expect(200);
    assert_eq!(app.intents_at_stripe(&store).await.len(), 2);
}

async fn a14_only_a_trusted_proxy_says_who_calls(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    // Refused for what it is, but counted: nobody is asked whether it exists.
    let ask = async |forwarded: &str| {
        let request = app
            .store_post(&store, "/payment-intents", &json!({}))
            .header("X-Forwarded-For", forwarded);
        request.send().await
    };
    let flood = join_all((0..40).map(|_| ask("198.51.100.1"))).await;
    assert!(flood.iter().all(|reply| reply.status == 400));
    // What a caller writes before the proxy's word makes no new caller of them; the clock stands still.
    let lies = join_all((0..25).map(|number| {
        let ask = &ask;
        async move { ask(&format!("10.9.8.{number}, 198.51.100.1")).await }
    }))
    .await;
    let slowed = lies.iter().filter(|reply| reply.status == 429);
    assert_eq!(slowed.count(), 5, "60 at once, and no more");
    assert_eq!(ask("203.0.113.7").await.status, 400, "another caller");
}
