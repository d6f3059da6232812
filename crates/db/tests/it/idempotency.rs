//! Remembered answers: who is first, who may take over, what is kept.

use db::Db;
use db::idempotency::{self, Scope};
use futures_util::future::join_all;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, commit_patiently, now, sealed};

on_both_engines!(
    of_many_first_calls_one_wins,
    keys_of_other_callers_are_other_keys,
    the_first_answer_is_kept,
    a_released_key_is_free_again,
    a_dead_call_is_taken_over_once,
    an_expired_key_is_free_again,
);

fn scope() -> Scope {
    Scope {
        scope: "internal".to_owned(),
        credential: "hash of a credential".to_owned(),
        key: "order-1".to_owned(),
    }
}

async fn of_many_first_calls_one_wins(database: TestDatabase) {
    let db = &database.db;
    let claims = (0..20).map(|_| async { claim(db, &scope(), now()).await });
    let won = join_all(claims).await.into_iter().filter(|&won| won);
    assert_eq!(won.count(), 1);
    let seen = find(db, &scope()).await.unwrap();
    assert_eq!(seen.request_hash, "hash of the request");
    assert_eq!(seen.lease_until, after(30));
    assert_eq!(seen.answer(), None);
}

async fn keys_of_other_callers_are_other_keys(database: TestDatabase) {
    let db = &database.db;
    let other = |change: fn(&mut Scope)| {
        let mut other = scope();
        change(&mut other);
        other
    };
    for scope in [
        scope(),
        other(|scope| scope.scope = "store".into()),
        other(|scope| scope.credential = "another".into()),
        other(|scope| scope.key = "order-2".into()),
    ] {
        assert!(find(db, &scope).await.is_none());
        assert!(claim(db, &scope, now()).await);
    }
}

async fn the_first_answer_is_kept(database: TestDatabase) {
    let db = &database.db;
    assert!(claim(db, &scope(), now()).await);
    for answer in ["first", "second"] {
        commit(db, async |conn| {
            idempotency::keep(conn, &scope(), sealed(answer)).await
        })
        .await
        .unwrap();
    }
    let answer = find(db, &scope()).await.unwrap().answer();
    assert_eq!(answer, Some(sealed("first")));
    release(db).await;
    assert!(find(db, &scope()).await.is_some());
    assert!(!take_over(db, after(60)).await);
    assert!(!claim(db, &scope(), after(60)).await);
}

async fn a_released_key_is_free_again(database: TestDatabase) {
    let db = &database.db;
    assert!(claim(db, &scope(), now()).await);
    release(db).await;
    assert!(find(db, &scope()).await.is_none());
    assert!(claim(db, &scope(), now()).await);
}

async fn a_dead_call_is_taken_over_once(database: TestDatabase) {
    let db = &database.db;
    assert!(claim(db, &scope(), now()).await);
    assert!(!take_over(db, after(29)).await);
    let attempts = (0..10).map(|_| take_over(db, after(30)));
    let won = join_all(attempts).await.into_iter().filter(|&won| won);
    assert_eq!(won.count(), 1);
}

async fn an_expired_key_is_free_again(database: TestDatabase) {
    let db = &database.db;
    assert!(claim(db, &scope(), now()).await);
    commit(db, async |conn| {
        idempotency::keep(conn, &scope(), sealed("old")).await
    })
    .await
    .unwrap();
    assert!(!claim(db, &scope(), after(86_399)).await);
    assert!(claim(db, &scope(), after(86_400)).await);
    assert_eq!(find(db, &scope()).await.unwrap().answer(), None);
}

/// Claims with a lease of 30 seconds, for a day.
async fn claim(db: &Db, scope: &Scope, now: Timestamp) -> bool {
    let lease_until = now + jiff::SignedDuration::from_secs(30);
    let expires_at = now + jiff::SignedDuration::from_secs(86_400);
    commit_patiently(db, async |conn| {
        let hash = "hash of the request";
        idempotency::claim(conn, scope, hash, lease_until, expires_at, now).await
    })
    .await
    .unwrap()
}

async fn take_over(db: &Db, now: Timestamp) -> bool {
    let lease_until = now + jiff::SignedDuration::from_secs(30);
    commit_patiently(db, async |conn| {
        idempotency::take_over(conn, &scope(), lease_until, now).await
    })
    .await
    .unwrap()
}

async fn release(db: &Db) {
    commit(db, async |conn| idempotency::release(conn, &scope()).await)
        .await
        .unwrap();
}

async fn find(db: &Db, scope: &Scope) -> Option<idempotency::Seen> {
    let mut conn = db.read().await.unwrap();
    idempotency::find(&mut conn, scope).await.unwrap()
}
