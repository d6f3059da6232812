//! Products: what is sold.

use serde_json::json;

use crate::harness::{ALICE, BOB, start};

#[actix_web::test]
async fn a_product_is_made_changed_found_and_deleted() {
    let stripe = start().await;
    let form = "name=Tea&id=tea&metadata[a]=1&images[]=https://shop.example/tea.png&shippable=true&url=https://shop.example/tea&marketing_features[0][name]=Loose&package_dimensions[height]=1.5&package_dimensions[length]=2&package_dimensions[weight]=3&package_dimensions[width]=4";
    let made = stripe.post(ALICE, "/v1/products", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.id(), "tea");
    assert_eq!(made.body["active"], true);
    assert_eq!(made.body["package_dimensions"]["height"], 1.5);
    assert_eq!(
        made.body["marketing_features"],
        json!([{ "name": "Loose" }])
    );
    let twice = stripe.post(ALICE, "/v1/products", "name=Tea&id=tea").await;
    assert_eq!(
        twice.error(),
        (400, Some("resource_already_exists"), Some("id"))
    );
    stripe.advance(5);
    let changed = stripe
        .post(ALICE, "/v1/products/tea", "name=Green&package_dimensions=")
        .await;
    assert_eq!(changed.body["package_dimensions"], json!(null));
    let told = stripe.get(ALICE, "/v1/events?type=product.updated").await;
    let previous = &told.body["data"][0]["data"]["previous_attributes"];
    assert_eq!(previous["name"], "Tea");
    assert!(previous["updated"].is_i64());
    for (filter, found) in [
        ("active=true", 1),
        ("active=false", 0),
        ("shippable=true", 1),
        ("shippable=false", 0),
        ("ids[]=tea", 1),
        ("ids[]=other", 0),
        ("url=https://shop.example/tea", 1),
    ] {
        let list = stripe.get(ALICE, &format!("/v1/products?{filter}")).await;
        assert_eq!(
            list.body["data"].as_array().map(Vec::len),
            Some(found),
            "{filter}"
        );
    }
    assert_eq!(stripe.get(BOB, "/v1/products/tea").await.status, 404);
    let gone = stripe.delete(ALICE, "/v1/products/tea").await;
    assert_eq!(
        gone.body,
        json!({ "id": "tea", "object": "product", "deleted": true })
    );
    let missing = stripe.get(ALICE, "/v1/products/tea").await;
    assert_eq!(missing.error(), (404, Some("resource_missing"), Some("id")));
    let types = stripe.event_types(ALICE).await;
    assert_eq!(
        types,
        ["product.created", "product.updated", "product.deleted"]
    );
}

#[actix_web::test]
async fn a_default_price_is_made_with_the_product_and_stays_for_sale() {
    let stripe = start().await;
    let form = "name=Club&default_price_data[currency]=eur&default_price_data[unit_amount]=900&default_price_data[recurring][interval]=month&expand[]=default_price";
    let made = stripe.post(ALICE, "/v1/products", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let price = &made.body["default_price"];
    assert_eq!(price["unit_amount"], 900);
    assert_eq!(price["product"], made.id());
    let types = stripe.event_types(ALICE).await;
    assert_eq!(types, ["product.created", "plan.created", "price.created"]);
    let path = format!("/v1/prices/{}", price["id"].as_str().unwrap());
    let kept = stripe.post(ALICE, &path, "active=false").await;
    let message = "This price cannot be archived because it is the default price of its product.";
    assert_eq!(kept.body["error"]["message"], message);
    let product = format!("/v1/products/{}", made.id());
    let held = stripe.delete(ALICE, &product).await;
    let message = "This product cannot be deleted because it has one or more user-created prices.";
    assert_eq!(held.body["error"]["message"], message);
    let freed = stripe.post(ALICE, &product, "default_price=").await;
    assert_eq!(freed.body["default_price"], json!(null), "{}", freed.body);
    assert_eq!(stripe.post(ALICE, &path, "active=false").await.status, 200);
    let inactive = stripe
        .post(
            ALICE,
            &product,
            &format!("default_price={}", price["id"].as_str().unwrap()),
        )
        .await;
    assert_eq!(inactive.error(), (400, None, Some("default_price")));
}

#[actix_web::test]
async fn what_a_product_cannot_be_is_refused() {
    let stripe = start().await;
    let images: Vec<String> = (0..9)
        .map(|n| format!("images[{n}]=https://a.example/{n}"))
        .collect();
    for (form, code, param) in [
        ("", Some("parameter_missing"), "name"),
        ("name=A&url=tea", Some("url_invalid"), "url"),
        ("name=A&tax_code=tea", Some("resource_missing"), "tax_code"),
        (
            "name=A&statement_descriptor=12345678901234567890123",
            None,
            "statement_descriptor",
        ),
        ("name=A&default_price_data[currency]=eur", None, ""),
        (
            "name=A&default_price_data[currency]=xyz&default_price_data[unit_amount]=1",
            None,
            "default_price_data[currency]",
        ),
        (
            "name=A&default_price=price_1",
            Some("parameter_unknown"),
            "default_price",
        ),
        (&format!("name=A&{}", images.join("&")), None, "images"),
    ] {
        let refused = stripe.post(ALICE, "/v1/products", form).await;
        let param = Some(param).filter(|param| !param.is_empty());
        assert_eq!(
            refused.error(),
            (400, code, param),
            "{form}: {}",
            refused.body
        );
    }
    assert_eq!(stripe.event_types(ALICE).await, Vec::<String>::new());
}
