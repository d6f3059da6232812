//! Changes of a running subscription: prorations, pending updates, items, pauses, previews.

use serde_json::{Value, json};

use super::shop::{FAILS_LATER, PAYS, Shop, id};
use crate::harness::{ALICE, NOW};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// A subscription to a price of 30.00 on a clock, half a month old.
async fn halfway(shop: &Shop) -> (String, String, Value) {
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(3000, "").await;
    let form = format!("customer={customer}&items[0][price]={price}");
    let made = shop.subscription(&form).await;
    shop.advance(&clock, NOW + MONTH / 2).await;
    (clock, customer, made)
}

fn item_of(subscription: &Value) -> String {
    id(&subscription["items"]["data"][0])
}

#[actix_web::test]
async fn a_change_of_plan_is_prorated_on_the_next_invoice() {
    let shop = Shop::open().await;
    let (clock, customer, made) = halfway(&shop).await;
    let dearer = shop.price(6000, "").await;
    let before = shop.events().await;
    let form = format!("items[0][id]={}&items[0][price]={dearer}", item_of(&made));
    let preview = format!(
        "subscription={}&subscription_details[items][0][id]={}&subscription_details[items][0][price]={dearer}",
        id(&made),
        item_of(&made)
    );
    let preview = shop.made("/v1/invoices/create_preview", &preview).await;
    assert_eq!(preview["total"], 7500);
    let path = format!("/v1/subscriptions/{}", id(&made));
    let changed = shop.made(&path, &form).await;
    assert_eq!(changed["items"]["data"][0]["price"]["id"], dearer);
    assert_eq!(changed["items"]["data"][0]["id"], item_of(&made));
    let told = [
        "invoiceitem.created",
        "invoiceitem.created",
        "customer.subscription.updated",
    ];
    assert_eq!(shop.told(before).await, told);
    let items = shop
        .get(&format!(
            "/v1/invoiceitems?customer={customer}&pending=true"
        ))
        .await;
    let amounts: Vec<_> = items["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["amount"].clone())
        .collect();
    assert_eq!(amounts, [3000, -1500]);
    assert!(
        items["data"][1]["description"]
            .as_str()
            .unwrap()
            .starts_with("Unused time on Coffee after ")
    );
    assert_eq!(items["data"][0]["proration"], true);
    shop.advance(&clock, NOW + MONTH + 3600).await;
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["total"], 7500);
    assert_eq!(invoice["status"], "paid");
    let line = &invoice["lines"]["data"][0]["parent"]["subscription_item_details"];
    assert_eq!(line["proration"], true);
}

#[actix_web::test]
async fn always_invoice_charges_at_once_and_none_charges_nothing() {
    let shop = Shop::open().await;
    let (_, customer, made) = halfway(&shop).await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    let form = format!(
        "items[0][id]={}&items[0][quantity]=2&proration_behavior=always_invoice",
        item_of(&made)
    );
    shop.made(&path, &form).await;
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_eq!(invoice["amount_paid"], 1500);
    let form = format!(
        "items[0][id]={}&items[0][quantity]=5&proration_behavior=none",
        item_of(&made)
    );
    shop.made(&path, &form).await;
    let items = shop
        .get(&format!(
            "/v1/invoiceitems?customer={customer}&pending=true"
        ))
        .await;
    assert_eq!(items["data"], json!([]));
}

#[actix_web::test]
async fn a_downgrade_leaves_a_credit_with_the_customer() {
    let shop = Shop::open().await;
    let (_, customer, made) = halfway(&shop).await;
    let cheaper = shop.price(1000, "").await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    let form = format!(
        "items[0][id]={}&items[0][price]={cheaper}&proration_behavior=always_invoice",
        item_of(&made)
    );
    shop.made(&path, &form).await;
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["total"], -1000);
    assert_eq!(invoice["status"], "paid");
    assert_eq!(
        shop.get(&format!("/v1/customers/{customer}")).await["balance"],
        -1000
    );
}

#[actix_web::test]
async fn another_interval_begins_a_new_period() {
    let shop = Shop::open().await;
    let (_, _, made) = halfway(&shop).await;
    let year = shop.price(30_000, "recurring[interval]=year").await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    let form = format!("items[0][id]={}&items[0][price]={year}", item_of(&made));
    let changed = shop.made(&path, &form).await;
    let now = NOW + MONTH / 2;
    assert_eq!(changed["items"]["data"][0]["current_period_start"], now);
    assert_eq!(changed["billing_cycle_anchor"], now);
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["amount_paid"], 28_500);
}

#[actix_web::test]
async fn a_change_that_is_not_paid_stays_pending_until_it_is() {
    let shop = Shop::open().await;
    let (clock, customer, made) = halfway(&shop).await;
    let bad = shop.card(&customer, FAILS_LATER).await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    shop.made(&path, &format!("default_payment_method={bad}"))
        .await;
    let form = format!(
        "items[0][id]={}&items[0][quantity]=2&proration_behavior=always_invoice&payment_behavior=pending_if_incomplete",
        item_of(&made)
    );
    let pending = shop.made(&path, &form).await;
    assert_eq!(pending["items"]["data"][0]["quantity"], 1);
    assert_eq!(pending["status"], "active");
    assert_eq!(
        pending["pending_update"]["subscription_items"][0]["quantity"],
        2
    );
    let invoice = id(&shop.now(&made).await["latest_invoice"]);
    let good = shop.card(&customer, PAYS).await;
    shop.made(
        &format!("/v1/invoices/{invoice}/pay"),
        &format!("payment_method={good}"),
    )
    .await;
    let now = shop.now(&made).await;
    assert_eq!(now["pending_update"], Value::Null);
    assert_eq!(now["items"]["data"][0]["quantity"], 2);
    let told = shop.told(0).await;
    assert!(told.contains(&"customer.subscription.pending_update_applied".to_owned()));
    let form = form.replace("[quantity]=2", "[quantity]=3");
    shop.made(&path, &form).await;
    shop.advance(&clock, NOW + MONTH / 2 + DAY).await;
    let now = shop.now(&made).await;
    assert_eq!(now["pending_update"], Value::Null);
    assert_eq!(now["items"]["data"][0]["quantity"], 2);
    let told = shop.told(0).await;
    assert!(told.contains(&"customer.subscription.pending_update_expired".to_owned()));
}

#[actix_web::test]
async fn items_are_added_changed_and_removed_on_their_own() {
    let shop = Shop::open().await;
    let (_, _, made) = halfway(&shop).await;
    let other = shop.price(500, "").await;
    let form = format!("subscription={}&price={other}&quantity=3", id(&made));
    let item = shop.made("/v1/subscription_items", &form).await;
    assert_eq!(item["quantity"], 3);
    let path = format!("/v1/subscription_items/{}", id(&item));
    assert_eq!(
        shop.made(&path, "quantity=1&metadata[a]=b").await["metadata"],
        json!({ "a": "b" })
    );
    assert_eq!(shop.get(&path).await["quantity"], 1);
    let list = format!("/v1/subscription_items?subscription={}", id(&made));
    assert_eq!(shop.get(&list).await["data"].as_array().unwrap().len(), 2);
    assert_eq!(shop.stripe.delete(ALICE, &path).await.body["deleted"], true);
    let last = format!("/v1/subscription_items/{}", item_of(&made));
    assert_eq!(shop.stripe.delete(ALICE, &last).await.status, 400);
    assert_eq!(
        shop.stripe.get(ALICE, &path).await.error().1,
        Some("resource_missing")
    );
}

#[actix_web::test]
async fn canceling_now_can_give_back_what_is_unused() {
    let shop = Shop::open().await;
    let (_, customer, made) = halfway(&shop).await;
    let path = format!(
        "/v1/subscriptions/{}?prorate=true&invoice_now=true",
        id(&made)
    );
    let ended = shop.stripe.delete(ALICE, &path).await;
    assert_eq!(ended.body["status"], "canceled", "{}", ended.body);
    assert_eq!(
        shop.get(&format!("/v1/customers/{customer}")).await["balance"],
        -1500
    );
    assert_eq!(shop.stripe.delete(ALICE, &path).await.status, 404);
}

#[actix_web::test]
async fn collection_is_paused_and_goes_on() {
    let shop = Shop::open().await;
    for (behavior, status) in [
        ("void", "void"),
        ("mark_uncollectible", "uncollectible"),
        ("keep_as_draft", "draft"),
    ] {
        let (clock, _, made) = halfway(&shop).await;
        let path = format!("/v1/subscriptions/{}", id(&made));
        let resumes = NOW + MONTH + 2 * DAY;
        let form =
            format!("pause_collection[behavior]={behavior}&pause_collection[resumes_at]={resumes}");
        let paused = shop.made(&path, &form).await;
        assert_eq!(paused["pause_collection"]["behavior"], behavior);
        assert_eq!(paused["status"], "active");
        shop.advance(&clock, NOW + MONTH + DAY).await;
        let now = shop.now(&made).await;
        assert_eq!(now["latest_invoice"]["status"], status);
        shop.advance(&clock, resumes).await;
        assert_eq!(shop.now(&made).await["pause_collection"], Value::Null);
    }
}

#[actix_web::test]
async fn a_preview_makes_nothing() {
    let shop = Shop::open().await;
    let (_, customer, made) = halfway(&shop).await;
    let before = shop.events().await;
    let next = shop
        .made(
            "/v1/invoices/create_preview",
            &format!("subscription={}", id(&made)),
        )
        .await;
    assert_eq!(next["total"], 3000);
    assert_eq!(next["billing_reason"], "upcoming");
    let price = shop.price(900, "").await;
    let form = format!(
        "customer={customer}&subscription_details[items][0][price]={price}&invoice_items[0][amount]=50&invoice_items[0][currency]=eur"
    );
    assert_eq!(
        shop.made("/v1/invoices/create_preview", &form).await["total"],
        950
    );
    assert_eq!(shop.told(before).await, Vec::<String>::new());
    assert_eq!(shop.invoices(&made).await.len(), 1);
}
