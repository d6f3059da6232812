//! Products and their stock.

use db::products::{self, ProductChanges};
use db::{Db, DbError};
use domain::{Currency, ProductId, StoreId};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    after, assert_same, commit, commit_patiently, insert_product, new_store, product,
};

on_both_engines!(
    a_product_comes_back_as_it_was_written,
    a_sku_is_unique_in_its_store_only,
    a_hidden_product_is_found_by_nobody,
    a_change_touches_only_what_it_names,
    pages_run_both_ways,
    many_are_found_by_one_query,
    ten_pieces_are_sold_ten_times_to_fifty_buyers,
    uncounted_products_are_never_sold_out,
);

async fn a_product_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let product = product();
    insert_product(db, store_id, &product).await;
    let mut conn = db.read().await.unwrap();
    let found = products::find_active(&mut conn, store_id, product.id).await;
    assert_same(found.unwrap().unwrap(), product);
}

async fn a_sku_is_unique_in_its_store_only(database: TestDatabase) {
    let db = &database.db;
    let with_sku = || products::Product {
        sku: Some("ESP-1".to_owned()),
        ..product()
    };
    let store_id = new_store(db).await;
    insert_product(db, store_id, &with_sku()).await;
    insert_product(db, new_store(db).await, &with_sku()).await;
    // Products without a SKU do not collide.
    insert_product(db, store_id, &product()).await;
    insert_product(db, store_id, &product()).await;

    let again = commit(db, async |conn| {
        products::insert(conn, store_id, &with_sku()).await
    });
    assert!(matches!(again.await, Err(DbError::Conflict(_))));
}

async fn a_hidden_product_is_found_by_nobody(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let hidden = products::Product {
        active: false,
        ..product()
    };
    insert_product(db, store_id, &hidden).await;
    let mut conn = db.read().await.unwrap();
    let found = products::find_active(&mut conn, store_id, hidden.id).await;
    assert!(found.unwrap().is_none());
    let found = products::find_many_active(&mut conn, store_id, &[hidden.id]).await;
    assert!(found.unwrap().is_empty());
    let found = products::list_active(&mut conn, store_id, None, 10).await;
    assert!(found.unwrap().is_empty());
}

async fn a_change_touches_only_what_it_names(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut product = products::Product {
        sku: Some("ESP-1".to_owned()),
        stock: Some(3),
        ..product()
    };
    insert_product(db, store_id, &product).await;
    let change = async |product_id: ProductId, changes: ProductChanges| {
        commit(db, async |conn| {
            products::update(conn, store_id, product_id, changes, after(1)).await
        })
        .await
        .unwrap()
    };

    let unchanged = change(product.id, ProductChanges::default()).await;
    assert_same(unchanged.unwrap(), &product);
    let everything = ProductChanges {
        sku: Some(None),
        name: Some("Lungo".to_owned()),
        description: Some(None),
        image_url: Some(None),
        unit_amount_minor: Some(0),
        currency: "jpy".parse::<Currency>().ok(),
        stock: Some(None),
        active: Some(false),
    };
    product.sku = None;
    product.name = "Lungo".into();
    product.description = None;
    product.image_url = None;
    product.unit_amount_minor = 0;
    product.currency = "jpy".parse().unwrap();
    product.stock = None;
    product.active = false;
    let changed = change(product.id, everything).await;
    assert_same(changed.unwrap(), &product);

    let unknown = change(ProductId::generate(), ProductChanges::default()).await;
    assert!(unknown.is_none());
}

async fn pages_run_both_ways(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let product = product();
        insert_product(db, store_id, &product).await;
        ids.push(product.id);
    }
    let mut conn = db.read().await.unwrap();
    let first = products::list_active(&mut conn, store_id, None, 2).await;
    assert_eq!(ids_of(&first.unwrap()), ids[..2]);
    let second = products::list_active(&mut conn, store_id, Some(ids[1]), 2).await;
    assert_eq!(ids_of(&second.unwrap()), ids[2..4]);
    let back = products::list_active_before(&mut conn, store_id, ids[4], 2).await;
    assert_eq!(ids_of(&back.unwrap()), ids[2..4]);
    let start = products::list_active_before(&mut conn, store_id, ids[0], 2).await;
    assert!(start.unwrap().is_empty());
}

async fn many_are_found_by_one_query(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let (one, two) = (product(), product());
    insert_product(db, store_id, &one).await;
    insert_product(db, store_id, &two).await;
    let mut conn = db.read().await.unwrap();
    let asked = [two.id, ProductId::generate(), one.id, two.id];
    let found = products::find_many_active(&mut conn, store_id, &asked).await;
    let mut found = ids_of(&found.unwrap());
    found.sort_unstable();
    assert_eq!(found, [one.id, two.id]);
    let none = products::find_many_active(&mut conn, store_id, &[]).await;
    assert!(none.unwrap().is_empty());
}

async fn ten_pieces_are_sold_ten_times_to_fifty_buyers(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let product = products::Product {
        stock: Some(10),
        ..product()
    };
    insert_product(db, store_id, &product).await;
    let buyers = (0..50).map(|_| buy(db, store_id, product.id, 1));
    let sold = join_all(buyers).await.into_iter().filter(|&sold| sold);
    assert_eq!(sold.count(), 10);
    assert_eq!(stock(db, store_id, product.id).await, Some(0));

    commit(db, async |conn| {
        products::give_stock_back(conn, store_id, product.id, 3).await
    })
    .await
    .unwrap();
    assert!(!buy(db, store_id, product.id, 4).await);
    assert!(buy(db, store_id, product.id, 3).await);
    assert_eq!(stock(db, store_id, product.id).await, Some(0));
}

async fn uncounted_products_are_never_sold_out(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let product = product();
    insert_product(db, store_id, &product).await;
    assert!(buy(db, store_id, product.id, 10_000).await);
    commit(db, async |conn| {
        products::give_stock_back(conn, store_id, product.id, 3).await
    })
    .await
    .unwrap();
    assert_eq!(stock(db, store_id, product.id).await, None);
    assert!(!buy(db, store_id, ProductId::generate(), 1).await);
}

async fn buy(db: &Db, store_id: StoreId, product_id: ProductId, quantity: i64) -> bool {
    commit_patiently(db, async |conn| {
        products::take_stock(conn, store_id, product_id, quantity).await
    })
    .await
    .unwrap()
}

async fn stock(db: &Db, store_id: StoreId, product_id: ProductId) -> Option<i64> {
    let mut conn = db.read().await.unwrap();
    let product = products::find_active(&mut conn, store_id, product_id).await;
    product.unwrap().unwrap().stock
}

fn ids_of(products: &[products::Product]) -> Vec<ProductId> {
    products.iter().map(|product| product.id).collect()
}
