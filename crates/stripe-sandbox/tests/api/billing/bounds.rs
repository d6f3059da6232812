//! Amounts that nobody can be charged are refused, and leave nothing behind.

use super::shop::{PAYS, Shop, id};

const TOO_LARGE: Option<&str> = Some("amount_too_large");

#[actix_web::test]
async fn a_price_times_a_quantity_has_a_bound() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let price = "currency=eur&unit_amount=99999999&product_data[name]=Gold";
    let price = id(&shop.made("/v1/prices", price).await);
    for by in [
        format!("pricing[price]={price}"),
        "unit_amount_decimal=-999999999".to_owned(),
    ] {
        let form = format!("customer={customer}&currency=eur&quantity=1000000000&{by}");
        let refused = shop.post("/v1/invoiceitems", &form).await;
        assert_eq!(refused.error(), (400, TOO_LARGE, Some("quantity")), "{by}");
    }
    // A number alone is refused for what it is.
    for balance in [i64::MAX, i64::MIN] {
        let form = format!("balance={balance}");
        let refused = shop.post("/v1/customers", &form).await;
        assert_eq!(refused.error().2, Some("balance"));
    }
}

#[actix_web::test]
async fn an_invoice_that_cannot_be_charged_stays_a_draft() {
    let shop = Shop::open().await;
    let customer = shop.customer("balance=999999999999").await;
    let item = format!("customer={customer}&currency=eur&amount=999999999999");
    shop.made("/v1/invoiceitems", &item).await;
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let draft = shop.made("/v1/invoices", &form).await;
    assert_eq!(draft["amount_due"], 2 * 999_999_999_999_i64);
    let path = format!("/v1/invoices/{}", id(&draft));
    for action in ["finalize", "pay"] {
        let refused = shop.post(&format!("{path}/{action}"), "").await;
        assert_eq!(refused.error().1, TOO_LARGE, "{action}");
    }
    let draft = shop.get(&path).await;
    assert_eq!(draft["status"], "draft");
    let customer = shop.get(&format!("/v1/customers/{customer}")).await;
    assert_eq!(customer["balance"], 999_999_999_999_i64);
}

#[actix_web::test]
async fn a_subscription_that_cannot_be_charged_is_not_made() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let price = shop.price(99_999_999, "").await;
    let before = shop.events().await;
    for quantity in [2, 1_000_000_000] {
        let form =
            format!("customer={customer}&items[0][price]={price}&items[0][quantity]={quantity}");
        let refused = shop.post("/v1/subscriptions", &form).await;
        assert_eq!(refused.error().1, TOO_LARGE, "{quantity}");
    }
    assert_eq!(shop.events().await, before);
}
