//! Values at the edge of their types come back unchanged, and the same on both engines.

use db::{Engine, carts, facts, products, stores};
use domain::{CartId, ProductId, StoreId};
use jiff::Timestamp;
use test_database::{TestDatabase, on_both_engines};
use uuid::Uuid;

use crate::world::{assert_same, cart, commit, insert_product, new_store, now, product, store};

on_both_engines!(
    instants_keep_their_microseconds,
    instants_are_the_engines_own,
    ids_keep_all_their_bits,
    texts_come_back_as_they_were_written,
    nul_in_a_text_is_postgresqls_to_refuse,
    amounts_reach_their_bounds,
    ids_and_instants_are_ordered_alike,
);

async fn instants_keep_their_microseconds(database: TestDatabase) {
    let db = &database.db;
    for (written, read) in [
        ("2026-03-01T12:00:00.123456Z", "2026-03-01T12:00:00.123456Z"),
        (
            "2026-03-01T12:00:00.999999999Z",
            "2026-03-01T12:00:00.999999Z",
        ),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00Z"),
        ("1999-12-31T23:59:59.999999Z", "1999-12-31T23:59:59.999999Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00.000001Z", "0001-01-01T00:00:00.000001Z"),
        ("2038-01-19T03:14:08Z", "2038-01-19T03:14:08Z"),
        ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
    ] {
        let store = stores::Store {
            created_at: written.parse().unwrap(),
            ..store()
        };
        commit(db, async |conn| stores::insert(conn, &store).await)
            .await
            .unwrap();
        let mut conn = db.read().await.unwrap();
        let found = stores::find(&mut conn, store.id).await.unwrap().unwrap();
        assert_eq!(
            found.created_at,
            read.parse::<Timestamp>().unwrap(),
            "{written}"
        );
    }
}

async fn instants_are_the_engines_own(database: TestDatabase) {
    new_store(&database.db).await;
    let (sql, expected) = match database.db.engine() {
        Engine::Sqlite => (
            "SELECT datetime(created_at / 1000000, 'unixepoch') FROM stores",
            "2026-03-01 12:00:00",
        ),
        Engine::Postgres => (
            "SELECT created_at AT TIME ZONE 'UTC' FROM stores",
            "2026-03-01 12:00:00.123456",
        ),
    };
    let rows = database.raw(sql).await.unwrap();
    assert_eq!(rows, [[Some(expected.to_owned())]]);
}

async fn ids_keep_all_their_bits(database: TestDatabase) {
    let db = &database.db;
    for uuid in [
        Uuid::nil(),
        Uuid::max(),
        Uuid::from_u128(0x0123_4567_89ab_cdef_fedc_ba98_7654_3210),
    ] {
        let store = stores::Store {
            id: StoreId::from_uuid(uuid),
            ..store()
        };
        commit(db, async |conn| stores::insert(conn, &store).await)
            .await
            .unwrap();
        let mut conn = db.read().await.unwrap();
        let found = stores::find(&mut conn, store.id).await.unwrap().unwrap();
        assert_eq!(found.id, store.id);
        let sql = format!("SELECT count(*) FROM stores WHERE id = '{uuid}'");
        let rows = database.raw(&sql).await.unwrap();
        assert_eq!(rows, [[Some("1".to_owned())]]);
    }
}

async fn texts_come_back_as_they_were_written(database: TestDatabase) {
    let db = &database.db;
    for text in [
        "100% _off_ \\ 'quoted' \"double\" ; DROP TABLE stores; --",
        "مرحبا \u{202E}שלום",
        "e\u{301} and é are two spellings",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "\u{FEFF}\u{200B}\u{FFFF}\u{10FFFF}",
        " leading, trailing, \t tab and \r\n breaks \n",
        "",
        "?1 $1 :name @name",
    ] {
        commit(db, async |conn| facts::set(conn, text, text).await)
            .await
            .unwrap();
        let mut conn = db.read().await.unwrap();
        let found = facts::get(&mut conn, text).await.unwrap();
        assert_eq!(found.as_deref(), Some(text));
    }
    let long = "ä".repeat(500_000);
    commit(db, async |conn| facts::set(conn, "long", &long).await)
        .await
        .unwrap();
    let mut conn = db.read().await.unwrap();
    assert_eq!(facts::get(&mut conn, "long").await.unwrap(), Some(long));
    // What looks like a pattern is none, and the engines agree that letters differ by case.
    for name in ["%", "_", "LONG", "long ", "lon_"] {
        assert_eq!(facts::get(&mut conn, name).await.unwrap(), None, "{name}");
    }
}

/// `domain::text` refuses NUL before any query; this holds what the engines would do with one.
async fn nul_in_a_text_is_postgresqls_to_refuse(database: TestDatabase) {
    let db = &database.db;
    assert!(domain::text::line("a\0b", 10).is_err());
    assert!(domain::text::paragraphs("a\0b", 10).is_err());
    let written = commit(db, async |conn| facts::set(conn, "nul", "a\0b").await).await;
    let mut conn = db.read().await.unwrap();
    let found = facts::get(&mut conn, "nul").await.unwrap();
    match db.engine() {
        Engine::Sqlite => assert_eq!(found.as_deref(), Some("a\0b")),
        Engine::Postgres => {
            assert!(matches!(written, Err(db::DbError::Query(_))));
            assert_eq!(found, None);
        }
    }
}

async fn amounts_reach_their_bounds(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for (unit_amount_minor, stock) in [(0, Some(0)), (999_999_999_999, Some(i64::MAX))] {
        let product = products::Product {
            unit_amount_minor,
            stock,
            ..product()
        };
        insert_product(db, store_id, &product).await;
        let mut conn = db.read().await.unwrap();
        let found = products::find_active(&mut conn, store_id, product.id).await;
        assert_same(found.unwrap().unwrap(), product);
    }
}

async fn ids_and_instants_are_ordered_alike(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let ids = [0, 9, 10, 0xa000_0000, u128::MAX >> 1, (u128::MAX >> 1) + 1]
        .map(|bits| ProductId::from_uuid(Uuid::from_u128(bits + 1)));
    for id in ids.into_iter().rev() {
        insert_product(db, store_id, &products::Product { id, ..product() }).await;
    }
    let mut conn = db.read().await.unwrap();
    let list = products::list_active(&mut conn, store_id, None, 10).await;
    let found: Vec<ProductId> = list.unwrap().iter().map(|product| product.id).collect();
    assert_eq!(found, ids);
    drop(conn);

    let before_1970 = carts::Cart {
        id: CartId::generate(),
        expires_at: "1969-12-31T23:59:59Z".parse().unwrap(),
        ..cart()
    };
    commit(db, async |conn| {
        carts::insert(conn, store_id, &before_1970, &[]).await
    })
    .await
    .unwrap();
    let mut conn = db.read().await.unwrap();
    let found = carts::find(&mut conn, store_id, before_1970.id, now()).await;
    assert!(found.unwrap().is_none());
}
