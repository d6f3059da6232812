//! Products: who may write them, what they may be, and how lists page.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Session, TestApp, stories};

mod fields;
mod lists;

stories!(
    a_product_lives_and_ends,
    products_are_written_with_an_api_key_of_the_store,
    a_sku_names_one_product,
);

fn write<'a>(
    app: &'a TestApp,
    store: &ConnectedStore,
    method: Method,
    path: &str,
    body: &Value,
) -> Session<'a> {
    let path = format!("/api/v1/stores/{}/products{path}", store.id);
    app.http.request(method, &path).json(body)
}

async fn a_product_lives_and_ends(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let fields = json!({
        "sku": "C-1", "name": "  Café ☕ 咖啡  ", "description": "Two\nlines", "image_url": "https://cdn.example.com/c.png",
        "unit_amount": 1250, "currency": "EUR", "stock": 7,
    });
    let made = write(app, &store, Method::POST, "", &fields)
        .bearer(&store.api_key)
        .send()
        .await
        .expect(201);
    let id = made["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "sku": "C-1", "name": "Café ☕ 咖啡", "description": "Two\nlines",
        "image_url": "https://cdn.example.com/c.png", "unit_amount": 1250, "currency": "eur", "stock": 7,
    });
    assert_eq!(made, expected);
    let path = format!("/{id}");
    assert_eq!(
        app.store_get(&store, &format!("/products/{id}"))
            .send()
            .await
            .expect(200),
        expected
    );

    let renamed = write(app, &store, Method::PATCH, &path, &json!({ "name": "Tea" }))
        .bearer(&store.api_key)
        .send()
        .await;
    let mut expected = expected;
    expected["name"] = "Tea".into();
    assert_eq!(
        renamed.expect(200),
        expected,
        "a PATCH changes only what it names"
    );
    let emptied = json!({ "sku": null, "description": null, "image_url": null, "stock": null });
    let emptied = write(app, &store, Method::PATCH, &path, &emptied)
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    for field in ["sku", "description", "image_url", "stock"] {
        assert_eq!(emptied[field], Value::Null, "{field}");
    }
    assert_eq!(
        (&emptied["name"], &emptied["unit_amount"]),
        (&"Tea".into(), &1250.into())
    );
    let same = write(app, &store, Method::PATCH, &path, &json!({}))
        .bearer(&store.api_key)
        .send()
        .await;
    assert_eq!(same.expect(200), emptied);

    let deleted = write(app, &store, Method::DELETE, &path, &json!({}))
        .bearer(&store.api_key)
        .send()
        .await
        .expect(200);
    assert_eq!(
        deleted,
        json!({ "id": id, "object": "product", "deleted": true })
    );
    app.store_get(&store, &format!("/products/{id}"))
        .send()
        .await
        .expect_error(404, "resource_missing");
    let list = app.store_get(&store, "/products").send().await.expect(200);
    assert_eq!(
        list,
        json!({ "object": "list", "data": [], "has_more": false })
    );
    for method in [Method::PATCH, Method::DELETE] {
        let again = write(app, &store, method, &path, &json!({}))
            .bearer(&store.api_key)
            .send()
            .await;
        again.expect_error(404, "resource_missing");
    }
}

async fn products_are_written_with_an_api_key_of_the_store(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let id = app
        .create_product(&store, json!({ "name": "Coffee", "unit_amount": 1250 }))
        .await;
    let order = app.place_order(&store).await;
    let stored = app.count("products").await;
    let path = format!("/{id}");
    let body = json!({ "name": "Stolen", "unit_amount": 1 });
    for (method, path) in [
        (Method::POST, ""),
        (Method::PATCH, &path),
        (Method::DELETE, &path),
    ] {
        let bare = || write(app, &store, method.clone(), path, &body);
        let basic = format!("Basic {}", store.api_key);
        let cut = &store.api_key[..store.api_key.len() - 1];
        let attempts = [
            ("none", bare()),
            ("another store's", bare().bearer(&other.api_key)),
            ("cut short", bare().bearer(cut)),
            ("garbage", bare().bearer("tgk_test_FAKE")),
            ("an order's token", bare().bearer(&order.token)),
            ("another scheme", bare().header("authorization", &basic)),
            (
                "nothing behind the scheme",
                bare().header("authorization", "Bearer "),
            ),
            (
                "3,000 characters",
                bare().bearer(&format!("tgk_test_{}", "x".repeat(3_000))),
            ),
        ];
        for (credential, request) in attempts {
            let reply = request.send().await;
            assert_eq!(
                reply.status, 401,
                "{method} with {credential}: {}",
                reply.text
            );
            reply.expect_error(401, "api_key_invalid");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
    }
    let product = app
        .store_get(&store, &format!("/products/{id}"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&product["name"], &product["unit_amount"]),
        (&"Coffee".into(), &1250.into())
    );
    assert_eq!(app.count("products").await, stored);
}

async fn a_sku_names_one_product(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let named = |sku: &str| json!({ "name": "Coffee", "unit_amount": 100, "sku": sku });
    let first = app.create_product(&store, named("ONE")).await;
    let second = app.create_product(&store, named("TWO")).await;
    app.create_product(&other, named("ONE")).await;
    for _ in 0..2 {
        app.create_product(&store, json!({ "name": "Coffee", "unit_amount": 100 }))
            .await;
    }
    let patch = json!({ "sku": "ONE" });
    let attempts = [
        write(app, &store, Method::POST, "", &named("ONE")),
        write(app, &store, Method::PATCH, &format!("/{second}"), &patch),
    ];
    for attempt in attempts {
        let refused = attempt
            .bearer(&store.api_key)
            .send()
            .await
            .expect_error(409, "sku_taken");
        assert_eq!(refused["error"]["param"], "sku");
    }
    let deleted = write(
        app,
        &store,
        Method::DELETE,
        &format!("/{first}"),
        &json!({}),
    )
    .bearer(&store.api_key)
    .send()
    .await;
    deleted.expect(200);
    let reused = write(app, &store, Method::PATCH, &format!("/{second}"), &patch)
        .bearer(&store.api_key)
        .send()
        .await;
    assert_eq!(
        reused.expect(200)["sku"],
        "ONE",
        "a deleted product frees its SKU"
    );
}
