//! The PaymentIntents of invoices: Stripe's own, and those that are attached.

use serde_json::Value;

use super::invoices::open_invoice;
use super::shop::{PAYS, Shop, id, intent_of};
use crate::harness::Reply;

/// A PaymentIntent of the customer, paid if `pays` says so.
async fn payment(shop: &Shop, customer: &str, amount: i64, pays: bool) -> String {
    let method = shop.card(customer, PAYS).await;
    let form = format!(
        "amount={amount}&currency=eur&customer={customer}&payment_method={method}&confirm={pays}&automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
    );
    id(&shop.made("/v1/payment_intents", &form).await)
}

async fn attach(shop: &Shop, invoice: &Value, intent: &str) -> Reply {
    let path = format!("/v1/invoices/{}/attach_payment", id(invoice));
    let form = format!("payment_intent={intent}&expand[]=payments");
    shop.post(&path, &form).await
}

async fn now(shop: &Shop, invoice: &Value) -> Value {
    let path = format!("/v1/invoices/{}?expand[]=payments", id(invoice));
    shop.get(&path).await
}

#[actix_web::test]
async fn what_an_invoice_charges_is_not_changed_through_its_payment() {
    let shop = Shop::open().await;
    let (customer, other) = (shop.customer_with(PAYS, "").await, shop.customer("").await);
    let open = open_invoice(&shop, &customer, 10_000).await;
    let path = format!(
        "/v1/payment_intents/{}",
        intent_of(&now(&shop, &open).await)
    );
    for (name, value) in [
        ("amount", "50"),
        ("currency", "usd"),
        ("customer", other.as_str()),
    ] {
        let refused = shop.post(&path, &format!("{name}={value}")).await;
        assert_eq!(refused.status, 400, "{name}");
        assert_eq!(refused.body["error"]["param"], name);
    }
    let refused = shop.post(&format!("{path}/cancel"), "").await;
    assert_eq!(refused.error().1, Some("payment_intent_unexpected_state"));
    let described = shop.made(&path, "description=Beans").await;
    assert_eq!(described["amount"], 10_000);
    let pay = format!("/v1/invoices/{}/pay", id(&open));
    assert_eq!(shop.made(&pay, "").await["amount_paid"], 10_000);
}

#[actix_web::test]
async fn an_invoice_is_paid_with_what_was_received() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let open = open_invoice(&shop, &customer, 1000).await;
    let part = payment(&shop, &customer, 300, true).await;
    let partly = attach(&shop, &open, &part).await.body;
    assert_eq!(partly["status"], "open");
    assert_eq!(partly["amount_paid"], 300);
    assert_eq!(partly["amount_remaining"], 700);
    let payments = &partly["payments"]["data"];
    assert_eq!(payments[0]["amount_requested"], 700);
    assert_eq!(payments[1]["status"], "paid");
    assert_eq!(payments[1]["amount_paid"], 300);
    let pay = format!("/v1/invoices/{}/pay", id(&open));
    let paid = shop.made(&pay, "").await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["amount_paid"], 1000);
    let default = format!("/v1/payment_intents/{}", intent_of(&partly));
    assert_eq!(shop.get(&default).await["amount_received"], 700);
}

#[actix_web::test]
async fn what_is_too_much_becomes_the_customers_credit() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let open = open_invoice(&shop, &customer, 1000).await;
    let more = payment(&shop, &customer, 1200, true).await;
    let paid = attach(&shop, &open, &more).await.body;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["amount_paid"], 1000);
    assert_eq!(paid["amount_overpaid"], 200);
    // Stripe's own payment of the invoice is needed no more.
    assert_eq!(paid["payments"]["data"][0]["status"], "canceled");
    let path = format!("/v1/customers/{customer}");
    assert_eq!(shop.get(&path).await["balance"], -200);
}

#[actix_web::test]
async fn a_payment_pays_one_invoice_of_its_customer_in_its_currency() {
    let shop = Shop::open().await;
    let (customer, other) = (shop.customer("").await, shop.customer("").await);
    let open = open_invoice(&shop, &customer, 700).await;
    let another = open_invoice(&shop, &customer, 700).await;
    let others = payment(&shop, &other, 700, true).await;
    let dollars = format!("amount=700&currency=usd&customer={customer}");
    let dollars = id(&shop.made("/v1/payment_intents", &dollars).await);
    let nobodys = id(&shop
        .made("/v1/payment_intents", "amount=700&currency=eur")
        .await);
    let own = payment(&shop, &customer, 700, true).await;
    assert_eq!(attach(&shop, &open, &own).await.body["status"], "paid");
    let of_another = intent_of(&now(&shop, &another).await);
    for intent in [others, dollars, nobodys, own, of_another] {
        let refused = attach(&shop, &another, &intent).await;
        assert_eq!(refused.status, 400, "{intent}");
        assert_eq!(refused.error().0, 400);
        assert_eq!(refused.body["error"]["param"], "payment_intent");
    }
    assert_eq!(now(&shop, &another).await["status"], "open");
}

#[actix_web::test]
async fn a_payment_that_succeeds_later_pays_then() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let open = open_invoice(&shop, &customer, 700).await;
    let intent = payment(&shop, &customer, 700, false).await;
    assert_eq!(attach(&shop, &open, &intent).await.body["status"], "open");
    let confirm = format!("/v1/payment_intents/{intent}/confirm");
    shop.made(&confirm, "").await;
    assert_eq!(now(&shop, &open).await["status"], "paid");
}

#[actix_web::test]
async fn a_payment_that_is_captured_in_part_pays_that_part() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let open = open_invoice(&shop, &customer, 700).await;
    let intent = intent_of(&now(&shop, &open).await);
    let method = shop.card(&customer, PAYS).await;
    let path = format!("/v1/payment_intents/{intent}");
    let held = format!("payment_method={method}&capture_method=manual");
    shop.made(&format!("{path}/confirm"), &held).await;
    assert_eq!(now(&shop, &open).await["status"], "open");
    let part = "amount_to_capture=50";
    shop.made(&format!("{path}/capture"), part).await;
    let partly = now(&shop, &open).await;
    assert_eq!(partly["status"], "open");
    assert_eq!(partly["amount_paid"], 50);
    assert_eq!(partly["payments"]["data"][0]["amount_paid"], 50);
}
