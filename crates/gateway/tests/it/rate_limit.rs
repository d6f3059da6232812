//! How fast a store may be asked. Budgets are set so low that no clock matters: the next one is seconds away.

use serde_json::json;
use test_database::TestDatabase;

use crate::connect::Merchant;
use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(without_a_scale_nothing_is_limited);

/// The smallest that may be set: one `PaymentIntent` in 20 s, two other writes, one try to connect.
const SMALLEST_SCALE: f64 = 0.01;

/// As `stories!`, with limits.
macro_rules! limited_stories {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::limited(test_database::TestDatabase::sqlite().await, super::$story).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::limited(test_database::TestDatabase::postgres().await, super::$story).await;
            }
        }
    )+};
}

limited_stories!(
    a_flood_is_refused_and_stays_the_stores_own,
    payment_intents_have_their_own_budget,
    keys_can_be_tried_a_few_times,
);

async fn limited(database: TestDatabase, story: impl AsyncFnOnce(&TestApp)) {
    let app = TestApp::start_with(database, |settings| {
        settings.rate_limit_scale = SMALLEST_SCALE;
    })
    .await;
    story(&app).await;
    app.finish().await;
}

#[track_caller]
fn assert_limited(reply: &Reply) {
    let error = reply.expect_error(429, "rate_limit");
    assert_eq!(error["error"]["type"], "rate_limit_error");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
}

/// Sends `times` writes that are refused for what they are, as far as they are not too many.
async fn flood(app: &TestApp, store: &ConnectedStore, path: &str, times: usize) -> Vec<Reply> {
    let mut replies = Vec::new();
    for _ in 0..times {
        let request = app
            .store_post(store, path, &json!({ "items": [] }))
            .header("origin", &app.url);
        replies.push(request.send().await);
    }
    replies
}

async fn a_flood_is_refused_and_stays_the_stores_own(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let replies = flood(app, &store, "/carts", 10).await;
    assert_eq!(replies[0].status, 400);
    let refused: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert!(!refused.is_empty());
    for reply in refused {
        assert_limited(reply);
        // The store's own page can read why, and when to come back.
        assert_eq!(reply.header("access-control-allow-origin"), app.url);
    }
    // Reads, other stores and the internal API go on.
    app.store_get(&store, "/products").send().await.expect(200);
    assert_eq!(flood(app, &other, "/carts", 1).await[0].status, 400);
    app.create_store("Third").await;
}

async fn payment_intents_have_their_own_budget(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let replies = flood(app, &store, "/payment-intents", 5).await;
    assert_eq!(replies[0].status, 400);
    assert!(replies.iter().any(|reply| reply.status == 429));
    replies
        .iter()
        .filter(|reply| reply.status == 429)
        .for_each(assert_limited);
    assert_eq!(flood(app, &store, "/carts", 1).await[0].status, 400);
    // A refusal is not an answer that is kept: the same key works once there is room.
    let request = app
        .store_post(&store, "/payment-intents", &json!({}))
        .header("Idempotency-Key", "later");
    assert_limited(&request.send().await);
    let rows = app
        .database
        .raw("SELECT 1 FROM idempotency_keys")
        .await
        .unwrap();
    assert!(rows.is_empty());
}

async fn keys_can_be_tried_a_few_times(app: &TestApp) {
    let store = app.create_store("Roastery").await;
    let other = Merchant::open(app, &app.create_store("Other").await, json!({})).await;
    let merchant = Merchant::open(app, &store, json!({})).await;
    // Without the proofs nobody uses up the merchant's tries.
    let mut intruder = Merchant::open(app, &store, json!({})).await;
    intruder.token = other.token.clone();
    for _ in 0..5 {
        intruder.submit("", "", "").await.expect(403);
    }
    merchant.submit("", "", "").await.expect(422);
    let page = merchant.submit("", "", "").await;
    page.expect(429);
    assert!(page.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(
        page.header("content-type").starts_with("text/html")
            && page.text.contains("too many tries")
    );
    other.submit("", "", "").await.expect(422);
}

async fn without_a_scale_nothing_is_limited(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for reply in flood(app, &store, "/carts", 250).await {
        assert_eq!(reply.status, 400);
    }
}
