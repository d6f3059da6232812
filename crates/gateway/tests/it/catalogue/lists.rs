//! Lists page by cursor, as at Stripe.

use serde_json::json;

use crate::harness::{ConnectedStore, TestApp, stories};

stories!(products_page_by_cursor);

async fn products_page_by_cursor(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let mut ids = Vec::new();
    for position in 0..5 {
        ids.push(
            app.create_product(
                &store,
                json!({ "name": format!("No. {position}"), "unit_amount": 100 }),
            )
            .await,
        );
    }
    let foreign = app
        .create_product(&other, json!({ "name": "Tea", "unit_amount": 100 }))
        .await;
    assert_eq!(page(app, &store, "").await, (ids.clone(), false));
    assert_eq!(
        page(app, &store, "?limit=2").await,
        (ids[..2].to_vec(), true)
    );
    assert_eq!(page(app, &store, "?limit=5").await, (ids.clone(), false));
    assert_eq!(
        page(app, &store, &format!("?limit=2&starting_after={}", ids[1])).await,
        (ids[2..4].to_vec(), true)
    );
    assert_eq!(
        page(app, &store, &format!("?limit=2&starting_after={}", ids[3])).await,
        (ids[4..].to_vec(), false)
    );
    assert_eq!(
        page(app, &store, &format!("?limit=2&ending_before={}", ids[4])).await,
        (ids[2..4].to_vec(), true)
    );
    assert_eq!(
        page(app, &store, &format!("?limit=2&ending_before={}", ids[2])).await,
        (ids[..2].to_vec(), false)
    );
    assert_eq!(
        page(app, &store, &format!("?starting_after={}", ids[4])).await,
        (Vec::new(), false)
    );
    // Another store's id is a place in time at most; nothing of that store shows.
    assert!(
        !page(app, &store, &format!("?ending_before={foreign}"))
            .await
            .0
            .contains(&foreign)
    );
}

async fn page(app: &TestApp, store: &ConnectedStore, query: &str) -> (Vec<String>, bool) {
    let list = app
        .store_get(store, &format!("/products{query}"))
        .send()
        .await
        .expect(200);
    assert_eq!(list["object"], "list");
    let ids = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|product| product["id"].as_str().unwrap().to_owned());
    (ids.collect(), list["has_more"].as_bool().unwrap())
}
