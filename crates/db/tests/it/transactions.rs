//! The transaction guard: what is not committed is gone, and nobody waits for it.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use db::{Db, DbError, facts, stores};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{commit, now, store};

on_both_engines!(
    a_dropped_transaction_leaves_nothing,
    a_cancelled_handler_leaves_nothing,
    a_failed_statement_never_commits_in_silence,
    a_commit_is_seen_by_readers_at_once,
);

/// Below every lock and busy timeout (5 seconds), far above a slow disk.
const AT_ONCE: Duration = Duration::from_secs(4);

async fn a_dropped_transaction_leaves_nothing(database: TestDatabase) {
    let db = &database.db;
    // More often than there are connections, so that a leaked one would show.
    for round in 0..20 {
        let mut tx = db.begin().await.unwrap();
        facts::set(&mut tx, "fact", &round.to_string())
            .await
            .unwrap();
        drop(tx);
    }
    the_next_writer_finds_nothing(db).await;
}

async fn a_cancelled_handler_leaves_nothing(database: TestDatabase) {
    let db = &database.db;
    // Stops the handler at every point where it waits, until it gets through.
    for stop in 0_usize.. {
        if polled_at_most(stop, write_and_forget(db)).await {
            assert!(stop > 0, "the handler waits at least once");
            break;
        }
        the_next_writer_finds_nothing(db).await;
    }
    the_next_writer_finds_nothing(db).await;
}

/// Drops the future instead of polling it once more; whether it ended before.
async fn polled_at_most(polls: usize, future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match (left, future.as_mut().poll(context)) {
        (_, Poll::Ready(())) => Poll::Ready(true),
        (0, Poll::Pending) => Poll::Ready(false),
        (_, Poll::Pending) => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A handler whose client leaves before the commit.
async fn write_and_forget(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    facts::set(&mut tx, "fact", "one").await.unwrap();
    facts::set(&mut tx, "fact", "two").await.unwrap();
    facts::get(&mut tx, "fact").await.unwrap();
}

async fn the_next_writer_finds_nothing(db: &Db) {
    let begun = Instant::now();
    let found = commit(db, async |conn| {
        facts::set(conn, "other", "value").await?;
        facts::get(conn, "fact").await
    });
    assert_eq!(found.await.unwrap(), None);
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
}

async fn a_failed_statement_never_commits_in_silence(database: TestDatabase) {
    let db = &database.db;
    let store = store();
    commit(db, async |conn| stores::insert(conn, &store).await)
        .await
        .unwrap();

    let mut tx = db.begin().await.unwrap();
    facts::set(&mut tx, "fact", "value").await.unwrap();
    let conflict = stores::insert(&mut tx, &store).await;
    assert!(matches!(conflict, Err(DbError::Conflict(_))));
    let committed = tx.commit().await.is_ok();

    let mut conn = db.read().await.unwrap();
    let stored = facts::get(&mut conn, "fact").await.unwrap().is_some();
    assert_eq!(committed, stored);
    drop(conn);
    // And the connection is none the worse.
    commit(db, async |conn| {
        facts::set(conn, "fact", &now().to_string()).await
    })
    .await
    .unwrap();
}

async fn a_commit_is_seen_by_readers_at_once(database: TestDatabase) {
    let db = &database.db;
    let mut tx = db.begin().await.unwrap();
    facts::set(&mut tx, "fact", "value").await.unwrap();
    // A reader neither waits for the writer nor sees what it has not committed.
    let mut conn = db.read().await.unwrap();
    assert_eq!(facts::get(&mut conn, "fact").await.unwrap(), None);
    tx.commit().await.unwrap();
    let seen = facts::get(&mut conn, "fact").await.unwrap();
    assert_eq!(seen.as_deref(), Some("value"));
}
