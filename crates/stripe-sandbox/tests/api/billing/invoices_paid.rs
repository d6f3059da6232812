//! Invoices that are paid, or not.

use serde_json::Value;

use super::invoices::open_invoice;
use super::shop::{FAILS_LATER, NEEDS_3DS, PAYS, Shop, id, intent_of};
use crate::harness::{ALICE, NOW};

#[actix_web::test]
async fn an_invoice_is_paid_by_the_customers_card() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "").await;
    let before = shop.events().await;
    let open = open_invoice(&shop, &customer, 2000).await;
    let path = format!("/v1/invoices/{}", id(&open));
    let paid = shop.made(&format!("{path}/pay"), "expand[]=payments").await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["amount_paid"], 2000);
    assert_eq!(paid["amount_remaining"], 0);
    assert_eq!(paid["attempted"], true);
    assert_eq!(paid["attempt_count"], 1);
    assert_eq!(paid["status_transitions"]["paid_at"], NOW);
    let payment = &paid["payments"]["data"][0];
    assert_eq!(payment["status"], "paid");
    assert_eq!(payment["amount_paid"], 2000);
    let told = [
        "invoice.created",
        "invoiceitem.created",
        "invoice.updated",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ];
    assert_eq!(shop.told(before).await, told);
    let again = shop.post(&format!("{path}/pay"), "").await;
    assert_eq!(again.body["error"]["message"], "Invoice is already paid");
}

#[actix_web::test]
async fn a_declined_card_leaves_it_open_and_another_pays_it() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(FAILS_LATER, "").await;
    let open = open_invoice(&shop, &customer, 2000).await;
    let path = format!("/v1/invoices/{}", id(&open));
    let before = shop.events().await;
    let declined = shop.post(&format!("{path}/pay"), "").await;
    assert_eq!(declined.error().0, 402);
    assert_eq!(declined.error().1, Some("card_declined"));
    let told = [
        "charge.failed",
        "payment_intent.payment_failed",
        "invoice.updated",
        "invoice.payment_failed",
    ];
    assert_eq!(shop.told(before).await, told);
    let invoice = shop.get(&path).await;
    assert_eq!(invoice["status"], "open");
    assert_eq!(invoice["attempt_count"], 1);
    assert_eq!(invoice["next_payment_attempt"], Value::Null);
    let method = shop.card(&customer, PAYS).await;
    let paid = shop
        .made(&format!("{path}/pay"), &format!("payment_method={method}"))
        .await;
    assert_eq!(paid["status"], "paid");
    // Only the schedule's attempts count after the first.
    assert_eq!(paid["attempt_count"], 1);
}

#[actix_web::test]
async fn a_card_that_needs_its_holder_waits_for_them() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(NEEDS_3DS, "").await;
    let open = open_invoice(&shop, &customer, 2000).await;
    let path = format!("/v1/invoices/{}", id(&open));
    let before = shop.events().await;
    let waits = shop.post(&format!("{path}/pay"), "").await;
    assert_eq!(
        waits.error().1,
        Some("invoice_payment_intent_requires_action")
    );
    let told = [
        "payment_intent.requires_action",
        "invoice.updated",
        "invoice.payment_action_required",
        "invoice.payment_failed",
    ];
    assert_eq!(shop.told(before).await, told);
    let invoice = shop.get(&format!("{path}?expand[]=payments")).await;
    let intent = intent_of(&invoice);
    let control = format!("/payment_intents/{intent}/authenticate");
    let passed = serde_json::json!({ "outcome": "success" });
    shop.stripe.control("POST", &control, passed).await;
    assert_eq!(shop.get(&path).await["status"], "paid");
}

#[actix_web::test]
async fn money_that_came_elsewhere_and_money_that_will_not_come() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let open = open_invoice(&shop, &customer, 2000).await;
    let path = format!("/v1/invoices/{}", id(&open));
    let refused = shop.post(&format!("{path}/pay"), "").await;
    assert_eq!(refused.error().0, 400);
    let before = shop.events().await;
    let lost = shop.made(&format!("{path}/mark_uncollectible"), "").await;
    assert_eq!(lost["status"], "uncollectible");
    let told = shop.told(before).await;
    assert_eq!(told.last().unwrap(), "invoice.marked_uncollectible");
    let paid = shop
        .made(&format!("{path}/pay"), "paid_out_of_band=true")
        .await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["amount_paid_off_stripe"], 2000);
    assert_eq!(
        shop.post(&format!("{path}/mark_uncollectible"), "")
            .await
            .status,
        400
    );
}

#[actix_web::test]
async fn the_balance_pays_first_and_small_amounts_go_onto_it() {
    let shop = Shop::open().await;
    let customer = shop.customer_with(PAYS, "balance=-500").await;
    let open = open_invoice(&shop, &customer, 2000).await;
    assert_eq!(open["starting_balance"], -500);
    assert_eq!(open["ending_balance"], 0);
    assert_eq!(open["amount_due"], 1500);
    assert_eq!(open["total"], 2000);
    let small = open_invoice(&shop, &customer, 20).await;
    assert_eq!(small["status"], "paid");
    assert_eq!(small["amount_due"], 0);
    let path = format!("/v1/customers/{customer}");
    assert_eq!(shop.get(&path).await["balance"], 20);
    let credit = open_invoice(&shop, &customer, -300).await;
    assert_eq!(credit["ending_balance"], -280);
    assert_eq!(shop.get(&path).await["balance"], -280);
}

#[actix_web::test]
async fn an_invoice_that_is_sent_has_a_due_date() {
    let shop = Shop::open().await;
    let customer = shop.customer("").await;
    let form = format!("customer={customer}&collection_method=send_invoice&days_until_due=7");
    let draft = shop.made("/v1/invoices", &form).await;
    let item = format!("customer={customer}&invoice={}&amount=900", id(&draft));
    shop.made("/v1/invoiceitems", &item).await;
    let before = shop.events().await;
    let sent = shop
        .made(&format!("/v1/invoices/{}/send", id(&draft)), "")
        .await;
    assert_eq!(sent["status"], "open");
    assert_eq!(sent["due_date"], NOW + 7 * 86_400);
    let told = [
        "payment_intent.created",
        "invoice.finalized",
        "invoice.sent",
    ];
    assert_eq!(shop.told(before).await, told);
    let due = format!("/v1/invoices?due_date[lt]={}", NOW + 8 * 86_400);
    assert_eq!(shop.get(&due).await["data"].as_array().unwrap().len(), 1);
    let list = shop.stripe.get(ALICE, "/v1/invoices?status=paid").await;
    assert_eq!(list.body["data"], serde_json::json!([]));
}
