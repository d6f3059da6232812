//! Invoice items and invoices made by hand.

use serde_json::{Value, json};

use super::shop::{Shop, id};
use crate::harness::{ALICE, NOW};

#[actix_web::test]
async fn a_draft_takes_what_waits_and_counts_it() {
    let shop = Shop::open().await;
    let customer = shop.customer("email=ann@shop.example&name=Ann").await;
    let item =
        format!("customer={customer}&amount=1500&currency=eur&description=Coffee&metadata[a]=b");
    let item = shop.made("/v1/invoiceitems", &item).await;
    assert_eq!(item["invoice"], Value::Null);
    assert_eq!(item["date"], NOW);
    let more = format!("customer={customer}&unit_amount_decimal=250.5&quantity=2&currency=eur");
    assert_eq!(shop.made("/v1/invoiceitems", &more).await["amount"], 501);
    let empty = shop
        .made("/v1/invoices", &format!("customer={customer}"))
        .await;
    assert_eq!(empty["total"], 0);
    let form =
        format!("customer={customer}&pending_invoice_items_behavior=include&description=May");
    let draft = shop.made("/v1/invoices", &form).await;
    assert_eq!(draft["status"], "draft");
    assert_eq!(draft["total"], 2001);
    assert_eq!(draft["amount_due"], 2001);
    assert_eq!(draft["amount_remaining"], 2001);
    assert_eq!(draft["customer_email"], "ann@shop.example");
    assert_eq!(draft["billing_reason"], "manual");
    assert_eq!(draft["auto_advance"], false);
    assert_eq!(draft["number"], Value::Null);
    assert_eq!(draft["lines"]["total_count"], 2);
    let line = &draft["lines"]["data"][0];
    assert_eq!(
        line["parent"]["invoice_item_details"]["invoice_item"],
        item["id"]
    );
    assert_eq!(line["metadata"], json!({ "a": "b" }));
    let path = format!("/v1/invoiceitems?invoice={}", id(&draft));
    assert_eq!(shop.get(&path).await["data"].as_array().unwrap().len(), 2);
    let lines = shop
        .get(&format!("/v1/invoices/{}/lines?limit=1", id(&draft)))
        .await;
    assert_eq!(lines["has_more"], true);
}

#[actix_web::test]
async fn an_item_can_be_changed_and_removed_while_its_invoice_is_a_draft() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let draft = shop
        .made("/v1/invoices", &format!("customer={customer}&currency=eur"))
        .await;
    let path = format!("/v1/invoices/{}", id(&draft));
    let form = format!("customer={customer}&invoice={}&amount=700", id(&draft));
    let item = shop.made("/v1/invoiceitems", &form).await;
    let item_path = format!("/v1/invoiceitems/{}", id(&item));
    shop.made(&item_path, "amount=900&description=Tea").await;
    let invoice = shop.get(&path).await;
    assert_eq!(invoice["total"], 900);
    assert_eq!(invoice["lines"]["data"][0]["description"], "Tea");
    let gone = shop.stripe.delete(ALICE, &item_path).await;
    assert_eq!(
        gone.body,
        json!({ "id": id(&item), "object": "invoiceitem", "deleted": true })
    );
    assert_eq!(shop.get(&path).await["total"], 0);
    let form = format!(
        "customer={customer}&invoice={}&amount=700&currency=usd",
        id(&draft)
    );
    assert_eq!(
        shop.post("/v1/invoiceitems", &form).await.error().2,
        Some("currency")
    );
}

#[actix_web::test]
async fn finalizing_gives_a_number_links_and_a_payment() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    for sequence in 1..=2 {
        let invoice = open_invoice(&shop, &customer, 2000).await;
        let prefix = shop.get(&format!("/v1/customers/{customer}")).await["invoice_prefix"].clone();
        let number = format!("{}-000{sequence}", prefix.as_str().unwrap());
        assert_eq!(invoice["number"], number);
        assert_eq!(invoice["status"], "open");
        assert_eq!(invoice["status_transitions"]["finalized_at"], NOW);
        assert!(
            invoice["hosted_invoice_url"]
                .as_str()
                .unwrap()
                .starts_with("http")
        );
        assert!(invoice.get("confirmation_secret").is_none());
        let path = format!(
            "/v1/invoices/{}?expand[]=confirmation_secret&expand[]=payments.data.payment.payment_intent",
            id(&invoice)
        );
        let expanded = shop.get(&path).await;
        let payment = &expanded["payments"]["data"][0];
        assert_eq!(payment["status"], "open");
        assert_eq!(payment["payment"]["payment_intent"]["amount"], 2000);
        let secret = &payment["payment"]["payment_intent"]["client_secret"];
        assert_eq!(&expanded["confirmation_secret"]["client_secret"], secret);
        let again = format!("/v1/invoices/{}/finalize", id(&invoice));
        assert_eq!(shop.post(&again, "").await.status, 400);
        let fixed = format!("/v1/invoices/{}", id(&invoice));
        let refused = shop.post(&fixed, "description=late").await;
        assert_eq!(refused.error().1, Some("invoice_not_editable"));
        shop.made(&fixed, "metadata[a]=b").await;
    }
}

#[actix_web::test]
async fn lines_of_a_draft_are_added_changed_and_removed() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let draft = shop
        .made("/v1/invoices", &format!("customer={customer}&currency=eur"))
        .await;
    let path = format!("/v1/invoices/{}", id(&draft));
    let form =
        "lines[0][amount]=500&lines[0][description]=A&lines[1][amount]=300&invoice_metadata[x]=y";
    let two = shop.made(&format!("{path}/add_lines"), form).await;
    assert_eq!(two["total"], 800);
    assert_eq!(two["metadata"], json!({ "x": "y" }));
    let line = id(&two["lines"]["data"][0]);
    let changed = shop
        .made(&format!("{path}/lines/{line}"), "amount=600")
        .await;
    assert_eq!(changed["amount"], 600);
    let form = format!("lines[0][id]={line}&lines[0][description]=B");
    let changed = shop.made(&format!("{path}/update_lines"), &form).await;
    assert_eq!(changed["lines"]["data"][0]["description"], "B");
    assert_eq!(changed["total"], 900);
    let form = format!("lines[0][id]={line}&lines[0][behavior]=delete");
    assert_eq!(
        shop.made(&format!("{path}/remove_lines"), &form).await["total"],
        300
    );
}

#[actix_web::test]
async fn a_draft_can_be_deleted_and_an_open_invoice_only_voided() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let draft = shop
        .made("/v1/invoices", &format!("customer={customer}"))
        .await;
    let path = format!("/v1/invoices/{}", id(&draft));
    assert_eq!(shop.post(&format!("{path}/void"), "").await.status, 400);
    assert_eq!(shop.stripe.delete(ALICE, &path).await.body["deleted"], true);
    let open = open_invoice(&shop, &customer, 2000).await;
    let path = format!("/v1/invoices/{}", id(&open));
    let refused = shop.stripe.delete(ALICE, &path).await;
    assert_eq!(refused.error().1, Some("invoice_not_editable"));
    let before = shop.events().await;
    let void = shop.made(&format!("{path}/void"), "").await;
    assert_eq!(void["status"], "void");
    assert_eq!(void["status_transitions"]["voided_at"], NOW);
    let told = [
        "payment_intent.canceled",
        "invoice.updated",
        "invoice.voided",
    ];
    assert_eq!(shop.told(before).await, told);
    assert_eq!(shop.post(&format!("{path}/pay"), "").await.status, 400);
}

#[actix_web::test]
async fn what_the_sandbox_has_not_is_unknown() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    for (more, code, param) in [
        (
            "discounts[0][coupon]=SAVE",
            "resource_missing",
            "discounts[0][coupon]",
        ),
        (
            "default_tax_rates[0]=txr_1",
            "resource_missing",
            "default_tax_rates[0]",
        ),
        (
            "default_payment_method=pm_1",
            "resource_missing",
            "default_payment_method",
        ),
        ("currency=xxx", "", "currency"),
        ("collection_method=send_invoice", "", "days_until_due"),
    ] {
        let refused = shop
            .post("/v1/invoices", &format!("customer={customer}&{more}"))
            .await;
        let (status, is_code, is_param) = refused.error();
        assert_eq!(
            (status, is_code.unwrap_or_default(), is_param),
            (400, code, Some(param))
        );
    }
    let refused = shop.post("/v1/invoices", "customer=cus_none").await;
    assert_eq!(
        refused.error(),
        (400, Some("resource_missing"), Some("customer"))
    );
}

/// An open invoice over one line.
pub(super) async fn open_invoice(shop: &Shop, customer: &str, amount: i64) -> Value {
    let form = format!("customer={customer}&currency=eur");
    let draft = shop.made("/v1/invoices", &form).await;
    let form = format!(
        "customer={customer}&invoice={}&amount={amount}&description=Coffee",
        id(&draft)
    );
    shop.made("/v1/invoiceitems", &form).await;
    shop.made(&format!("/v1/invoices/{}/finalize", id(&draft)), "")
        .await
}
