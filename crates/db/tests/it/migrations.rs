//! The schema's history: forth, back, and by two gateways at once.

use db::migrate::Direction::{DownOne, Up};
use db::{Db, DbError, Engine};
use test_database::{Rows, TestDatabase, on_both_engines, on_both_engines_unmigrated};

use crate::world::new_store;

on_both_engines!(
    a_new_database_is_migrated,
    migrating_twice_applies_nothing,
    down_and_up_leaves_the_same_schema,
);
on_both_engines_unmigrated!(
    an_empty_database_is_not_migrated,
    down_on_an_empty_database_takes_nothing_back,
    a_foreign_table_in_the_way_stops_the_migration,
);

async fn a_new_database_is_migrated(database: TestDatabase) {
    assert!(database.db.is_migrated().await.unwrap());
    new_store(&database.db).await;
}

async fn migrating_twice_applies_nothing(database: TestDatabase) {
    new_store(&database.db).await;
    let applied = database.db.migrate(Up).await.unwrap();
    assert_eq!(applied, Vec::<String>::new());
    let rows = database.raw("SELECT count(*) FROM stores").await.unwrap();
    assert_eq!(rows, [[Some("1".to_owned())]]);
}

async fn down_and_up_leaves_the_same_schema(database: TestDatabase) {
    let db = &database.db;
    let before = schema(&database).await;
    assert!(before.len() > 30, "{}", before.len());
    let mut taken_back = 0;
    while !db.migrate(DownOne).await.unwrap().is_empty() {
        taken_back += 1;
    }
    assert!(taken_back >= 1);
    assert!(!db.is_migrated().await.unwrap());
    assert_eq!(schema(&database).await, Rows::new());
    let applied = db.migrate(Up).await.unwrap();
    assert_eq!(applied.len(), taken_back);
    assert_eq!(schema(&database).await, before);
    new_store(db).await;
}

async fn an_empty_database_is_not_migrated(database: TestDatabase) {
    assert!(!database.db.is_migrated().await.unwrap());
}

async fn down_on_an_empty_database_takes_nothing_back(database: TestDatabase) {
    let taken_back = database.db.migrate(DownOne).await.unwrap();
    assert_eq!(taken_back, Vec::<String>::new());
}

async fn a_foreign_table_in_the_way_stops_the_migration(database: TestDatabase) {
    database
        .raw("CREATE TABLE payments (id BIGINT)")
        .await
        .unwrap();
    let refused = database.db.migrate(Up).await;
    assert!(matches!(refused, Err(DbError::Corrupt(_))), "{refused:?}");
    // All or nothing: no half of the schema stays behind.
    assert!(!database.db.is_migrated().await.unwrap());
    database.raw("SELECT * FROM stores").await.unwrap_err();
    database.raw("DROP TABLE payments").await.unwrap();
    database.db.migrate(Up).await.unwrap();
}

/// `SQLite` has one process a file.
#[tokio::test]
async fn two_gateways_migrate_one_postgresql_at_once() {
    let database = TestDatabase::unmigrated_postgres().await;
    let other = Db::open(database.url()).await.unwrap();
    let (ours, theirs) = tokio::join!(database.db.migrate(Up), other.migrate(Up));
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    assert!(ours.is_empty() != theirs.is_empty(), "{ours:?} {theirs:?}");
    assert!(other.is_migrated().await.unwrap());
    new_store(&database.db).await;
}

/// Every object that migrations made, as the engine describes it.
async fn schema(database: &TestDatabase) -> Rows {
    let sql = match database.db.engine() {
        Engine::Sqlite => {
            "SELECT type, name, sql FROM sqlite_master \
             WHERE tbl_name <> '__diesel_schema_migrations' ORDER BY type, name"
        }
        Engine::Postgres => {
            "SELECT * FROM ( \
                 SELECT 'column', table_name || '.' || column_name, \
                     ordinal_position || data_type || is_nullable || coalesce(column_default, '') \
                 FROM information_schema.columns WHERE table_schema = current_schema() \
                 UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) \
                 FROM pg_constraint WHERE connamespace = current_schema()::regnamespace \
                 UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() \
                 UNION ALL SELECT 'function', proname, prosrc FROM pg_proc \
                 WHERE pronamespace = current_schema()::regnamespace \
                 UNION ALL SELECT 'trigger', trigger_name || event_manipulation, action_statement \
                 FROM information_schema.triggers WHERE trigger_schema = current_schema() \
             ) AS objects (type, name, sql) \
             WHERE name NOT LIKE '%diesel\\_schema\\_migrations%' ORDER BY type, name"
        }
    };
    database.raw(sql).await.unwrap()
}
