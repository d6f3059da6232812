//! Customers, and what every object that can be changed has in common.

use serde_json::json;

use crate::harness::{ALICE, BOB, read, start};

#[actix_web::test]
async fn a_customer_is_made_changed_and_deleted() {
    let stripe = start().await;
    let form =
        "email=ann@shop.example&name=Ann&address[city]=Ulm&metadata[a]=1&preferred_locales[]=de";
    let made = stripe.post(ALICE, "/v1/customers", form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["address"]["country"], json!(null));
    assert_eq!(made.body["metadata"], json!({ "a": "1" }));
    let path = format!("/v1/customers/{}", made.id());
    let form = "name=&address[city]=Bonn&metadata[b]=2&metadata[a]=";
    let changed = stripe.post(ALICE, &path, form).await;
    assert_eq!(changed.body["name"], json!(null));
    assert_eq!(changed.body["metadata"], json!({ "b": "2" }));
    let told = stripe.get(ALICE, "/v1/events?type=customer.updated").await;
    let expected =
        json!({ "address": { "city": "Ulm" }, "name": "Ann", "metadata": { "a": "1", "b": null } });
    assert_eq!(
        told.body["data"][0]["data"]["previous_attributes"],
        expected
    );
    assert_eq!(stripe.post(BOB, &path, "name=Eve").await.status, 404);
    let deleted = json!({ "id": made.id(), "object": "customer", "deleted": true });
    let answer = read(stripe.request("DELETE", ALICE, &path)).await;
    assert_eq!(answer.body, deleted);
    assert_eq!(stripe.get(ALICE, &path).await.body, deleted);
    let refused = stripe.post(ALICE, &path, "name=Ann").await;
    assert_eq!(refused.error(), (404, Some("resource_missing"), Some("id")));
    let list = stripe.get(ALICE, "/v1/customers").await;
    assert_eq!(list.body["data"], json!([]));
}

#[actix_web::test]
async fn customers_are_found_by_address_and_nothing_is_told_where_nothing_changed() {
    let stripe = start().await;
    for email in ["ann@shop.example", "bob@shop.example"] {
        let form = format!("email={email}");
        stripe.post(ALICE, "/v1/customers", &form).await;
    }
    let found = stripe
        .get(ALICE, "/v1/customers?email=bob@shop.example")
        .await;
    assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
    let id = found.body["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/customers/{id}");
    stripe.post(ALICE, &path, "email=bob@shop.example").await;
    let told = stripe.get(ALICE, "/v1/events?type=customer.updated").await;
    assert_eq!(told.body["data"], json!([]));
}
