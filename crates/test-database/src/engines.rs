//! One story, two tests: every database and HTTP test runs on both engines.

/// Makes of each `async fn story(TestDatabase)` the tests `story::sqlite` and `story::postgres`. The caller's crate
/// needs `tokio` with `macros` and `rt-multi-thread`.
///
/// ```
/// use test_database::{TestDatabase, on_both_engines};
///
/// on_both_engines!(a_new_database_is_migrated);
///
/// async fn a_new_database_is_migrated(database: TestDatabase) {
///     assert!(database.db.is_migrated().await.unwrap());
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$story($crate::TestDatabase::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$story($crate::TestDatabase::postgres().await).await;
            }
        }
    )+};
}

/// Like [`on_both_engines`], on a database without any table.
#[macro_export]
macro_rules! on_both_engines_unmigrated {
    ($($story:ident),+ $(,)?) => {$(
        mod $story {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$story($crate::TestDatabase::unmigrated_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$story($crate::TestDatabase::unmigrated_postgres().await).await;
            }
        }
    )+};
}
