//! Stores and facts about the deployment.

use db::stores::StoreChanges;
use db::{facts, stores};
use domain::{Currency, Mode, StoreId};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, assert_same, commit, new_store, store};

on_both_engines!(
    a_store_comes_back_as_it_was_written,
    stores_are_listed_oldest_first,
    a_change_touches_only_what_it_names,
    only_the_first_mode_activates_itself,
    the_first_writer_of_a_fact_wins,
);

async fn a_store_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store = store();
    commit(db, async |conn| stores::insert(conn, &store).await)
        .await
        .unwrap();
    let mut conn = db.read().await.unwrap();
    let found = stores::find(&mut conn, store.id).await.unwrap().unwrap();
    assert_same(found, &store);
    let unknown = stores::find(&mut conn, StoreId::generate()).await.unwrap();
    assert!(unknown.is_none());
}

async fn stores_are_listed_oldest_first(database: TestDatabase) {
    let db = &database.db;
    let (first, second, _third) = (
        new_store(db).await,
        new_store(db).await,
        new_store(db).await,
    );
    let list = stores::list(&mut db.read().await.unwrap(), 2)
        .await
        .unwrap();
    let ids: Vec<StoreId> = list.iter().map(|store| store.id).collect();
    assert_eq!(ids, [first, second]);
}

async fn a_change_touches_only_what_it_names(database: TestDatabase) {
    let db = &database.db;
    let mut store = store();
    commit(db, async |conn| stores::insert(conn, &store).await)
        .await
        .unwrap();

    let change = async |changes: StoreChanges| {
        commit(db, async |conn| {
            stores::update(conn, store.id, changes, after(1)).await
        })
        .await
        .unwrap()
        .unwrap()
    };
    assert_same(change(StoreChanges::default()).await, &store);
    let changed = change(StoreChanges {
        name: Some("New".to_owned()),
        merchant_email: Some(None),
        currency: "jpy".parse::<Currency>().ok(),
        active_mode: Some(Mode::Live),
        capture_on: Some("shipped".to_owned()),
        allowed_origins: Some(Vec::new()),
        return_origins: Some(vec!["https://shop.example".to_owned()]),
    })
    .await;

    store.name = "New".into();
    store.merchant_email = None;
    store.currency = "jpy".parse().unwrap();
    store.active_mode = Some(Mode::Live);
    store.capture_on = "shipped".into();
    store.allowed_origins = Vec::new();
    store.return_origins = vec!["https://shop.example".to_owned()];
    assert_same(changed, &store);

    let unknown = commit(db, async |conn| {
        stores::update(conn, StoreId::generate(), StoreChanges::default(), after(1)).await
    });
    assert!(unknown.await.unwrap().is_none());
}

async fn only_the_first_mode_activates_itself(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for mode in Mode::ALL {
        commit(db, async |conn| {
            stores::activate_first_mode(conn, store_id, mode).await
        })
        .await
        .unwrap();
    }
    let mut conn = db.read().await.unwrap();
    let store = stores::find(&mut conn, store_id).await.unwrap().unwrap();
    assert_eq!(store.active_mode, Some(Mode::Test));
}

async fn the_first_writer_of_a_fact_wins(database: TestDatabase) {
    let db = &database.db;
    let set_first = async |value: &'static str| {
        commit(db, async |conn| {
            facts::get_or_set(conn, "check", value).await
        })
        .await
        .unwrap()
    };
    assert_eq!(set_first("one").await, "one");
    assert_eq!(set_first("two").await, "one");
    for value in ["three", "four"] {
        commit(db, async |conn| facts::set(conn, "check", value).await)
            .await
            .unwrap();
    }
    let mut conn = db.read().await.unwrap();
    let stored = facts::get(&mut conn, "check").await.unwrap();
    assert_eq!(stored.as_deref(), Some("four"));
    assert_eq!(facts::get(&mut conn, "other").await.unwrap(), None);
}
