//! A database that is away: told soon, told as such, and used again once it is back.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use db::{Db, DbError, facts};
use test_database::TestDatabase;

use crate::world::{commit, commit_patiently};

/// A caller that gets no answer for longer has given up.
const SOON: Duration = Duration::from_secs(10);

async fn opening_fails_soon(url: &str) {
    let begun = Instant::now();
    let refused = Db::open(url).await.unwrap_err();
    assert!(matches!(refused, DbError::Unavailable(_)), "{refused:?}");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_dead_port_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Someone who takes the connection and never answers, then nobody at all.
    opening_fails_soon(&format!("postgres://nobody@127.0.0.1:{port}/none")).await;
    drop(listener);
    opening_fails_soon(&format!("postgres://nobody@127.0.0.1:{port}/none")).await;
    opening_fails_soon("sqlite:///proc/nowhere/tillgate.db").await;
}

#[tokio::test]
async fn a_wrong_password_is_told_without_the_password() {
    let url = TestDatabase::unmigrated_postgres().await.url().to_owned();
    let (before, host) = url.split_once('@').unwrap();
    let (user, _) = before.rsplit_once(':').unwrap();
    let wrong = format!("{user}:secret-EXAMPLE@{host}");
    let refused = Db::open(&wrong).await.unwrap_err();
    assert!(matches!(refused, DbError::Unavailable(_)));
    assert!(!format!("{refused:?}").contains("secret-EXAMPLE"));
}

#[tokio::test]
async fn a_server_that_ends_our_sessions_is_unavailable_and_then_back() {
    let database = TestDatabase::postgres().await;
    let db = &database.db;
    let mut conn = db.read().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    facts::set(&mut tx, "fact", "lost").await.unwrap();
    let schema = database.raw("SELECT current_schema()").await.unwrap();
    let schema = schema[0][0].clone().unwrap();
    // The sessions of this test alone: others work in other schemas.
    let ended = database
        .raw(&format!(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l \
             JOIN pg_class AS c ON c.oid = l.relation \
             WHERE c.relnamespace = '{schema}'::regnamespace AND l.pid <> pg_backend_pid()"
        ))
        .await
        .unwrap();
    assert!(!ended.is_empty());
    let failed = facts::set(&mut tx, "fact", "lost again").await;
    assert!(matches!(failed, Err(DbError::Unavailable(_))), "{failed:?}");
    let failed = tx.commit().await;
    assert!(matches!(failed, Err(DbError::Unavailable(_))), "{failed:?}");
    // The other session still works, and the pool replaces the dead one.
    assert_eq!(facts::get(&mut conn, "fact").await.unwrap(), None);
    commit_patiently(db, async |conn| facts::set(conn, "fact", "stored").await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_sqlite_file_that_another_program_holds_is_unavailable() {
    let database = TestDatabase::sqlite().await;
    database.raw("BEGIN IMMEDIATE").await.unwrap();
    let refused = commit(&database.db, async |conn| {
        facts::set(conn, "fact", "value").await
    });
    assert!(matches!(refused.await, Err(DbError::Unavailable(_))));
    database.raw("ROLLBACK").await.unwrap();
    commit(&database.db, async |conn| {
        facts::set(conn, "fact", "value").await
    })
    .await
    .unwrap();
}
