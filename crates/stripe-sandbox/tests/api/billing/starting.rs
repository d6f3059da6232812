//! How subscriptions begin.

use serde_json::{Value, json};

use super::shop::{FAILS_LATER, NEEDS_3DS, PAYS, Shop, id, intent_of};
use crate::harness::{ALICE_PK, NOW};

/// 31 days after `NOW`, which is in September, one month later.
const NEXT_MONTH: i64 = NOW + 30 * 86_400;

#[actix_web::test]
async fn a_subscription_that_is_paid_is_active() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(1999, "").await;
    let before = shop.events().await;
    let form =
        format!("customer={customer}&items[0][price]={price}&items[0][quantity]=2&metadata[a]=b");
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "active");
    assert_eq!(made["currency"], "eur");
    assert_eq!(made["billing_cycle_anchor"], NOW);
    assert_eq!(made["cancel_at_period_end"], false);
    assert!(made.get("current_period_end").is_none());
    let item = &made["items"]["data"][0];
    assert_eq!(item["current_period_start"], NOW);
    assert_eq!(item["current_period_end"], NEXT_MONTH);
    assert_eq!(item["price"]["id"], price);
    assert_eq!(item["plan"]["id"], price);
    assert_eq!(item["quantity"], 2);
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["status"], "paid");
    assert_eq!(invoice["billing_reason"], "subscription_create");
    assert_eq!(invoice["amount_paid"], 3998);
    assert_eq!(
        invoice["parent"]["subscription_details"]["subscription"],
        made["id"]
    );
    assert_eq!(
        invoice["parent"]["subscription_details"]["metadata"],
        json!({ "a": "b" })
    );
    let line = &invoice["lines"]["data"][0];
    assert_eq!(line["description"], "2 × Coffee (at €19.99 / month)");
    assert_eq!(line["pricing"]["price_details"]["price"], price);
    assert_eq!(line["period"], json!({ "end": NEXT_MONTH, "start": NOW }));
    assert_eq!(
        line["parent"]["subscription_item_details"]["subscription_item"],
        item["id"]
    );
    let told = [
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.created",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ];
    assert_eq!(shop.told(before).await, told);
    let path = format!("/v1/customers/{customer}?expand[]=subscriptions");
    assert_eq!(
        shop.get(&path).await["subscriptions"]["data"][0]["id"],
        made["id"]
    );
}

#[actix_web::test]
async fn default_incomplete_waits_for_the_browser() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = shop.price(1999, "").await;
    let before = shop.events().await;
    let form = format!(
        "customer={customer}&items[0][price]={price}&payment_behavior=default_incomplete&payment_settings[save_default_payment_method]=on_subscription&expand[]=latest_invoice.confirmation_secret"
    );
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "incomplete");
    let secret = made["latest_invoice"]["confirmation_secret"]["client_secret"]
        .as_str()
        .unwrap();
    let intent = secret.split("_secret").next().unwrap();
    let told = shop.told(before).await;
    assert_eq!(told.last().unwrap(), "customer.subscription.created");
    let card = "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2040&payment_method_data[card][cvc]=123";
    let path = format!("/v1/payment_intents/{intent}/confirm");
    let form = format!("client_secret={secret}&{card}");
    let paid = shop.stripe.post(ALICE_PK, &path, &form).await;
    assert_eq!(paid.body["status"], "succeeded", "{}", paid.body);
    let now = shop.now(&made).await;
    assert_eq!(now["status"], "active");
    assert_eq!(now["latest_invoice"]["status"], "paid");
    assert_eq!(now["default_payment_method"], paid.body["payment_method"]);
    let told = shop.told(before).await;
    assert!(told.contains(&"customer.subscription.updated".to_owned()));
}

#[actix_web::test]
async fn a_declined_first_payment_leaves_it_incomplete_until_another_card_pays() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(FAILS_LATER, "").await;
    let price = shop.price(1999, "").await;
    let form = format!("customer={customer}&items[0][price]={price}");
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "incomplete");
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["status"], "open");
    assert_eq!(now["latest_invoice"]["next_payment_attempt"], Value::Null);
    let method = shop.card(&customer, PAYS).await;
    let path = format!("/v1/invoices/{}/pay", id(&now["latest_invoice"]));
    shop.made(&path, &format!("payment_method={method}")).await;
    assert_eq!(shop.now(&made).await["status"], "active");
}

#[actix_web::test]
async fn error_if_incomplete_makes_nothing() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(FAILS_LATER, "").await;
    let price = shop.price(1999, "").await;
    let before = shop.events().await;
    let form =
        format!("customer={customer}&items[0][price]={price}&payment_behavior=error_if_incomplete");
    let refused = shop.post("/v1/subscriptions", &form).await;
    assert_eq!(
        (refused.error().0, refused.error().1),
        (402, Some("card_declined"))
    );
    let list = shop.get("/v1/subscriptions?status=all").await;
    assert_eq!(list["data"], json!([]));
    assert_eq!(shop.get("/v1/invoices").await["data"], json!([]));
    let told = [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ];
    assert_eq!(shop.told(before).await, told);
}

#[actix_web::test]
async fn a_card_that_needs_its_holder_makes_it_active_after_the_challenge() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(NEEDS_3DS, "").await;
    let price = shop.price(1999, "").await;
    let before = shop.events().await;
    let form = format!("customer={customer}&items[0][price]={price}");
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "incomplete");
    let told = shop.told(before).await;
    assert!(
        told.contains(&"invoice.payment_action_required".to_owned()),
        "{told:?}"
    );
    let now = shop.now(&made).await;
    shop.authenticate(&intent_of(&now["latest_invoice"]), "success")
        .await;
    assert_eq!(shop.now(&made).await["status"], "active");
}

#[actix_web::test]
async fn what_cannot_be_subscribed_is_refused() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = shop.price(1999, "").await;
    let year = shop.price(1999, "recurring[interval]=year").await;
    let once = id(&shop
        .made(
            "/v1/prices",
            "currency=eur&unit_amount=5&product_data[name]=Mug",
        )
        .await);
    for (form, param) in [
        (String::new(), Some("items")),
        (
            "items[0][price]=price_none".to_owned(),
            Some("items[0][price]"),
        ),
        (format!("items[0][price]={once}"), Some("items[0][price]")),
        (
            format!("items[0][price]={price}&items[1][price]={price}"),
            Some("items"),
        ),
        (
            format!("items[0][price]={price}&items[1][price]={year}"),
            Some("items"),
        ),
        (
            format!("items[0][price]={price}&trial_end=5"),
            Some("trial_end"),
        ),
        (
            format!("items[0][price]={price}&trial_period_days=731"),
            Some("trial_period_days"),
        ),
        (
            format!(
                "items[0][price]={price}&billing_cycle_anchor={}",
                NOW + 86_400 * 60
            ),
            Some("billing_cycle_anchor"),
        ),
        (
            format!("items[0][price]={price}&collection_method=send_invoice"),
            Some("days_until_due"),
        ),
        (
            format!("items[0][price]={price}&discounts[0][coupon]=X"),
            Some("discounts[0][coupon]"),
        ),
        (format!("items[0][price]={price}"), None),
    ] {
        let refused = shop
            .post("/v1/subscriptions", &format!("customer={customer}&{form}"))
            .await;
        assert_eq!(
            (refused.status, refused.error().2),
            (400, param),
            "{form}: {}",
            refused.body
        );
    }
    let refused = shop
        .post(
            "/v1/subscriptions",
            &format!("customer=cus_no&items[0][price]={price}"),
        )
        .await;
    assert_eq!(
        refused.error(),
        (400, Some("resource_missing"), Some("customer"))
    );
}

#[actix_web::test]
async fn an_anchor_ahead_shortens_the_first_period() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(3000, "").await;
    let anchor = NOW + 10 * 86_400;
    let form = format!("customer={customer}&items[0][price]={price}&billing_cycle_anchor={anchor}");
    let made = shop.subscription(&form).await;
    assert_eq!(made["items"]["data"][0]["current_period_end"], anchor);
    let paid = shop.now(&made).await["latest_invoice"]["amount_paid"]
        .as_i64()
        .unwrap();
    assert!((960..=1010).contains(&paid), "{paid}");
    let form = format!("{form}&proration_behavior=none");
    let free = shop.subscription(&form).await;
    assert_eq!(shop.now(&free).await["latest_invoice"]["amount_paid"], 0);
}

#[actix_web::test]
async fn an_invoice_that_is_sent_starts_it_at_once() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = shop.price(3000, "").await;
    let form = format!(
        "customer={customer}&items[0][price]={price}&collection_method=send_invoice&days_until_due=5"
    );
    let made = shop.subscription(&form).await;
    assert_eq!(made["status"], "active");
    let invoice = &shop.now(&made).await["latest_invoice"];
    assert_eq!(invoice["status"], "draft");
    assert_eq!(invoice["automatically_finalizes_at"], NOW + 3600);
    shop.stripe.advance(3600);
    let now = shop.now(&made).await;
    assert_eq!(now["latest_invoice"]["status"], "open");
    assert_eq!(now["latest_invoice"]["due_date"], NOW + 3600 + 5 * 86_400);
    shop.stripe.advance(6 * 86_400);
    assert_eq!(shop.now(&made).await["status"], "past_due");
    let told = shop.told(0).await;
    assert!(told.contains(&"invoice.sent".to_owned()));
    assert!(told.contains(&"invoice.overdue".to_owned()));
}
