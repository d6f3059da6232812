//! Incidents: one open one of a kind an order.

use db::incidents;
use domain::incident::Incident;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, new_order, new_store};

on_both_engines!(an_incident_opens_once);

async fn an_incident_opens_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let open = async |incident, second| {
        commit(db, async |conn| {
            incidents::open(conn, store_id, order.id, incident, after(second)).await
        })
        .await
        .unwrap()
    };
    assert!(open(Incident::PaidAfterCancel, 2).await);
    assert!(!open(Incident::PaidAfterCancel, 3).await);
    assert!(open(Incident::AmountMismatch, 1).await);
    let mut conn = db.read().await.unwrap();
    let list = incidents::list_open(&mut conn, store_id, order.id).await;
    let list: Vec<_> = list
        .unwrap()
        .into_iter()
        .map(|incident| (incident.code, incident.since))
        .collect();
    let expected = [
        ("amount_mismatch".to_owned(), after(1)),
        ("paid_after_cancel".to_owned(), after(2)),
    ];
    assert_eq!(list, expected);
    drop(conn);

    // A resolved one is not shown, and the same may happen again.
    database
        .raw("UPDATE incidents SET resolved_at = created_at WHERE code = 'amount_mismatch'")
        .await
        .unwrap();
    let mut conn = db.read().await.unwrap();
    let list = incidents::list_open(&mut conn, store_id, order.id).await;
    assert_eq!(list.unwrap().len(), 1);
    drop(conn);
    assert!(open(Incident::AmountMismatch, 4).await);
}
