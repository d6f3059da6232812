//! The pages that invoices and charges link to.

use super::invoices::open_invoice;
use super::shop::{PAYS, Shop, id};
use crate::harness::{ALICE, Reply};

async fn look(shop: &Shop, address: &serde_json::Value) -> Reply {
    let address = address.as_str().unwrap();
    let path = address.strip_prefix(&shop.stripe.url()).unwrap();
    let reply = shop.stripe.get(ALICE, path).await;
    assert!(reply.headers.contains_key("content-security-policy"));
    reply
}

#[actix_web::test]
async fn an_invoice_and_its_receipt_can_be_looked_at() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let item = format!("customer={customer}&currency=eur&amount=500&description=<b>Tea");
    shop.made("/v1/invoiceitems", &item).await;
    let form = format!("customer={customer}&pending_invoice_items_behavior=include");
    let draft = shop.made("/v1/invoices", &form).await;
    let path = format!("/v1/invoices/{}", id(&draft));
    let paid = shop.made(&format!("{path}/pay"), "").await;
    for link in ["hosted_invoice_url", "invoice_pdf"] {
        let page = look(&shop, &paid[link]).await;
        assert_eq!(page.status, 200, "{link}");
        let text = page.body.as_str().unwrap();
        for shown in [
            paid["number"].as_str().unwrap(),
            "&lt;b&gt;Tea",
            "€5.00",
            "paid",
        ] {
            assert!(text.contains(shown), "{shown}");
        }
    }
    let charges = shop.get("/v1/charges").await;
    let receipt = look(&shop, &charges["data"][0]["receipt_url"]).await;
    assert_eq!(receipt.status, 200);
    let text = receipt.body.as_str().unwrap();
    assert!(text.contains("€5.00") && text.contains("ending in 4242"));
    let open = open_invoice(&shop, &customer, 700).await;
    let mut wrong = open["hosted_invoice_url"].as_str().unwrap().to_owned();
    wrong.push('x');
    assert_eq!(look(&shop, &wrong.into()).await.status, 404);
}
