//! What was stored by an older version is there after the migration, and goes back.

use db::migrate::Direction::{DownOne, Up};
use db::{Db, connections, reconcile_cursors, webhook_secrets};
use domain::Mode;
use jiff::SignedDuration;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{new_store, now};

on_both_engines!(a_connected_store_with_events_outlives_the_event_pipeline);

/// Tells how many versions there are after the first.
async fn back_to_the_first(db: &Db) -> usize {
    let mut newer = 1;
    while db.migrate(DownOne).await.unwrap() != ["0002"] {
        newer += 1;
    }
    newer
}

async fn a_connected_store_with_events_outlives_the_event_pipeline(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    // Back to the first version, which the store outlives too.
    let newer = back_to_the_first(db).await;
    let at = match db.engine() {
        db::Engine::Sqlite => now().as_microsecond().to_string(),
        db::Engine::Postgres => format!("'{}'", now()),
    };
    for sql in [
        format!(
            "INSERT INTO stripe_connections (store_id, mode, account_id, publishable_key, charges_enabled, secret_version, \
                 secret_key_id, secret_token, reconnect_needed, connected_at, last_event_at) \
             VALUES ('{store_id}', 'test', 'acct_EXAMPLE', 'pk_test_EXAMPLE', TRUE, 3, 'key', 'sealed', FALSE, {at}, {at})"
        ),
        format!(
            "INSERT INTO webhook_secrets (store_id, mode, version, secret_key_id, secret_token, created_at) \
             VALUES ('{store_id}', 'test', 7, 'key', 'sealed secret', {at})"
        ),
        format!(
            "INSERT INTO stripe_events (store_id, account_id, mode, event_id, event_type, payload, state, attempts, received_at, \
                 next_attempt_at, lease_until) \
             VALUES ('{store_id}', 'acct_EXAMPLE', 'test', 'evt_1', 'payment_intent.succeeded', 'key tgp1.sealed', 'processing', 2, \
                 {at}, {at}, {at})"
        ),
        format!(
            "INSERT INTO payments (store_id, id, mode, account_id, status, capture_method, currency, amount_minor, captured_minor, \
                 refunded_minor, created_at, updated_at) \
             VALUES ('{store_id}', '{store_id}', 'test', 'acct_EXAMPLE', 'open', 'automatic', 'eur', 100, 0, 0, {at}, {at})"
        ),
    ] {
        database.raw(&sql).await.unwrap();
    }

    assert_eq!(db.migrate(Up).await.unwrap().len(), newer);
    let mut conn = db.read().await.unwrap();
    let found = connections::find(&mut conn, store_id, Mode::Test).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.account_id, "acct_EXAMPLE");
    assert_eq!(
        (found.secret_version, found.last_event_at),
        (3, Some(now()))
    );
    let secrets = webhook_secrets::list_valid(&mut conn, store_id, now()).await;
    let secrets = secrets.unwrap();
    assert_eq!(secrets.len(), 1);
    assert_eq!(
        (secrets[0].version, secrets[0].account_id.as_str()),
        (7, "acct_EXAMPLE")
    );
    assert_eq!(secrets[0].sealed().token, "sealed secret");
    drop(conn);
    let wanted = [db::inbox::Wanted {
        store_id,
        up_to: 10,
    }];
    let due = db::inbox::claim(db, &wanted, now(), now()).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!((due[0].event_id.as_str(), due[0].attempts), ("evt_1", 3));
    let text = match db.engine() {
        db::Engine::Sqlite => "CAST(payload AS TEXT)",
        db::Engine::Postgres => "convert_from(payload, 'UTF8')",
    };
    let sql = format!("SELECT payload_key_id, {text}, source FROM stripe_events");
    let rows = database.raw(&sql).await.unwrap();
    let texts = ["key", "tgp1.sealed", "webhook"].map(|text| Some(text.to_owned()));
    assert_eq!(rows, [texts]);
    let jobs = database.raw("SELECT count(*) FROM connection_jobs").await;
    assert_eq!(jobs.unwrap(), [[Some("2".to_owned())]]);
    // What the older version has had is not listed anew.
    let cursor = async {
        let mut conn = db.read().await.unwrap();
        reconcile_cursors::find(&mut conn, store_id, Mode::Test, "acct_EXAMPLE").await
    };
    let seen_until = cursor.await.unwrap().unwrap().seen_until;
    assert!(
        seen_until >= now() - SignedDuration::from_hours(1),
        "{seen_until}"
    );

    back_to_the_first(db).await;
    let sql = "SELECT secret_token FROM webhook_secrets";
    let rows = database.raw(sql).await.unwrap();
    assert_eq!(rows, [[Some("sealed secret".to_owned())]]);
    let rows = database
        .raw("SELECT event_id FROM stripe_events")
        .await
        .unwrap();
    assert_eq!(rows, [[Some("evt_1".to_owned())]]);
}
