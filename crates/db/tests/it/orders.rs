//! Orders: numbers, one open order a cart, and states that move once.

use db::{DbError, orders};
use domain::order::{OrderStatus, PaymentStatus};
use domain::{CartId, Mode, OrderId, StoreId};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    after, assert_same, commit, commit_patiently, line, new_order, new_store, now, order_of,
};

on_both_engines!(
    an_order_comes_back_as_it_was_written,
    a_cart_has_one_open_order,
    numbers_are_consecutive_among_twenty_at_once,
    a_failed_order_leaves_no_gap,
    pages_run_both_ways,
    of_many_equal_transitions_one_wins,
    a_decision_on_a_state_that_is_over_changes_nothing,
    paid_at_is_the_first_payment,
    the_contact_changes_only_until_payment,
);

async fn an_order_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart_id = CartId::generate();
    let new = order_of(cart_id);
    let lines: Vec<_> = (1..=12).map(line).collect();
    let order = commit(db, async |conn| {
        orders::insert(conn, store_id, new.clone(), &lines).await
    });
    let order = order.await.unwrap();

    assert_eq!((order.store_id, order.id), (store_id, new.id));
    assert_eq!(order.number, 1001);
    assert_eq!(order.mode, new.mode);
    assert_eq!(order.cart_id, Some(cart_id));
    assert_eq!(order.cart_version, Some(new.cart_version));
    assert_eq!(order.status, OrderStatus::Pending);
    assert_eq!(order.payment_status, PaymentStatus::Unpaid);
    assert_eq!(order.currency, new.currency);
    assert_eq!(order.amount_minor, new.amount_minor);
    assert_eq!(order.contact_sealed, new.contact_sealed);
    assert_eq!(order.token_hash, new.token_hash);
    assert_eq!(order.sealed_token(), new.token);
    assert_eq!((order.created_at, order.updated_at), (now(), now()));
    assert_eq!(order.paid_at, None);

    let mut conn = db.read().await.unwrap();
    let found = orders::find(&mut conn, store_id, order.id).await.unwrap();
    assert_same(found.unwrap(), &order);
    let found = orders::find_in_any_store(&mut conn, order.id)
        .await
        .unwrap();
    assert_same(found.unwrap(), &order);
    let found = orders::find_open_by_cart(&mut conn, store_id, cart_id).await;
    assert_same(found.unwrap().unwrap(), &order);
    let found = orders::lines(&mut conn, store_id, order.id).await.unwrap();
    assert_same(found, lines);
    let unknown = orders::find_in_any_store(&mut conn, OrderId::generate()).await;
    assert!(unknown.unwrap().is_none());
}

async fn a_cart_has_one_open_order(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart_id = CartId::generate();
    let place = async || {
        commit(db, async |conn| {
            orders::insert(conn, store_id, order_of(cart_id), &[line(1)]).await
        })
        .await
    };
    let order = place().await.unwrap();
    assert!(matches!(place().await, Err(DbError::Conflict(_))));

    commit(db, async |conn| {
        orders::set_state(
            conn,
            &order,
            OrderStatus::Cancelled,
            PaymentStatus::Unpaid,
            after(1),
        )
        .await
    })
    .await
    .unwrap();
    let mut conn = db.read().await.unwrap();
    let open = orders::find_open_by_cart(&mut conn, store_id, cart_id).await;
    assert!(open.unwrap().is_none());
    drop(conn);
    let second = place().await.unwrap();
    assert_eq!(second.number, 1002);
}

async fn numbers_are_consecutive_among_twenty_at_once(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let other_store = new_store(db).await;
    new_order(db, other_store).await;
    let orders = (0..20).map(|_| place_patiently(db, store_id));
    let mut numbers: Vec<i64> = join_all(orders).await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1001..=1020).collect::<Vec<i64>>());
}

async fn place_patiently(db: &db::Db, store_id: StoreId) -> i64 {
    commit_patiently(db, async |conn| {
        let new = order_of(CartId::generate());
        orders::insert(conn, store_id, new, &[line(1)]).await
    })
    .await
    .unwrap()
    .number
}

async fn a_failed_order_leaves_no_gap(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let bad_line = db::carts::Line {
        quantity: 0,
        ..line(1)
    };
    let refused = commit(db, async |conn| {
        orders::insert(conn, store_id, order_of(CartId::generate()), &[bad_line]).await
    });
    assert!(matches!(refused.await, Err(DbError::Query(_))));
    assert_eq!(new_order(db, store_id).await.number, 1001);
    let unknown_store = commit(db, async |conn| {
        let new = order_of(CartId::generate());
        orders::insert(conn, StoreId::generate(), new, &[]).await
    });
    assert!(matches!(unknown_store.await, Err(DbError::Query(_))));
}

async fn pages_run_both_ways(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.insert(0, new_order(db, store_id).await.id);
    }
    let mut conn = db.read().await.unwrap();
    let conn = &mut conn;
    let every = orders::OrderFilter::all();
    let first = orders::list_before(conn, store_id, Mode::Test, &every, None, 2).await;
    assert_eq!(ids_of(&first.unwrap()), ids[..2]);
    let second = orders::list_before(conn, store_id, Mode::Test, &every, Some(ids[1]), 2).await;
    assert_eq!(ids_of(&second.unwrap()), ids[2..4]);
    let back = orders::list_after(conn, store_id, Mode::Test, &every, ids[4], 2).await;
    assert_eq!(ids_of(&back.unwrap()), ids[2..4]);
    let start = orders::list_after(conn, store_id, Mode::Test, &every, ids[0], 2).await;
    assert!(start.unwrap().is_empty());
    let live = orders::list_before(conn, store_id, Mode::Live, &every, None, 2).await;
    assert!(live.unwrap().is_empty());
}

async fn of_many_equal_transitions_one_wins(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let order = &order;
    let moves = (0..20).map(|_| {
        commit_patiently(db, async move |conn| {
            orders::set_state(
                conn,
                order,
                OrderStatus::Confirmed,
                PaymentStatus::Paid,
                after(1),
            )
            .await
        })
    });
    let won = join_all(moves)
        .await
        .into_iter()
        .filter(|won| *won.as_ref().unwrap());
    assert_eq!(won.count(), 1);
}

async fn a_decision_on_a_state_that_is_over_changes_nothing(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    for (status, payment_status) in [
        (OrderStatus::Pending, PaymentStatus::Failed),
        (OrderStatus::Confirmed, PaymentStatus::Unpaid),
    ] {
        let stale = new_order(db, store_id).await;
        let decide = async |status, payment_status| {
            commit(db, async |conn| {
                orders::set_state(conn, &stale, status, payment_status, after(1)).await
            })
            .await
            .unwrap()
        };
        assert!(decide(status, payment_status).await);
        assert!(!decide(OrderStatus::Confirmed, PaymentStatus::Paid).await);
        let mut conn = db.read().await.unwrap();
        let found = orders::find(&mut conn, store_id, stale.id).await.unwrap();
        let found = found.unwrap();
        assert_eq!(
            (found.status, found.payment_status),
            (status, payment_status)
        );
    }
}

async fn paid_at_is_the_first_payment(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut order = new_order(db, store_id).await;
    let steps = [
        (PaymentStatus::Failed, None),
        (PaymentStatus::Paid, Some(after(2))),
        (PaymentStatus::Disputed, Some(after(2))),
        (PaymentStatus::Paid, Some(after(2))),
    ];
    for ((payment_status, paid_at), second) in steps.into_iter().zip(1..) {
        let moved = commit(db, async |conn| {
            orders::set_state(
                conn,
                &order,
                OrderStatus::Confirmed,
                payment_status,
                after(second),
            )
            .await
        });
        assert!(moved.await.unwrap());
        let mut conn = db.read().await.unwrap();
        let found = orders::find(&mut conn, store_id, order.id).await.unwrap();
        order = found.unwrap();
        assert_eq!(order.payment_status, payment_status);
        assert_eq!(order.updated_at, after(second));
        assert_eq!(order.paid_at, paid_at);
    }
}

async fn the_contact_changes_only_until_payment(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let set_contact = async |contact: Option<&str>| {
        let contact = contact.map(str::to_owned);
        commit(db, async |conn| {
            orders::set_contact(conn, &order, contact, String::new(), after(1)).await
        })
        .await
        .unwrap()
    };
    let stored = async || {
        let mut conn = db.read().await.unwrap();
        let found = orders::find(&mut conn, store_id, order.id).await.unwrap();
        found.unwrap().contact_sealed
    };
    for contact in [None, Some("sealed again")] {
        assert!(set_contact(contact).await);
        assert_eq!(stored().await.as_deref(), contact);
    }
    let confirmed = commit(db, async |conn| {
        let (status, paid) = (OrderStatus::Confirmed, PaymentStatus::Paid);
        orders::set_state(conn, &order, status, paid, after(2)).await
    });
    assert!(confirmed.await.unwrap());
    assert!(!set_contact(Some("too late")).await);
    assert_eq!(stored().await.as_deref(), Some("sealed again"));
}

fn ids_of(orders: &[orders::Order]) -> Vec<OrderId> {
    orders.iter().map(|order| order.id).collect()
}
