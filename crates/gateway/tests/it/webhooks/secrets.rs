//! Signing secrets are kept in memory: what changes in the database counts all the same.

use std::time::{Duration, Instant};

use domain::Mode;
use futures_util::future::join_all;
use gateway::sealing;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;

use crate::harness::{ConnectedStore, Keys, Reply, TestApp, event_of, stories};

const NEW: &str = "whsec_FAKEnewNewNewNewNewNewNewNew";
const NEWER: &str = "whsec_FAKEnewerNewerNewerNewerNewer";

stories!(
    a_secret_that_another_gateway_stores_works_at_once,
    a_secret_that_another_gateway_stores_works_right_after_a_wrong_one,
    a_flood_of_wrong_signatures_does_not_hold_up_a_new_secret,
    a_secret_ends_when_its_time_is_over,
    a_secret_that_is_replaced_here_ends_at_once,
    wrong_secrets_are_noted,
);

async fn a_secret_that_another_gateway_stores_works_at_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    post(app, &store, &store.webhook_secret).await.expect(200);
    store_secret(
        app,
        &store,
        NEW,
        app.clock.now() + SignedDuration::from_hours(1),
    )
    .await;
    post(app, &store, NEW).await.expect(200);
    post(app, &store, &store.webhook_secret).await.expect(200);
    // Nothing else is believed, and looking again has an end.
    for _ in 0..3 {
        post(app, &store, "whsec_FAKEnobodys")
            .await
            .expect_error(400, "signature_invalid");
    }
}

async fn a_secret_that_another_gateway_stores_works_right_after_a_wrong_one(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let until = app.clock.now() + SignedDuration::from_hours(1);
    for secret in [NEW, NEWER] {
        // What was looked for just now is no answer to what comes next.
        post(app, &store, secret)
            .await
            .expect_error(400, "signature_invalid");
        store_secret(app, &store, secret, until).await;
        post(app, &store, secret).await.expect(200);
    }
    post(app, &store, &store.webhook_secret).await.expect(200);
}

/// Each look waits for the one before it: alone, these would take fifteen seconds.
async fn a_flood_of_wrong_signatures_does_not_hold_up_a_new_secret(app: &TestApp) {
    const FLOOD: usize = 300;
    let store = app.connected_store("Coffee").await;
    post(app, &store, &store.webhook_secret).await.expect(200);
    let until = app.clock.now() + SignedDuration::from_hours(1);
    let begun = Instant::now();
    let flood = join_all((0..FLOOD).map(|_| post(app, &store, "whsec_FAKEnobodys")));
    let genuine = async {
        store_secret(app, &store, NEW, until).await;
        post(app, &store, NEW).await.expect(200);
    };
    let (refused, ()) = tokio::join!(flood, genuine);
    assert!(begun.elapsed() < Duration::from_secs(10));
    for reply in refused {
        reply.expect_error(400, "signature_invalid");
    }
}

async fn a_secret_ends_when_its_time_is_over(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    store_secret(
        app,
        &store,
        NEW,
        app.clock.now() + SignedDuration::from_secs(60),
    )
    .await;
    post(app, &store, &store.webhook_secret).await.expect(200);
    // Our memory of it is as fresh as before.
    app.wait_s(60);
    post(app, &store, &store.webhook_secret)
        .await
        .expect_error(400, "signature_invalid");
    post(app, &store, NEW).await.expect(200);
}

async fn a_secret_that_is_replaced_here_ends_at_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    post(app, &store, &store.webhook_secret).await.expect(200);
    app.connect(&store.id, &store.keys, Some(NEW)).await;
    post(app, &store, NEW).await.expect(200);
    // For as long as both are to be believed.
    post(app, &store, &store.webhook_secret).await.expect(200);
    let overlap = app.app.settings.webhook_secret_overlap;
    app.clock.advance(overlap);
    post(app, &store, &store.webhook_secret)
        .await
        .expect_error(400, "signature_invalid");
}

async fn wrong_secrets_are_noted(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let noted = async || {
        let mut conn = app.app.db.read().await.unwrap();
        let noted = db::stores::wrong_signature_at(&mut conn, store.id.parse().unwrap());
        noted.await.unwrap()
    };
    post(app, &store, &store.webhook_secret).await.expect(200);
    assert_eq!(noted().await, None);
    let first = app.clock.now();
    // Not each of them costs a row.
    for (wait_s, at) in [
        (0, first),
        (59, first),
        (1, first + SignedDuration::from_mins(1)),
    ] {
        app.wait_s(wait_s);
        post(app, &store, &Keys::fake().secret)
            .await
            .expect_error(400, "signature_invalid");
        assert_eq!(noted().await, Some(at));
    }
}

async fn post(app: &TestApp, store: &ConnectedStore, secret: &str) -> Reply {
    let event = event_of(
        "charge.succeeded",
        &json!({ "id": "ch_FAKE1", "object": "charge" }),
    );
    app.post_signed(&TestApp::webhook_path(&store.id), secret, event.to_string())
        .await
}

/// As another gateway adds one: past this one's memory.
async fn store_secret(
    app: &TestApp,
    store: &ConnectedStore,
    secret: &str,
    overlap_until: Timestamp,
) {
    let (store_id, mode) = (store.id.parse().unwrap(), Mode::Test);
    let mut tx = app.app.db.begin().await.unwrap();
    let version = db::webhook_secrets::next_version(&mut tx, store_id, mode);
    let version = version.await.unwrap();
    let secret = SecretString::from(secret);
    let vault = &app.app.vault;
    let new = db::webhook_secrets::NewSecret {
        version,
        account_id: &store.keys.account_id,
        endpoint_id: None,
        secret: sealing::seal_webhook_secret(vault, store_id, mode, version, &secret).unwrap(),
    };
    let now = app.clock.now();
    db::webhook_secrets::add(&mut tx, store_id, mode, new, overlap_until, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}
