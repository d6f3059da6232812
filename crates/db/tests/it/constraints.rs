//! What the database refuses whatever the code says.

use db::payments::Purpose;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    commit, connection, event, insert_product, new_cart, new_order, new_payment, new_store, now,
    product,
};

on_both_engines!(bad_values_are_refused, rows_that_are_needed_stay);

async fn one_row_everywhere(database: &TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    insert_product(db, store_id, &product()).await;
    new_cart(db, store_id).await;
    let order = new_order(db, store_id).await;
    new_payment(db, store_id, Purpose::Order(order.id)).await;
    db::inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    commit(db, async |conn| {
        db::connections::put(conn, store_id, connection(domain::Mode::Test), now()).await
    })
    .await
    .unwrap();
}

async fn bad_values_are_refused(database: TestDatabase) {
    one_row_everywhere(&database).await;
    for bad in [
        "stores SET active_mode = 'both'",
        "stores SET capture_on = 'cancelled'",
        "stores SET order_counter = -1",
        "stores SET name = NULL",
        "stripe_connections SET mode = 'TEST'",
        "stripe_connections SET secret_version = 0",
        "stripe_connections SET account_id = NULL",
        "products SET unit_amount_minor = -1",
        "products SET unit_amount_minor = 1000000000000",
        "products SET stock = -1",
        "carts SET mode = ''",
        "carts SET version = 0",
        "cart_items SET quantity = 0",
        "cart_items SET quantity = 10001",
        "cart_items SET unit_amount_minor = -1",
        "cart_items SET position = -1",
        "orders SET number = 0",
        "orders SET mode = 'x'",
        "orders SET status = 'paid'",
        "orders SET payment_status = 'pending'",
        "orders SET amount_minor = 0",
        "orders SET amount_minor = 1000000000000",
        "order_items SET quantity = 0",
        "order_items SET unit_amount_minor = 1000000000000",
        "payments SET status = 'paid'",
        "payments SET capture_method = 'later'",
        "payments SET amount_minor = 0",
        "payments SET captured_minor = -1",
        "payments SET refunded_minor = -1",
        "payments SET refunded_minor = captured_minor + 1",
        "stripe_events SET state = 'done'",
        "stripe_events SET attempts = -1",
        "stripe_events SET mode = 'x'",
        "stripe_events SET payload = NULL",
        // Of the wrong type: SQLite's STRICT tables and PostgreSQL agree.
        "products SET stock = 'many'",
        "orders SET created_at = 'yesterday or so'",
        "products SET active = 2",
    ] {
        let refused = database.raw(&format!("UPDATE {bad}")).await;
        assert!(refused.is_err(), "{bad}");
    }
    // The same form with good values works, so that it was the value that was refused.
    for good in [
        "stores SET active_mode = 'live'",
        "products SET stock = 0",
        "cart_items SET quantity = 10000",
        "orders SET status = 'completed', payment_status = 'disputed'",
        "payments SET captured_minor = 5, refunded_minor = 5",
        "stripe_events SET state = 'parked'",
    ] {
        database.raw(&format!("UPDATE {good}")).await.expect(good);
    }
}

async fn rows_that_are_needed_stay(database: TestDatabase) {
    one_row_everywhere(&database).await;
    for needed in ["stores", "orders"] {
        let refused = database.raw(&format!("DELETE FROM {needed}")).await;
        assert!(refused.is_err(), "{needed}");
    }
    // A cart takes its lines along.
    database.raw("DELETE FROM carts").await.unwrap();
    let lines = database.raw("SELECT count(*) FROM cart_items").await;
    assert_eq!(lines.unwrap(), [[Some("0".to_owned())]]);
}
