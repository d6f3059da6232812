//! What only the embedded engine promises: durability settings, one writer, readers that cannot write.

use db::{Db, DbError, facts};
use test_database::TestDatabase;

use crate::world::commit;

#[tokio::test]
async fn readers_cannot_write() {
    let database = TestDatabase::sqlite().await;
    let mut reader = database.db.read().await.unwrap();
    let refused = facts::set(&mut reader, "fact", "value").await.unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("readonly"), "{source}");
    assert_eq!(facts::get(&mut reader, "fact").await.unwrap(), None);
}

#[tokio::test]
async fn the_file_is_in_wal_mode_and_whole() {
    let database = TestDatabase::sqlite().await;
    commit(&database.db, async |conn| {
        facts::set(conn, "fact", "value").await
    })
    .await
    .unwrap();
    for (pragma, expected) in [("journal_mode", "wal"), ("integrity_check", "ok")] {
        let rows = database.raw(&format!("PRAGMA {pragma}")).await.unwrap();
        assert_eq!(rows, [[Some(expected.to_owned())]], "{pragma}");
    }
    let rows = database.raw("PRAGMA foreign_key_check").await.unwrap();
    assert!(rows.is_empty());
}

#[tokio::test]
async fn a_missing_folder_is_made_and_data_outlives_the_handle() {
    let database = TestDatabase::sqlite().await;
    let path = database.folder().unwrap().join("a/b/tillgate.db");
    let url = format!("sqlite://{}", path.display());
    for _ in 0..2 {
        let db = Db::open(&url).await.unwrap();
        db.migrate(db::migrate::Direction::Up).await.unwrap();
        let fact = commit(&db, async |conn| {
            facts::get_or_set(conn, "fact", "value").await
        });
        assert_eq!(fact.await.unwrap(), "value");
        db.close();
        assert!(matches!(db.read().await, Err(DbError::Unavailable(_))));
        assert!(matches!(db.begin().await, Err(DbError::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_database_that_is_no_file_is_refused() {
    for url in [
        "sqlite://",
        "sqlite://:memory:",
        "mysql://localhost/tillgate",
        "tillgate.db",
        "",
    ] {
        let refused = Db::open(url).await.unwrap_err();
        let source = std::error::Error::source(&refused).unwrap().to_string();
        assert!(source.contains("DATABASE_URL must"), "{url}: {source}");
    }
}
