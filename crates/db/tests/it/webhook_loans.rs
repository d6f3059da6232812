//! Signing secrets that are lent for a while, and whose stores have one.

use db::Db;
use db::connections::{self, StoreAccount};
use db::webhook_secrets::{self, NewSecret};
use domain::{Mode, StoreId};
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, new_store, now, sealed};

on_both_engines!(
    a_lent_secret_ends_by_itself_and_leaves_the_others,
    a_loan_is_extended_only_while_it_lasts,
    accounts_of_all_stores_come_newest_first,
);

async fn connected(db: &Db, mode: Mode, at: Timestamp) -> StoreId {
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        connections::put(conn, store_id, connection(mode), at).await
    })
    .await
    .unwrap();
    store_id
}

fn new(version: i64) -> NewSecret<'static> {
    NewSecret {
        version,
        account_id: "acct_EXAMPLE",
        endpoint_id: None,
        secret: sealed("secret"),
    }
}

async fn lend(db: &Db, store_id: StoreId, version: i64, until: Timestamp) {
    commit(db, async |conn| {
        let lent = new(version);
        webhook_secrets::lend(conn, store_id, Mode::Test, lent, until, now()).await
    })
    .await
    .unwrap();
}

async fn valid_at(db: &Db, store_id: StoreId, instant: Timestamp) -> Vec<i64> {
    let mut conn = db.read().await.unwrap();
    let valid = webhook_secrets::list_valid(&mut conn, store_id, instant).await;
    valid.unwrap().iter().map(|secret| secret.version).collect()
}

async fn with_valid_at(db: &Db, instant: Timestamp) -> Vec<StoreId> {
    let mut conn = db.read().await.unwrap();
    let signed = webhook_secrets::list_signed_accounts(&mut conn, Mode::Test, instant, 9);
    let signed = signed.await.unwrap();
    assert!(signed.iter().all(|one| one.account_id == "acct_EXAMPLE"));
    signed.iter().map(|one| one.store_id).collect()
}

async fn a_lent_secret_ends_by_itself_and_leaves_the_others(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db, Mode::Test, now()).await;
    lend(db, store_id, 1, after(60)).await;
    assert_eq!(with_valid_at(db, after(59)).await, [store_id]);
    assert_eq!(with_valid_at(db, after(60)).await, []);
    commit(db, async |conn| {
        webhook_secrets::add(conn, store_id, Mode::Test, new(2), after(100), now()).await
    })
    .await
    .unwrap();
    lend(db, store_id, 3, after(60)).await;
    assert_eq!(valid_at(db, store_id, after(59)).await, [3, 2, 1]);
    assert_eq!(valid_at(db, store_id, after(1000)).await, [2]);
    // Two valid ones are one store.
    assert_eq!(with_valid_at(db, after(1)).await, [store_id]);
}

async fn a_loan_is_extended_only_while_it_lasts(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db, Mode::Test, now()).await;
    lend(db, store_id, 1, after(60)).await;
    let extend = async |version, until, at| {
        commit(db, async |conn| {
            webhook_secrets::extend_loan(conn, store_id, Mode::Test, version, until, at).await
        })
        .await
        .unwrap()
    };
    assert!(extend(1, after(120), after(59)).await);
    assert_eq!(valid_at(db, store_id, after(119)).await, [1]);
    assert!(!extend(2, after(120), after(59)).await, "there is none");
    assert!(extend(1, after(70), after(70)).await, "ended at will");
    assert!(!extend(1, after(200), after(71)).await, "over is over");
    assert_eq!(valid_at(db, store_id, after(71)).await, []);
    commit(db, async |conn| {
        webhook_secrets::add(conn, store_id, Mode::Test, new(2), now(), now()).await
    })
    .await
    .unwrap();
    assert!(!extend(2, after(200), after(71)).await, "it has no end");
}

async fn accounts_of_all_stores_come_newest_first(database: TestDatabase) {
    let db = &database.db;
    let older = connected(db, Mode::Test, now()).await;
    let account_id = "acct_OTHER".to_owned();
    let other = connections::NewConnection {
        account_id: account_id.clone(),
        ..connection(Mode::Test)
    };
    // The one before stays, but is not the store's account any more.
    commit(db, async |conn| {
        connections::put(conn, older, other.clone(), now()).await
    })
    .await
    .unwrap();
    let newer = connected(db, Mode::Live, after(1)).await;
    let list = async |limit| {
        let mut conn = db.read().await.unwrap();
        connections::list_accounts(&mut conn, limit).await.unwrap()
    };
    let found = list(9).await;
    let short: Vec<_> = found.iter().map(|one| (one.store_id, one.mode)).collect();
    assert_eq!(short, [(newer, Mode::Live), (older, Mode::Test)]);
    let expected = StoreAccount {
        store_id: older,
        mode: Mode::Test,
        account_id,
    };
    assert_eq!(found[1], expected);
    assert_eq!(list(1).await, found[..1]);
}
