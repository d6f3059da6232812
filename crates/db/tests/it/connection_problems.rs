//! What a person has to know about a connection: kept as it was told, until it is over.

use db::Db;
use db::connection_problems::{list, open, resolve};
use db::connections;
use domain::connection_problem::ConnectionProblem;
use domain::{Mode, StoreId};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, connection, new_store, now};

on_both_engines!(
    a_problem_keeps_its_details_and_its_time,
    a_problem_that_is_over_begins_anew,
);

const ACCOUNT: &str = "acct_EXAMPLE";
const MODE: Mode = Mode::Test;
const PROBLEM: ConnectionProblem = ConnectionProblem::PermissionsMissing;

async fn connected(db: &Db) -> StoreId {
    let store_id = new_store(db).await;
    commit(db, async |conn| {
        connections::put(conn, store_id, connection(MODE), now()).await
    })
    .await
    .unwrap();
    store_id
}

/// Opens the problem some seconds after the beginning. Tells whether it was new.
async fn tell(db: &Db, store_id: StoreId, detail: Option<&str>, seconds: i64) -> bool {
    commit(db, async |conn| {
        open(
            conn,
            store_id,
            MODE,
            ACCOUNT,
            PROBLEM,
            detail,
            after(seconds),
        )
        .await
    })
    .await
    .unwrap()
}

/// The only open problem's detail, and that it is there since some seconds after the beginning.
async fn detail_since(db: &Db, store_id: StoreId, seconds: i64) -> Option<String> {
    let mut conn = db.read().await.unwrap();
    let mut problems = list(&mut conn, store_id).await.unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let problem = problems.remove(0);
    assert_eq!(problem.code, PROBLEM.code());
    assert_eq!(problem.since, after(seconds));
    problem.detail
}

async fn a_problem_keeps_its_details_and_its_time(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    assert!(tell(db, store_id, None, 0).await);
    assert_eq!(detail_since(db, store_id, 0).await, None);
    // Whoever knows more says so, and who knows nothing takes nothing away.
    for (told, kept) in [
        (Some("Events: Read"), "Events: Read"),
        (None, "Events: Read"),
        (Some("Charges: Read"), "Charges: Read"),
        (None, "Charges: Read"),
    ] {
        assert!(!tell(db, store_id, told, 60).await, "it was open");
        let detail = detail_since(db, store_id, 0).await;
        assert_eq!(detail.as_deref(), Some(kept), "told {told:?}");
    }
}

async fn a_problem_that_is_over_begins_anew(database: TestDatabase) {
    let db = &database.db;
    let store_id = connected(db).await;
    tell(db, store_id, Some("Events: Read"), 0).await;
    for was_open in [true, false] {
        let resolved = commit(db, async |conn| {
            resolve(conn, store_id, MODE, ACCOUNT, PROBLEM).await
        });
        assert_eq!(resolved.await.unwrap(), was_open);
    }
    assert!(tell(db, store_id, None, 60).await);
    assert_eq!(detail_since(db, store_id, 60).await, None);
}
