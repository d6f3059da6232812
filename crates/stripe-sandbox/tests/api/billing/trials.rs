//! Trials: how they begin, are told of, and end.

use serde_json::Value;

use super::shop::{PAYS, Shop, id};
use crate::harness::NOW;

const DAY: i64 = 86_400;

#[actix_web::test]
async fn a_trial_costs_nothing_and_becomes_a_paid_period() {
    let shop = Shop::open().await;
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(1999, "").await;
    let form = format!("customer={customer}&items[0][price]={price}&trial_period_days=14");
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "trialing");
    assert_eq!(made["trial_start"], NOW);
    assert_eq!(made["trial_end"], NOW + 14 * DAY);
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["total"], 0);
    assert_eq!(invoice["status"], "paid");
    assert_eq!(
        invoice["lines"]["data"][0]["description"],
        "Trial period for Coffee"
    );
    let before = shop.events().await;
    shop.advance(&clock, NOW + 11 * DAY).await;
    let told = shop.told(before).await;
    assert!(
        told.contains(&"customer.subscription.trial_will_end".to_owned()),
        "{told:?}"
    );
    shop.advance(&clock, NOW + 14 * DAY).await;
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "active");
    assert_eq!(now["billing_cycle_anchor"], NOW + 14 * DAY);
    assert_eq!(now["latest_invoice"]["status"], "draft");
    shop.advance(&clock, NOW + 14 * DAY + 3600).await;
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["status"], "paid");
    assert_eq!(now["latest_invoice"]["amount_paid"], 1999);
}

#[actix_web::test]
async fn without_a_card_it_pauses_is_canceled_or_is_billed_as_was_chosen() {
    let shop = Shop::open().await;
    for (behavior, status) in [
        ("pause", "paused"),
        ("cancel", "canceled"),
        ("create_invoice", "active"),
    ] {
        let clock = shop.clock().await;
        let customer = shop.customer(&format!("test_clock={clock}")).await;
        let price = shop.price(1999, "").await;
        let form = format!(
            "customer={customer}&items[0][price]={price}&trial_period_days=2&trial_settings[end_behavior][missing_payment_method]={behavior}"
        );
        let made = shop.subscription(&form).await;
        shop.advance(&clock, NOW + 2 * DAY).await;
        assert_eq!(shop.now(&made).await["status"], status);
        if behavior == "pause" {
            let told = shop.told(0).await;
            assert!(told.contains(&"customer.subscription.paused".to_owned()));
            let method = shop.card(&customer, PAYS).await;
            let path = format!("/v1/subscriptions/{}", id(&made));
            shop.made(&path, &format!("default_payment_method={method}"))
                .await;
            let resumed = shop.made(&format!("{path}/resume"), "").await;
            assert_eq!(resumed["status"], "active");
            assert_eq!(shop.now(&made).await["latest_invoice"]["status"], "paid");
            let told = shop.told(0).await;
            assert!(told.contains(&"customer.subscription.resumed".to_owned()));
        }
    }
}

#[actix_web::test]
async fn a_trial_can_be_ended_at_once() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(1999, "").await;
    let form = format!("customer={customer}&items[0][price]={price}&trial_period_days=14");
    let made = shop.subscription(&form).await;
    let path = format!("/v1/subscriptions/{}", id(&made));
    let now = shop.made(&path, "trial_end=now").await;
    assert_eq!(now["status"], "active");
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["amount_paid"], 1999);
    assert_eq!(invoice["billing_reason"], "subscription_update");
    assert_ne!(invoice["id"], Value::Null);
}

#[actix_web::test]
async fn a_trial_without_a_card_asks_for_one_by_a_set_up() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = shop.price(1999, "").await;
    let form = format!(
        "customer={customer}&items[0][price]={price}&trial_period_days=14&payment_behavior=default_incomplete"
    );
    let made = shop.subscription(&form).await;
    let setup = made["pending_setup_intent"].as_str().unwrap();
    let path = format!("/v1/setup_intents/{setup}/confirm");
    let form = "payment_method=pm_card_visa&return_url=https://shop.example/back";
    let kept = shop.made(&path, form).await;
    assert_eq!(kept["status"], "succeeded");
    let now = shop.now(&made).await;
    assert_eq!(now["pending_setup_intent"], Value::Null);
    assert_eq!(now["default_payment_method"], kept["payment_method"]);
}
