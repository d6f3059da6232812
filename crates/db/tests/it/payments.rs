//! Payments: one a `PaymentIntent`, one open one an order or cart.

use db::payments::{self, CaptureMethod, Payment, PaymentState, Purpose};
use db::{Db, DbError};
use domain::{CartId, PaymentId, StoreId};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    after, assert_same, commit, commit_patiently, new_order, new_payment, new_store, now,
    payment_for,
};

on_both_engines!(
    a_payment_comes_back_as_it_was_written,
    an_order_has_one_open_payment,
    a_cart_has_one_open_payment_until_it_becomes_an_order,
    an_intent_pays_once_in_a_store,
    the_intent_is_set_once,
    a_withdrawn_payment_gets_no_intent,
    the_amount_changes_only_while_open,
    of_many_equal_transitions_one_wins,
    the_last_error_is_remembered,
    a_shared_webhook_finds_the_stores_of_an_intent,
);

async fn a_payment_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let mut new = payment_for(Purpose::Order(order.id));
    new.capture_method = CaptureMethod::Manual;
    let payment = commit(db, async |conn| {
        payments::insert(conn, store_id, new.clone(), now()).await
    });
    let payment = payment.await.unwrap();
    assert_eq!(payment.id, new.id);
    assert_eq!(payment.mode, new.mode);
    assert_eq!(payment.account_id, new.account_id);
    assert_eq!(payment.order_id, Some(order.id));
    assert_eq!(payment.cart_id, None);
    assert_eq!(payment.payment_intent_id, None);
    assert_eq!(payment.status, PaymentState::Creating);
    assert_eq!(payment.currency, new.currency);
    assert_eq!((payment.amount_minor, payment.captured_minor), (2598, 0));
    assert_eq!(payment.last_error_code, None);
    assert_eq!(payment.created_at, now());
    let stored = database.raw("SELECT capture_method FROM payments").await;
    assert_eq!(stored.unwrap(), [[Some("manual".to_owned())]]);

    let mut conn = db.read().await.unwrap();
    let found = payments::find_open_by_order(&mut conn, store_id, order.id).await;
    assert_same(found.unwrap().unwrap(), payment);
}

async fn an_order_has_one_open_payment(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let payment = new_payment(db, store_id, Purpose::Order(order.id)).await;
    let pay_again = async || {
        commit(db, async |conn| {
            let new = payment_for(Purpose::Order(order.id));
            payments::insert(conn, store_id, new, now()).await
        })
        .await
    };
    assert!(matches!(pay_again().await, Err(DbError::Conflict(_))));
    assert!(set_state(db, store_id, &payment, PaymentState::Canceled).await);
    let mut conn = db.read().await.unwrap();
    let open = payments::find_open_by_order(&mut conn, store_id, order.id).await;
    assert!(open.unwrap().is_none());
    drop(conn);
    pay_again().await.unwrap();
}

async fn a_cart_has_one_open_payment_until_it_becomes_an_order(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let cart_id = CartId::generate();
    let payment = new_payment(db, store_id, Purpose::Cart(cart_id)).await;
    let again = commit(db, async |conn| {
        payments::insert(conn, store_id, payment_for(Purpose::Cart(cart_id)), now()).await
    });
    assert!(matches!(again.await, Err(DbError::Conflict(_))));
    let mut conn = db.read().await.unwrap();
    let open = payments::find_open_by_cart(&mut conn, store_id, cart_id).await;
    assert_same(open.unwrap().unwrap(), &payment);
    drop(conn);

    let attach = async || {
        commit(db, async |conn| {
            payments::attach_to_order(
                conn,
                store_id,
                payment.id,
                (order.id, order.amount_minor),
                after(1),
            )
            .await
        })
        .await
        .unwrap()
    };
    assert!(attach().await);
    assert!(!attach().await);
    let mut conn = db.read().await.unwrap();
    let open = payments::find_open_by_cart(&mut conn, store_id, cart_id).await;
    assert!(open.unwrap().is_none());
    let paid = payments::find_open_by_order(&mut conn, store_id, order.id).await;
    assert_eq!(paid.unwrap().unwrap().cart_id, Some(cart_id));
}

async fn an_intent_pays_once_in_a_store(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    // Amounts without a cart do not collide with each other.
    let first = new_payment(db, store_id, Purpose::Amount).await;
    let second = new_payment(db, store_id, Purpose::Amount).await;
    set_intent(db, store_id, first.id, "pi_1").await.unwrap();
    let reused = set_intent(db, store_id, second.id, "pi_1").await;
    assert!(matches!(reused, Err(DbError::Conflict(_))));
}

async fn the_intent_is_set_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payment = new_payment(db, store_id, Purpose::Amount).await;
    for (intent, is_new) in [("pi_1", true), ("pi_1", false), ("pi_2", false)] {
        let set = set_intent(db, store_id, payment.id, intent).await;
        assert_eq!(set.unwrap(), is_new, "{intent}");
    }
    let mut conn = db.read().await.unwrap();
    let found = payments::find_by_intent(&mut conn, store_id, "pi_1").await;
    let found = found.unwrap().unwrap();
    assert_eq!((found.id, found.status), (payment.id, PaymentState::Open));
    let other = payments::find_by_intent(&mut conn, store_id, "pi_2").await;
    assert!(other.unwrap().is_none());
}

async fn a_withdrawn_payment_gets_no_intent(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payment = new_payment(db, store_id, Purpose::Amount).await;
    assert!(set_state(db, store_id, &payment, PaymentState::Canceled).await);
    let set = set_intent(db, store_id, payment.id, "pi_1").await;
    assert!(!set.unwrap());
}

async fn the_amount_changes_only_while_open(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payment = new_payment(db, store_id, Purpose::Amount).await;
    let set_amount = async || {
        commit(db, async |conn| {
            payments::set_amount(conn, store_id, payment.id, 500, after(1)).await
        })
        .await
        .unwrap()
    };
    assert!(!set_amount().await);
    set_intent(db, store_id, payment.id, "pi_1").await.unwrap();
    assert!(set_amount().await);
    let open = find(db, store_id, "pi_1").await;
    assert_eq!(open.amount_minor, 500);
    assert!(set_state(db, store_id, &open, PaymentState::Succeeded).await);
    assert!(!set_amount().await);
}

async fn of_many_equal_transitions_one_wins(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payment = new_payment(db, store_id, Purpose::Amount).await;
    set_intent(db, store_id, payment.id, "pi_1").await.unwrap();
    let open = find(db, store_id, "pi_1").await;
    let states = [PaymentState::Authorized, PaymentState::Succeeded];
    let moves = states
        .iter()
        .cycle()
        .take(20)
        .map(|&state| set_state(db, store_id, &open, state));
    let won = join_all(moves).await.into_iter().filter(|&won| won);
    assert_eq!(won.count(), 1);
    assert_eq!(find(db, store_id, "pi_1").await.captured_minor, 100);
}

async fn the_last_error_is_remembered(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let payment = new_payment(db, store_id, Purpose::Amount).await;
    set_intent(db, store_id, payment.id, "pi_1").await.unwrap();
    for (code, decline_code) in [
        (Some("card_declined"), Some("insufficient_funds")),
        (None, None),
    ] {
        commit(db, async |conn| {
            payments::set_last_error(conn, store_id, payment.id, code, decline_code, now()).await
        })
        .await
        .unwrap();
        let found = find(db, store_id, "pi_1").await;
        assert_eq!(found.last_error_code.as_deref(), code);
        assert_eq!(found.last_decline_code.as_deref(), decline_code);
    }
}

async fn a_shared_webhook_finds_the_stores_of_an_intent(database: TestDatabase) {
    let db = &database.db;
    let mut stores = Vec::new();
    for known in 0..3_usize {
        let mut conn = db.read().await.unwrap();
        let found = payments::stores_with_intent(&mut conn, "pi_1").await;
        assert_eq!(found.unwrap().len(), known.min(2));
        drop(conn);
        let store_id = new_store(db).await;
        let payment = new_payment(db, store_id, Purpose::Amount).await;
        set_intent(db, store_id, payment.id, "pi_1").await.unwrap();
        stores.push(store_id);
    }
    let mut conn = db.read().await.unwrap();
    let found = payments::stores_with_intent(&mut conn, "pi_1")
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|store_id| stores.contains(store_id)));
}

async fn set_intent(
    db: &Db,
    store_id: StoreId,
    payment_id: PaymentId,
    intent: &str,
) -> Result<bool, DbError> {
    commit(db, async |conn| {
        payments::set_intent(conn, store_id, payment_id, intent, after(1)).await
    })
    .await
}

async fn set_state(db: &Db, store_id: StoreId, payment: &Payment, state: PaymentState) -> bool {
    commit_patiently(db, async |conn| {
        payments::set_state(conn, store_id, payment, state, 100, after(2)).await
    })
    .await
    .unwrap()
}

async fn find(db: &Db, store_id: StoreId, intent: &str) -> Payment {
    let mut conn = db.read().await.unwrap();
    let found = payments::find_by_intent(&mut conn, store_id, intent).await;
    found.unwrap().unwrap()
}
