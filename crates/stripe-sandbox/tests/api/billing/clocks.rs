//! Test clocks and the account's own time: renewals.

use serde_json::{Value, json};

use super::shop::{PAYS, Shop, id};
use crate::harness::{ALICE, NOW};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

#[actix_web::test]
async fn a_renewal_is_told_drafted_finalized_and_paid() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(1999, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    assert_eq!(made["test_clock"], clock);
    let before = shop.events().await;
    shop.advance(&clock, NOW + MONTH).await;
    let draft = shop.now(&made).await["latest_invoice"].clone();
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["billing_reason"], "subscription_cycle");
    assert_eq!(draft["created"], NOW + MONTH);
    assert_eq!(draft["automatically_finalizes_at"], NOW + MONTH + 3600);
    assert_eq!(draft["period_start"], NOW);
    assert_eq!(draft["period_end"], NOW + MONTH);
    let told = [
        "test_helpers.test_clock.advancing",
        "invoice.upcoming",
        "customer.subscription.updated",
        "invoice.created",
        "test_helpers.test_clock.ready",
    ];
    assert_eq!(shop.told(before).await, told);
    let before = shop.events().await;
    shop.advance(&clock, NOW + MONTH + 3600).await;
    let paid = shop.now(&made).await["latest_invoice"].clone();
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["status_transitions"]["paid_at"], NOW + MONTH + 3600);
    let told = shop.told(before).await;
    let expected = [
        "test_helpers.test_clock.advancing",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "test_helpers.test_clock.ready",
    ];
    assert_eq!(told, expected);
}

#[actix_web::test]
async fn each_period_is_paid_once_and_every_total_is_its_lines() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(700, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    for step in 1..=3 {
        shop.advance(&clock, NOW + step * 59 * DAY).await;
    }
    let invoices = shop.invoices(&made).await;
    assert!(invoices.len() >= 5, "{}", invoices.len());
    let mut periods: Vec<i64> = Vec::new();
    for invoice in invoices
        .iter()
        .filter(|invoice| invoice["status"] == "paid")
    {
        let lines = invoice["lines"]["data"].as_array().unwrap();
        let sum: i64 = lines
            .iter()
            .map(|line| line["amount"].as_i64().unwrap())
            .sum();
        assert_eq!(invoice["total"], sum);
        assert_eq!(invoice["amount_paid"], sum);
        let start = lines[0]["period"]["start"].as_i64().unwrap();
        assert!(!periods.contains(&start), "{start} is paid twice");
        periods.push(start);
    }
}

#[actix_web::test]
async fn a_clock_goes_forward_only_and_not_too_far() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(700, "").await;
    shop.subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
    for time in [NOW, NOW - 5, NOW + 70 * DAY] {
        let refused = shop.post(&path, &format!("frozen_time={time}")).await;
        assert_eq!(refused.error().2, Some("frozen_time"), "{time}");
    }
    let refused = shop.post("/v1/customers", "test_clock=clock_none").await;
    assert_eq!(
        refused.error(),
        (400, Some("resource_missing"), Some("test_clock"))
    );
}

#[actix_web::test]
async fn a_deleted_clock_takes_its_customers_with_it() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(700, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    let gone = shop
        .stripe
        .delete(ALICE, &format!("/v1/test_helpers/test_clocks/{clock}"))
        .await;
    assert_eq!(
        gone.body,
        json!({ "id": clock, "object": "test_helpers.test_clock", "deleted": true })
    );
    assert_eq!(
        shop.get(&format!("/v1/customers/{customer}")).await["deleted"],
        true
    );
    assert_eq!(shop.now(&made).await["status"], "canceled");
    assert_eq!(
        shop.get("/v1/test_helpers/test_clocks").await["data"],
        json!([])
    );
}

#[actix_web::test]
async fn without_a_clock_the_sandboxs_time_renews() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(700, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    shop.stripe.advance(MONTH + 3600);
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["status"], "paid");
    assert_eq!(now["latest_invoice"]["created"], NOW + MONTH);
    assert_eq!(shop.invoices(&made).await.len(), 2);
}

#[actix_web::test]
async fn the_control_api_moves_an_accounts_time() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(700, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    let step = json!({ "account": "acct_1alice", "advance_seconds": MONTH + 3600 });
    let moved = shop.stripe.control("POST", "/clock", step).await;
    assert_eq!(moved.body["now"], NOW + MONTH + 3600, "{}", moved.body);
    assert_eq!(shop.invoices(&made).await.len(), 2);
    let later = shop.made("/v1/customers", "").await;
    assert_eq!(later["created"], NOW + MONTH + 3600);
    let seen = shop
        .stripe
        .control("GET", "/clock?account=acct_1alice", Value::Null)
        .await;
    assert_eq!(seen.body["offset_seconds"], MONTH + 3600);
    let too_far = json!({ "account": "acct_1alice", "advance_seconds": 0 });
    assert_eq!(
        shop.stripe.control("POST", "/clock", too_far).await.status,
        422
    );
    let nobody = json!({ "account": "acct_none", "advance_seconds": 5 });
    assert_eq!(
        shop.stripe.control("POST", "/clock", nobody).await.status,
        404
    );
}

#[actix_web::test]
async fn canceling_at_the_period_end_and_changing_ones_mind() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(700, "").await;
    let made = shop
        .subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    let ending = shop
        .made(
            &path,
            "cancel_at_period_end=true&cancellation_details[feedback]=unused",
        )
        .await;
    assert_eq!(ending["cancel_at_period_end"], true);
    assert_eq!(ending["cancel_at"], NOW + MONTH);
    assert_eq!(ending["canceled_at"], NOW);
    assert_eq!(
        ending["cancellation_details"]["reason"],
        "cancellation_requested"
    );
    assert_eq!(ending["cancellation_details"]["feedback"], "unused");
    let kept = shop.made(&path, "cancel_at_period_end=false").await;
    assert_eq!(kept["cancel_at"], Value::Null);
    assert_eq!(kept["canceled_at"], Value::Null);
    shop.made(&path, "cancel_at_period_end=true").await;
    let before = shop.events().await;
    shop.advance(&clock, NOW + MONTH).await;
    let ended = shop.now(&made).await;
    assert_eq!(ended["status"], "canceled");
    assert_eq!(ended["ended_at"], NOW + MONTH);
    assert_eq!(shop.invoices(&made).await.len(), 1);
    let told = [
        "test_helpers.test_clock.advancing",
        "customer.subscription.deleted",
        "test_helpers.test_clock.ready",
    ];
    assert_eq!(shop.told(before).await, told);
    let refused = shop.post(&path, "description=late").await;
    assert_eq!(refused.status, 400);
}

#[actix_web::test]
async fn a_renewal_is_delivered_though_nobody_asks() {
    let shop = Shop::open().await;
    let receiver = crate::harness::Receiver::start();
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(700, "").await;
    shop.subscription(&format!("customer={customer}&items[0][price]={price}"))
        .await;
    let form = format!("url={}&enabled_events[]=invoice.paid", receiver.url);
    shop.made("/v1/webhook_endpoints", &form).await;
    shop.stripe.advance(MONTH + 3600);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while receiver.received().is_empty() {
        assert!(std::time::Instant::now() < deadline, "no delivery");
        actix_web::rt::task::yield_now().await;
    }
    assert_eq!(receiver.received()[0].event()["type"], "invoice.paid");
}
