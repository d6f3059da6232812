//! Renewals that are not paid, and first payments that never come.

use serde_json::Value;

use super::shop::{FAILS_LATER, NEEDS_3DS, PAYS, Shop, id, intent_of};
use crate::harness::{ALICE, NOW};

const DAY: i64 = 86_400;
const MONTH: i64 = 30 * DAY;

/// A subscription on a clock whose first period is paid and whose card is then exchanged.
async fn renewing_with(shop: &Shop, number: &str) -> (String, String, Value) {
    let clock = shop.clock().await;
    let customer = shop
        .customer_with(PAYS, &format!("test_clock={clock}"))
        .await;
    let price = shop.price(1999, "").await;
    let form = format!("customer={customer}&items[0][price]={price}");
    let made = shop.subscription(&form).await;
    let method = shop.card(&customer, number).await;
    let form = format!("invoice_settings[default_payment_method]={method}");
    shop.made(&format!("/v1/customers/{customer}"), &form).await;
    (clock, customer, made)
}

#[actix_web::test]
async fn a_declined_renewal_is_past_due_and_retried_until_it_is_canceled() {
    let shop = Shop::open().await;
    let (clock, _, made) = renewing_with(&shop, FAILS_LATER).await;
    let first_try = NOW + MONTH + 3600;
    shop.advance(&clock, NOW + MONTH).await;
    let before = shop.events().await;
    shop.advance(&clock, first_try).await;
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "past_due");
    assert_eq!(now["latest_invoice"]["attempt_count"], 1);
    assert_eq!(
        now["latest_invoice"]["next_payment_attempt"],
        first_try + 3 * DAY
    );
    let told = [
        "test_helpers.test_clock.advancing",
        "payment_intent.created",
        "invoice.finalized",
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
        "customer.subscription.updated",
        "test_helpers.test_clock.ready",
    ];
    assert_eq!(shop.told(before).await, told);
    shop.advance(&clock, first_try + 3 * DAY).await;
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["attempt_count"], 2);
    assert_eq!(
        now["latest_invoice"]["next_payment_attempt"],
        first_try + 8 * DAY
    );
    shop.advance(&clock, first_try + 15 * DAY).await;
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["attempt_count"], 4);
    assert_eq!(now["latest_invoice"]["next_payment_attempt"], Value::Null);
    assert_eq!(now["latest_invoice"]["status"], "open");
    assert_eq!(now["status"], "canceled");
    assert_eq!(now["cancellation_details"]["reason"], "payment_failed");
}

#[actix_web::test]
async fn a_retry_with_a_better_card_makes_it_active_again() {
    let shop = Shop::open().await;
    let (clock, customer, made) = renewing_with(&shop, FAILS_LATER).await;
    let first_try = NOW + MONTH + 3600;
    shop.advance(&clock, first_try).await;
    let method = shop.card(&customer, PAYS).await;
    let form = format!("invoice_settings[default_payment_method]={method}");
    shop.made(&format!("/v1/customers/{customer}"), &form).await;
    shop.advance(&clock, first_try + 3 * DAY).await;
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "active");
    assert_eq!(now["latest_invoice"]["status"], "paid");
    assert_eq!(now["latest_invoice"]["attempt_count"], 2);
    assert_eq!(
        shop.get("/v1/payment_intents").await["data"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[actix_web::test]
async fn a_renewal_that_needs_the_holder_waits_past_due() {
    let shop = Shop::open().await;
    let (clock, _, made) = renewing_with(&shop, NEEDS_3DS).await;
    let before = shop.events().await;
    shop.advance(&clock, NOW + MONTH + 3600).await;
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "past_due");
    let told = shop.told(before).await;
    assert!(
        told.contains(&"invoice.payment_action_required".to_owned()),
        "{told:?}"
    );
    shop.authenticate(&intent_of(&now["latest_invoice"]), "success")
        .await;
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "active");
    assert_eq!(now["latest_invoice"]["status"], "paid");
}

#[actix_web::test]
async fn nobody_pays_the_first_invoice_within_23_hours() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = shop.price(1999, "").await;
    let form =
        format!("customer={customer}&items[0][price]={price}&payment_behavior=default_incomplete");
    let made = shop.subscription(&form).await;
    let before = shop.events().await;
    shop.stripe.advance(23 * 3600);
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "incomplete_expired");
    assert_eq!(now["latest_invoice"]["status"], "void");
    let told = [
        "customer.subscription.updated",
        "payment_intent.canceled",
        "invoice.updated",
        "invoice.voided",
    ];
    assert_eq!(shop.told(before).await, told);
    let listed = shop.get("/v1/subscriptions?status=ended").await;
    assert_eq!(listed["data"][0]["id"], made["id"]);
}

#[actix_web::test]
async fn a_deleted_customer_has_no_subscriptions() {
    let shop = Shop::open().await;
    let (_, customer, made) = renewing_with(&shop, PAYS).await;
    shop.stripe
        .delete(ALICE, &format!("/v1/customers/{customer}"))
        .await;
    let now = shop.get(&format!("/v1/subscriptions/{}", id(&made))).await;
    assert_eq!(now["status"], "canceled");
}
