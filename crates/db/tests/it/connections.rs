//! Stripe connections, their webhook secrets, connect tokens and API keys.

use db::api_keys::{self, NewApiKey};
use db::connect_tokens::{self, TokenState};
use db::{Db, DbError, connections, webhook_secrets};
use domain::{ApiKeyId, Mode, StoreId};
use futures_util::future::join_all;
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};
use uuid::Uuid;

use crate::world::{after, commit, commit_patiently, connection, new_store, now, sealed};

on_both_engines!(
    a_connection_is_replaced_as_a_whole,
    a_refused_key_does_not_blame_its_successor,
    a_refused_key_pauses_its_own_account,
    secrets_overlap_when_one_is_rolled,
    a_known_secret_becomes_the_newest_again,
    an_account_that_was_replaced_keeps_its_keys_and_secrets,
    a_connect_token_is_used_up_once,
    a_key_is_found_by_its_hash,
);

async fn a_connection_is_replaced_as_a_whole(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for mode in [Mode::Live, Mode::Test] {
        put(db, store_id, connection(mode), now()).await;
    }
    let mut conn = db.read().await.unwrap();
    let list = connections::list(&mut conn, store_id).await.unwrap();
    let modes: Vec<Mode> = list.iter().map(|connection| connection.mode).collect();
    assert_eq!(modes, [Mode::Test, Mode::Live]);
    drop(conn);

    commit(db, async |conn| {
        connections::mark_reconnect_needed(conn, store_id, Mode::Test, 1, "key_expired").await
    })
    .await
    .unwrap();
    let refused = find(db, store_id, Mode::Test).await;
    assert!(refused.reconnect_needed);
    assert_eq!(refused.last_error.as_deref(), Some("key_expired"));

    let mut new = connection(Mode::Test);
    new.account_id = "acct_OTHER".into();
    new.publishable_key = "pk_test_OTHER".into();
    new.country = None;
    new.default_currency = None;
    new.charges_enabled = false;
    new.secret_version = 2;
    new.secret = sealed("second");
    put(db, store_id, new, after(10)).await;
    let found = find(db, store_id, Mode::Test).await;
    assert_eq!(found.account_id, "acct_OTHER");
    assert_eq!(found.publishable_key, "pk_test_OTHER");
    assert_eq!(
        (found.country.as_ref(), found.default_currency.as_ref()),
        (None, None)
    );
    assert!(!found.charges_enabled);
    assert_eq!(found.secret_version, 2);
    assert_eq!(found.sealed_secret(), sealed("second"));
    assert!(!found.reconnect_needed);
    assert_eq!(found.connected_at, after(10));
    assert_eq!(found.last_error, None);
    let untouched = find(db, store_id, Mode::Live).await;
    assert_eq!(untouched.sealed_secret(), sealed("sealed secret key"));
    assert!(untouched.charges_enabled);
}

async fn a_refused_key_does_not_blame_its_successor(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut new = connection(Mode::Test);
    new.secret_version = 2;
    put(db, store_id, new, now()).await;
    commit(db, async |conn| {
        connections::mark_reconnect_needed(conn, store_id, Mode::Test, 1, "key_expired").await
    })
    .await
    .unwrap();
    assert!(!find(db, store_id, Mode::Test).await.reconnect_needed);
}

async fn a_refused_key_pauses_its_own_account(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    put(db, store_id, connection(Mode::Test), now()).await;
    let mut other = connection(Mode::Test);
    "acct_OTHER".clone_into(&mut other.account_id);
    other.secret_version = 2;
    put(db, store_id, other, after(10)).await;
    let mark = async |version| {
        commit(db, async |conn| {
            connections::mark_reconnect_needed(conn, store_id, Mode::Test, version, "key_refused")
                .await
        })
        .await
        .unwrap()
    };
    assert_eq!(mark(9).await, None);
    // The former account's.
    assert_eq!(mark(1).await.as_deref(), Some("acct_EXAMPLE"));
    let is_paused = async |account: &str| {
        commit(db, async |conn| {
            connections::is_paused(conn, store_id, Mode::Test, account).await
        })
        .await
        .unwrap()
    };
    assert!(is_paused("acct_EXAMPLE").await);
    assert!(!is_paused("acct_OTHER").await);
    assert!(is_paused("acct_NEVER").await, "nothing can be done there");
}

async fn a_known_secret_becomes_the_newest_again(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    put(db, store_id, connection(Mode::Test), now()).await;
    // The first ends 100 seconds after the second came, the second after the third.
    for second in [0, 10, 20] {
        add_secret(db, store_id, Mode::Test, after(second)).await;
    }
    let account = "acct_EXAMPLE";
    commit(db, async |conn| {
        webhook_secrets::make_newest(conn, store_id, Mode::Test, account, 2, after(130)).await
    })
    .await
    .unwrap();
    let valid_at = async |instant| {
        let mut conn = db.read().await.unwrap();
        let valid = webhook_secrets::list_valid(&mut conn, store_id, instant).await;
        let versions = valid.unwrap().into_iter().map(|secret| secret.version);
        versions.collect::<Vec<_>>()
    };
    assert_eq!(valid_at(after(109)).await, [3, 2, 1]);
    assert_eq!(valid_at(after(110)).await, [3, 2], "its clock goes on");
    assert_eq!(valid_at(after(130)).await, [2]);
}

async fn secrets_overlap_when_one_is_rolled(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    put(db, store_id, connection(Mode::Test), now()).await;
    put(db, store_id, connection(Mode::Live), now()).await;
    for (mode, second) in [(Mode::Test, 0), (Mode::Test, 10), (Mode::Live, 10)] {
        add_secret(db, store_id, mode, after(second)).await;
    }
    let valid_at = async |instant| {
        let mut conn = db.read().await.unwrap();
        let valid = webhook_secrets::list_valid(&mut conn, store_id, instant).await;
        let mut valid: Vec<_> = valid
            .unwrap()
            .iter()
            .map(|secret| (secret.mode, secret.version, secret.sealed().token))
            .collect();
        valid.sort();
        valid
    };
    let test_1 = (Mode::Test, 1, "test 1".to_owned());
    let test_2 = (Mode::Test, 2, "test 2".to_owned());
    let live_1 = (Mode::Live, 1, "live 1".to_owned());
    let all = [test_1, test_2.clone(), live_1.clone()];
    assert_eq!(valid_at(after(109)).await, all);
    assert_eq!(valid_at(after(110)).await, [test_2, live_1]);
}

async fn an_account_that_was_replaced_keeps_its_keys_and_secrets(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    put(db, store_id, connection(Mode::Test), now()).await;
    add_secret(db, store_id, Mode::Test, now()).await;
    let mut other = connection(Mode::Test);
    "acct_OTHER".clone_into(&mut other.account_id);
    other.secret_version = 2;
    other.secret = sealed("other key");
    put(db, store_id, other.clone(), after(10)).await;

    assert_eq!(
        find(db, store_id, Mode::Test).await.account_id,
        "acct_OTHER"
    );
    let mut conn = db.read().await.unwrap();
    let account = "acct_EXAMPLE";
    let former = connections::find_account(&mut conn, store_id, Mode::Test, account).await;
    let former = former.unwrap().unwrap();
    assert_eq!(former.replaced_at, Some(after(10)));
    assert_eq!(former.sealed_secret(), sealed("sealed secret key"));
    let list = connections::list(&mut conn, store_id).await.unwrap();
    assert_eq!(list.len(), 1);
    let all = connections::list_all(&mut conn, store_id).await.unwrap();
    let accounts: Vec<&str> = all.iter().map(|one| one.account_id.as_str()).collect();
    assert_eq!(accounts, ["acct_OTHER", "acct_EXAMPLE"]);
    let next = connections::next_version(&mut conn, store_id, Mode::Test).await;
    assert_eq!(next.unwrap(), 3);
    let valid = webhook_secrets::list_valid(&mut conn, store_id, after(1000)).await;
    let accounts: Vec<String> = valid
        .unwrap()
        .into_iter()
        .map(|one| one.account_id)
        .collect();
    assert_eq!(accounts, ["acct_EXAMPLE"]);
    drop(conn);

    // And back again: the former one takes its place.
    put(db, store_id, connection(Mode::Test), after(20)).await;
    let current = find(db, store_id, Mode::Test).await;
    assert_eq!(current.account_id, account);
    assert_eq!(current.replaced_at, None);
}

async fn a_connect_token_is_used_up_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let other_store = new_store(db).await;
    let token_id = Uuid::now_v7();
    commit(db, async |conn| {
        connect_tokens::insert(conn, store_id, token_id, after(600), now()).await
    })
    .await
    .unwrap();
    let state = async |store_id| {
        let mut conn = db.read().await.unwrap();
        connect_tokens::state(&mut conn, store_id, token_id)
            .await
            .unwrap()
    };
    assert_eq!(state(store_id).await, TokenState::Open);
    assert_eq!(state(other_store).await, TokenState::Unknown);
    let use_up = |store_id| {
        commit_patiently(db, async move |conn| {
            connect_tokens::use_up(conn, store_id, token_id, after(1)).await
        })
    };
    assert!(!use_up(other_store).await.unwrap());
    let uses = join_all((0..20).map(|_| use_up(store_id))).await;
    let won = uses.into_iter().filter(|used| *used.as_ref().unwrap());
    assert_eq!(won.count(), 1);
    assert_eq!(state(store_id).await, TokenState::Used);
}

async fn a_key_is_found_by_its_hash(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let key = NewApiKey {
        id: ApiKeyId::generate(),
        mode: Mode::Live,
        label: "back end".to_owned(),
        prefix: "tgk_live_EXAM".to_owned(),
        key_hash: "c0ffee".to_owned(),
        created_at: now(),
    };
    let insert = async |key: NewApiKey| {
        commit(db, async |conn| api_keys::insert(conn, store_id, key).await).await
    };
    insert(key.clone()).await.unwrap();
    let same_hash = NewApiKey {
        id: ApiKeyId::generate(),
        ..key.clone()
    };
    assert!(matches!(insert(same_hash).await, Err(DbError::Conflict(_))));
    let mut conn = db.read().await.unwrap();
    let found = api_keys::find_by_hash(&mut conn, store_id, "c0ffee").await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.id, found.mode), (key.id, Mode::Live));
    for other in ["C0FFEE", "c0ffe_", "%"] {
        let found = api_keys::find_by_hash(&mut conn, store_id, other).await;
        assert!(found.unwrap().is_none(), "{other}");
    }
}

async fn put(db: &Db, store_id: StoreId, new: connections::NewConnection, now: Timestamp) {
    commit(db, async |conn| {
        connections::put(conn, store_id, new, now).await
    })
    .await
    .unwrap();
}

async fn find(db: &Db, store_id: StoreId, mode: Mode) -> connections::Connection {
    let mut conn = db.read().await.unwrap();
    let found = connections::find(&mut conn, store_id, mode).await;
    found.unwrap().unwrap()
}

async fn add_secret(db: &Db, store_id: StoreId, mode: Mode, now: Timestamp) {
    let overlap_until = now + jiff::SignedDuration::from_secs(100);
    commit(db, async |conn| {
        let version = webhook_secrets::next_version(conn, store_id, mode).await?;
        let new = webhook_secrets::NewSecret {
            version,
            account_id: "acct_EXAMPLE",
            endpoint_id: None,
            secret: sealed(&format!("{mode} {version}")),
        };
        webhook_secrets::add(conn, store_id, mode, new, overlap_until, now).await
    })
    .await
    .unwrap();
}
