//! Carts, their lines, and checkouts.

use db::carts::{self, Cart, Line};
use db::checkouts::{self, Checkout};
use domain::{CartId, CheckoutId, Currency, Mode};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    after, assert_same, cart, commit, commit_patiently, line, new_cart, new_store, now,
};

on_both_engines!(
    a_cart_comes_back_as_it_was_written,
    a_cart_ends_at_its_expiry,
    lines_are_replaced_as_a_whole,
    of_many_changes_at_one_version_one_wins,
    a_checkout_comes_back_as_it_was_written,
);

async fn a_cart_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart = cart();
    let ad_hoc = Line {
        product_id: None,
        name: "Gift wrap %_ مرحبا".to_owned(),
        unit_amount_minor: 0,
        quantity: 10_000,
    };
    // More lines than one digit counts, so that their order cannot be by text.
    let lines: Vec<Line> = (1..=12).map(line).chain([ad_hoc]).collect();
    commit(db, async |conn| {
        carts::insert(conn, store_id, &cart, &lines).await
    })
    .await
    .unwrap();
    let mut conn = db.read().await.unwrap();
    let found = carts::find(&mut conn, store_id, cart.id, now()).await;
    assert_same(found.unwrap().unwrap(), &cart);
    let found = carts::lines(&mut conn, store_id, cart.id).await.unwrap();
    assert_same(found, lines);
}

async fn a_cart_ends_at_its_expiry(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart = new_cart(db, store_id).await;
    let mut conn = db.read().await.unwrap();
    let mut found_at = async |instant| {
        let found = carts::find(&mut conn, store_id, cart.id, instant).await;
        found.unwrap().is_some()
    };
    assert!(found_at(after(3599)).await);
    assert!(!found_at(after(3600)).await);
}

async fn lines_are_replaced_as_a_whole(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut cart = new_cart(db, store_id).await;
    let lines = [line(7), line(8)];
    let replaced = commit(db, async |conn| {
        carts::replace_lines(conn, store_id, &cart, &lines).await
    });
    assert!(replaced.await.unwrap());
    let stale = commit(db, async |conn| {
        carts::replace_lines(conn, store_id, &cart, &[]).await
    });
    assert!(!stale.await.unwrap());

    cart.version = 2;
    let mut conn = db.read().await.unwrap();
    let found = carts::find(&mut conn, store_id, cart.id, now()).await;
    assert_same(found.unwrap().unwrap(), &cart);
    let found = carts::lines(&mut conn, store_id, cart.id).await.unwrap();
    assert_same(found, lines);
    drop(conn);

    let emptied = commit(db, async |conn| {
        carts::replace_lines(conn, store_id, &cart, &[]).await
    });
    assert!(emptied.await.unwrap());
    let mut conn = db.read().await.unwrap();
    let found = carts::lines(&mut conn, store_id, cart.id).await.unwrap();
    assert!(found.is_empty());
}

async fn of_many_changes_at_one_version_one_wins(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart = new_cart(db, store_id).await;
    let changes = (1..=20).map(|quantity| {
        let cart: &Cart = &cart;
        commit_patiently(db, async move |conn| {
            carts::replace_lines(conn, store_id, cart, &[line(quantity)]).await
        })
    });
    let won = join_all(changes)
        .await
        .into_iter()
        .filter(|won| *won.as_ref().unwrap());
    assert_eq!(won.count(), 1);
    let mut conn = db.read().await.unwrap();
    let lines = carts::lines(&mut conn, store_id, cart.id).await.unwrap();
    assert_eq!(lines.len(), 1);
}

async fn a_checkout_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let cart = new_cart(db, store_id).await;
    let full = Checkout {
        id: CheckoutId::generate(),
        mode: Mode::Live,
        cart_id: cart.id,
        cart_version: 4,
        amount_minor: 999_999_999_999,
        shipping_method_id: None,
        shipping_minor: 0,
        currency: Currency::EUR,
        contact_sealed: Some("sealed".to_owned()),
        success_url: Some("https://shop.example/thanks?order=1".to_owned()),
        cancel_url: Some("https://shop.example/".to_owned()),
        created_at: now(),
        expires_at: after(1800),
    };
    let bare = Checkout {
        id: CheckoutId::generate(),
        contact_sealed: None,
        success_url: None,
        cancel_url: None,
        ..full.clone()
    };
    for checkout in [full, bare] {
        commit(db, async |conn| {
            checkouts::insert(conn, store_id, &checkout).await
        })
        .await
        .unwrap();
        let mut conn = db.read().await.unwrap();
        let found = checkouts::find(&mut conn, store_id, checkout.id).await;
        assert_same(found.unwrap().unwrap(), checkout);
    }
    let orphan = Checkout {
        id: CheckoutId::generate(),
        mode: Mode::Test,
        cart_id: CartId::generate(),
        cart_version: 1,
        amount_minor: 1,
        shipping_method_id: None,
        shipping_minor: 0,
        currency: Currency::EUR,
        contact_sealed: None,
        success_url: None,
        cancel_url: None,
        created_at: now(),
        expires_at: now(),
    };
    let refused = commit(db, async |conn| {
        checkouts::insert(conn, store_id, &orphan).await
    });
    refused.await.unwrap_err();
}
