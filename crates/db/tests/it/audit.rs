//! The audit log can only grow.

use db::{Engine, audit};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{commit, new_store, now};

on_both_engines!(entries_can_neither_change_nor_go);

async fn entries_can_neither_change_nor_go(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for action in ["connect", "connect"] {
        commit(db, async |conn| {
            audit::record(conn, store_id, "merchant", action, "live", now()).await
        })
        .await
        .unwrap();
    }
    let mut tampering = vec![
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "DELETE FROM audit_log WHERE action = 'connect'",
    ];
    tampering.push(match db.engine() {
        Engine::Sqlite => "REPLACE INTO audit_log SELECT store_id, id, 'nobody', action, subject, created_at FROM audit_log",
        Engine::Postgres => "TRUNCATE audit_log",
    });
    for sql in tampering {
        let refused = database.raw(sql).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    let rows = database
        .raw("SELECT actor, action, subject FROM audit_log")
        .await
        .unwrap();
    let entry = ["merchant", "connect", "live"].map(|text| Some(text.to_owned()));
    assert_eq!(rows, [entry.clone(), entry]);
}
