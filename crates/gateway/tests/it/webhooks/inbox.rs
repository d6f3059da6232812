//! 200 means stored: many at once, too many at once, and with the database gone.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use test_database::TestDatabase;

use crate::harness::{ConnectedStore, Reply, TestApp, event_of, logged, stories};

stories!(
    a_hundred_at_once_are_all_stored,
    two_stores_may_have_the_same_event,
    more_than_fit_are_asked_to_come_back,
    without_a_database_nothing_is_acknowledged,
);

async fn a_hundred_at_once_are_all_stored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let replies = join_all((0..100).map(|_| post_new(app, &store))).await;
    for reply in replies {
        reply.expect(200);
    }
    assert_eq!(app.count("stripe_events").await, 100);
    app.run_work().await;
    assert_eq!(app.inbox_where("state = 'ignored'").await.len(), 100);
}

async fn two_stores_may_have_the_same_event(app: &TestApp) {
    let (a, b) = (
        app.connected_store("A").await,
        app.connected_store("B").await,
    );
    let event = event_of(
        "payment_intent.created",
        &json!({ "id": "pi_FAKE1", "object": "payment_intent" }),
    );
    for store in [&a, &b, &a, &b] {
        app.post_event(store, &event).await.expect(200);
    }
    assert_eq!(app.count("stripe_events").await, 2);
}

async fn more_than_fit_are_asked_to_come_back(app: &TestApp) {
    // A store has 512 places, and those that are being written count.
    const SENT: usize = 590;
    const CERTAINLY_REFUSED: usize = SENT - 512;
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    // Its secret is known then.
    post_new(app, &other).await.expect(200);
    lock_inbox(&app.database).await;
    let mut posts: FuturesUnordered<_> = (0..SENT).map(|_| post_new(app, &store)).collect();
    let mut refused = Vec::with_capacity(CERTAINLY_REFUSED);
    while refused.len() < CERTAINLY_REFUSED {
        let reply = posts.next().await.unwrap();
        assert_asked_to_come_back(&reply);
        refused.push(reply);
    }
    // One store's crowd is no other's.
    let (of_other, unlocked) = tokio::join!(post_new(app, &other), app.database.raw("COMMIT"));
    unlocked.unwrap();
    of_other.expect(200);
    // Refused because of the crowd, and not because the database took too long.
    let is_full = |reply: &Reply| {
        logged(&[
            reply.header("x-request-id"),
            "the inbox takes no more events right now",
        ])
    };
    assert!(refused.iter().any(is_full));
    let mut stored = 0;
    while let Some(reply) = posts.next().await {
        if reply.status == 200 {
            stored += 1;
        } else {
            assert_asked_to_come_back(&reply);
        }
    }
    post_new(app, &store).await.expect(200);
    // Who was answered that it takes too long may find its event stored all the same.
    assert!(app.count("stripe_events").await > stored);
}

async fn without_a_database_nothing_is_acknowledged(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    // First only the writer is kept busy for longer than anybody waits; then nobody answers at all.
    lock_inbox(&app.database).await;
    let begun = Instant::now();
    assert_asked_to_come_back(&post_new(app, &store).await);
    // Within two seconds, and not when the lock times out; this machine may be busy.
    assert!(begun.elapsed() < Duration::from_secs(4));
    app.database.raw("COMMIT").await.unwrap();
    post_new(app, &store).await.expect(200);
    let stored = app.count("stripe_events").await;
    app.app.db.close();
    for secrets_are_known in [true, false] {
        let reply = post_new(app, &store).await;
        let code = if secrets_are_known {
            "inbox_unavailable"
        } else {
            "database_unavailable"
        };
        reply.expect_error(503, code);
        assert_ne!(reply.header("retry-after"), "");
        app.app.signing_secrets.forget(store.id.parse().unwrap());
    }
    assert_eq!(app.count("stripe_events").await, stored);
}

async fn post_new(app: &TestApp, store: &ConnectedStore) -> Reply {
    let event = event_of(
        "payment_intent.created",
        &json!({ "id": "pi_FAKE1", "object": "payment_intent" }),
    );
    app.post_event(store, &event).await
}

#[track_caller]
fn assert_asked_to_come_back(reply: &Reply) {
    reply.expect_error(503, "inbox_unavailable");
    assert_eq!(reply.header("retry-after"), "2");
}

/// Keeps everybody from writing into the inbox, until `COMMIT`.
async fn lock_inbox(database: &TestDatabase) {
    if database.path().is_some() {
        database.raw("BEGIN IMMEDIATE").await.unwrap();
    } else {
        database.raw("BEGIN").await.unwrap();
        database
            .raw("LOCK TABLE stripe_events IN ACCESS EXCLUSIVE MODE")
            .await
            .unwrap();
    }
}
