//! The catalogue as CSV: out and in, all lines or none.

use serde_json::{Value, json};

use super::id_of;
use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    what_is_exported_can_be_imported,
    products_are_made_and_changed_by_their_sku,
    a_faulty_line_changes_nothing,
    files_that_are_no_catalogue_are_refused,
);

async fn import(app: &TestApp, store: &ConnectedStore, query: &str, file: &str) -> Reply {
    let path = format!("/api/v1/stores/{}/products/import{query}", store.id);
    let request = app.http.request(reqwest::Method::POST, &path);
    let request = request.body("text/csv; charset=utf-8", file.to_owned());
    request.bearer(&store.api_key).send().await
}

async fn export(app: &TestApp, store: &ConnectedStore) -> String {
    let request = app.store_get(store, "/products.csv").bearer(&store.api_key);
    let reply = request.send().await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("content-type")),
        (200, "text/csv; charset=utf-8")
    );
    reply.text
}

async fn what_is_exported_can_be_imported(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let formula = json!({ "sku": "+1", "name": "=HYPERLINK(\"https://x.example\")", "description": "two\nlines, \"quoted\"", "unit_amount": 1250, "stock": 3 });
    app.create_product(&store, formula).await;
    app.create_product(
        &store,
        json!({ "sku": "mug", "name": "'Mug'", "unit_amount": 399, "currency": "usd" }),
    )
    .await;
    let file = export(app, &store).await;
    for line in file.lines() {
        assert!(!line.starts_with(['=', '+', '-', '@']), "{line}");
    }
    assert!(
        file.starts_with(
            "sku,name,description,image_url,unit_amount,currency,stock\r\n'+1,\"'=HYPERLINK("
        ),
        "{file}"
    );
    let same = import(app, &store, "", &file).await.expect(200);
    assert_eq!(
        same,
        json!({ "dry_run": false, "created": 0, "updated": 2 })
    );
    assert_eq!(export(app, &store).await, file);
    let other = app.connected_store("Tea").await;
    assert_eq!(
        import(app, &other, "", &file).await.expect(200)["created"],
        2
    );
    assert_eq!(export(app, &other).await, file);
    app.store_get(&store, "/products.csv")
        .send()
        .await
        .expect_error(401, "api_key_invalid");
}

async fn products_are_made_and_changed_by_their_sku(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app.create_product(&store, json!({ "sku": "mug", "name": "Mug", "unit_amount": 399, "stock": 4, "description": "Blue" })).await;
    // As a spreadsheet writes it: a mark in front, semicolons, other columns left out.
    let file =
        "\u{feff}sku;unit_amount;description;name\r\nmug;450;;Big mug\r\npot;2500;Round;Pot\r\n";
    let tried = import(app, &store, "?dry_run=true", file).await.expect(200);
    assert_eq!(
        tried,
        json!({ "dry_run": true, "created": 1, "updated": 1 })
    );
    assert_eq!(app.count("products").await, 1);
    import(app, &store, "", file).await.expect(200);
    let shown = app
        .store_get(&store, &format!("/products/{mug}"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (
            &shown["unit_amount"],
            &shown["name"],
            &shown["description"],
            &shown["stock"]
        ),
        (&json!(450), &json!("Big mug"), &Value::Null, &json!(4))
    );
    assert_eq!(app.count("products").await, 2);
    let listed = app.store_get(&store, "/products").send().await.expect(200);
    assert_ne!(id_of(&listed["data"][1]), mug);
}

async fn a_faulty_line_changes_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let file = "sku,name,unit_amount,stock\na,A,100,1\nb,,100,1\nc,C,ten,1\nd,D,100\na,A,200,1\n,F,100,1\ng,G,100,-1\n";
    let refused = import(app, &store, "", file).await;
    let error = refused.expect_error(422, "import_invalid");
    let lines: Vec<(u64, Option<&str>)> = error["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["line"].as_u64().unwrap(), fault["param"].as_str()))
        .collect();
    let expected = [
        (3, Some("name")),
        (4, Some("unit_amount")),
        (5, None),
        (6, Some("sku")),
        (7, Some("sku")),
        (8, Some("stock")),
    ];
    assert_eq!(lines, expected);
    assert_eq!(app.count("products").await, 0);
}

async fn files_that_are_no_catalogue_are_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for file in [
        "",
        "name,unit_amount\nA,1\n",
        "sku,price\na,1\n",
        "sku,sku\na,b\n",
    ] {
        import(app, &store, "", file)
            .await
            .expect_error(400, "import_unreadable");
    }
    let path = "/products/import";
    let as_json = app
        .store_post(&store, path, &json!({}))
        .bearer(&store.api_key)
        .send()
        .await;
    as_json.expect_error(415, "unsupported_media_type");
    let lines: Vec<String> = (0..10_001)
        .map(|number| format!("{number},A,1\n"))
        .collect();
    let long = format!("sku,name,unit_amount\n{}", lines.concat());
    import(app, &store, "", &long)
        .await
        .expect_error(422, "import_too_long");
    import(app, &store, "", &"x".repeat(5 * 1024 * 1024 + 1))
        .await
        .expect_error(413, "body_too_large");
    assert_eq!(app.count("products").await, 0);
}
