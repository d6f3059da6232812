//! What Stripe has to be told about a payment: once, the latest, by one at a time.

use db::payment_labels::{self, PaymentLabel};
use db::payments::Purpose;
use db::{Db, DbError};
use domain::StoreId;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, new_cart, new_payment, new_store, now};

on_both_engines!(a_label_is_told_by_one_until_it_is_told, a_later_wish_stays);

async fn claim(db: &Db, second: i64) -> Vec<PaymentLabel> {
    payment_labels::claim(db, 10, after(second + 60), after(second))
        .await
        .unwrap()
}

async fn labelled(db: &Db) -> (StoreId, domain::PaymentId) {
    let store_id = new_store(db).await;
    let cart = new_cart(db, store_id).await;
    let payment = new_payment(db, store_id, Purpose::Cart(cart.id)).await;
    commit(db, async |conn| {
        payment_labels::request(conn, store_id, payment.id, now()).await
    })
    .await
    .unwrap();
    (store_id, payment.id)
}

async fn a_label_is_told_by_one_until_it_is_told(database: TestDatabase) {
    let db = &database.db;
    let (store_id, payment_id) = labelled(db).await;
    let held = claim(db, 0).await[0];
    assert_eq!(
        (held.store_id, held.payment_id, held.attempts),
        (store_id, payment_id, 1)
    );
    assert!(claim(db, 59).await.is_empty());
    let other = claim(db, 60).await[0];
    assert_eq!((other.id, other.attempts), (held.id, 2));
    // Whoever was slow changes nothing.
    commit(db, async |conn| {
        payment_labels::retry_later(conn, store_id, &held, now()).await
    })
    .await
    .unwrap();
    assert!(claim(db, 61).await.is_empty());
    commit(db, async |conn| {
        payment_labels::retry_later(conn, store_id, &other, after(62)).await
    })
    .await
    .unwrap();
    let last = claim(db, 62).await[0];
    let stranger = new_store(db).await;
    for (who, left) in [(stranger, 1), (store_id, 0)] {
        commit(db, async |conn| {
            payment_labels::finish(conn, who, &last).await
        })
        .await
        .unwrap();
        assert_eq!(claim(db, 1000).await.len(), left);
    }
}

async fn a_later_wish_stays(database: TestDatabase) {
    let db = &database.db;
    let (store_id, payment_id) = labelled(db).await;
    let held = claim(db, 0).await[0];
    let wished: Result<(), DbError> = commit(db, async |conn| {
        payment_labels::request(conn, store_id, payment_id, after(1)).await?;
        payment_labels::retry_later(conn, store_id, &held, after(500)).await?;
        payment_labels::finish(conn, store_id, &held).await
    })
    .await;
    wished.unwrap();
    let later = claim(db, 1).await[0];
    assert_ne!(later.id, held.id);
    assert_eq!(later.attempts, 1);
    // No other store can be made to tell.
    let stranger = new_store(db).await;
    let foreign: Result<(), DbError> = commit(db, async |conn| {
        payment_labels::request(conn, stranger, payment_id, now()).await
    })
    .await;
    foreign.unwrap_err();
}
