//! The schema's history.

use test_database::{TestDatabase, on_both_engines};

on_both_engines!(a_new_database_is_migrated);

async fn a_new_database_is_migrated(database: TestDatabase) {
    assert!(database.db.is_migrated().await.unwrap());
    let rows = database
        .raw("SELECT count(*), NULL FROM stores")
        .await
        .unwrap();
    assert_eq!(rows, vec![vec![Some("0".to_owned()), None]]);
    database.raw("SELECT nothing").await.unwrap_err();
}
