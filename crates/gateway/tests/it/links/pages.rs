//! The page of a link, state by state.

use serde_json::json;

use crate::harness::{Reply, TestApp, stories};
use crate::pages::check_page;

stories!(
    p14_a_links_page_shows_what_is_paid_and_no_address,
    p12_coming_back_makes_the_order,
    p12_a_page_that_does_not_know_yet_says_so,
    a_links_page_says_why_it_cannot_be_paid,
    p14_what_was_typed_into_the_address_proves_nothing,
);

#[track_caller]
fn assert_shows(page: &Reply, status: u16, text: &str) {
    assert_eq!(page.status, status, "{}", page.text);
    assert!(page.text.contains(text), "{text}: {}", page.text);
    check_page(page);
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
}

async fn p14_a_links_page_shows_what_is_paid_and_no_address(app: &TestApp) {
    let store = app.connected_store("Coffee & Söhne <b>").await;
    let product = json!({ "name": "Beans", "unit_amount": 1250 });
    let product = app.create_product(&store, product).await;
    let cart = app.cart_of(&store, &product, 2).await;
    let link = app.create_link(&store, &cart).await;
    let asked = app.stripe_requests().await.len();
    let page = app.link_page(&link.token, "").await;
    assert_shows(&page, 200, "2 × €12.50");
    assert!(page.text.contains("€25.00") && page.text.contains("TEST"));
    assert!(
        page.text.contains("Coffee &#38; Söhne &#60;b&#62;"),
        "{}",
        page.text
    );
    for private in [
        "Hidden Street",
        "Lovelace",
        "Berlin",
        "client_secret",
        &link.intent,
        &store.keys.secret,
    ] {
        assert!(!page.text.contains(private), "{private}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
    assert_eq!(
        app.stripe_requests().await.len(),
        asked,
        "opening it asks nobody"
    );
}

async fn p12_coming_back_makes_the_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    for query in [
        "?back=1&payment_intent=pi_1&redirect_status=succeeded",
        "",
        "?back=1",
    ] {
        let page = app.link_page(&link.token, query).await;
        assert_shows(&page, 200, r#"<div class="stack" data-state="paid">"#);
        assert!(page.text.contains("€12.50"));
    }
    assert_eq!(app.count("orders").await, 1);
    let at_stripe = app.intent_at_stripe(&store, &link.intent).await;
    assert_eq!(at_stripe["status"], "succeeded");
    let again = app.complete_link(&link.token, &link.intent).await;
    again.expect_error(410, "link_used");
}

async fn p12_a_page_that_does_not_know_yet_says_so(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.paid_link(&store, &cart).await;
    let waiting = r#"<div class="stack" data-state="processing">"#;
    app.fault(json!({ "path_prefix": "/v1/payment_intents", "kind": "503", "times": 3 }))
        .await;
    let page = app.link_page(&link.token, "?back=1").await;
    assert_shows(&page, 200, waiting);
    assert!(page.text.contains("/static/payment-status.js"));
    // The money is seen, and what then fails is tried again by itself.
    app.deliver(&store, "payment_intent.amount_capturable_updated", 1)
        .await;
    app.run_work().await;
    app.fault(json!({ "path_prefix": "/v1/payment_intents", "kind": "503", "times": 3 }))
        .await;
    let page = app.link_page(&link.token, "").await;
    assert_shows(&page, 200, waiting);
    app.wait_s(30);
    app.run_links().await;
    let page = app.link_page(&link.token, "").await;
    assert_shows(&page, 200, r#"data-state="paid">"#);
    assert_eq!(app.count("orders").await, 1);
}

async fn a_links_page_says_why_it_cannot_be_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let print = json!({ "name": "Print", "unit_amount": 5_000, "stock": 1 });
    let print = app.create_product(&store, print).await;
    let carts = [
        app.cart_of(&store, &print, 1).await,
        app.cart_of(&store, &print, 1).await,
        app.cart_of(&store, &print, 1).await,
    ];
    let sold_out = app.paid_link(&store, &carts[0]).await;
    let changed = app.create_link(&store, &carts[1]).await;
    let refused = app.create_link(&store, &carts[2]).await;

    app.pay(&refused.intent, "pm_card_visa_chargeDeclined")
        .await;
    let page = app.link_page(&refused.token, "?back=1").await;
    assert_shows(&page, 200, r#"<div class="stack" data-state="failed">"#);
    assert!(
        page.text
            .contains(&format!("href=\"/pay/{}\"", refused.token))
    );
    app.change_cart(&store, &carts[1], &print, 2)
        .await
        .expect(200);
    let page = app.link_page(&changed.token, "").await;
    assert_shows(&page, 409, "The order has changed");
    let bought = app.create_cart(&store).await;
    app.change_cart(&store, &bought, &print, 1)
        .await
        .expect(200);
    app.order_cart(&store, &bought).await.expect(201);
    let page = app.link_page(&sold_out.token, "?back=1").await;
    assert_shows(&page, 422, "Sold out");
    let page = app.link_page(&sold_out.token, "?back=1").await;
    assert_shows(&page, 410, "This payment link is no longer valid");

    app.fault(json!({ "path_prefix": "/v1/payment_intents", "kind": "401" }))
        .await;
    app.show_link(&refused.token)
        .await
        .expect_error(409, "store_reconnect_needed");
    let page = app.link_page(&refused.token, "").await;
    assert_shows(&page, 409, "Payment is not possible right now");
    app.wait_s(30 * 60);
    let page = app.link_page(&refused.token, "").await;
    assert_shows(&page, 410, "This payment link has expired");
}

async fn p14_what_was_typed_into_the_address_proves_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let link = app.create_link(&store, &cart).await;
    for query in [
        "?redirect_status=succeeded",
        "?back=1&redirect_status=succeeded&payment_intent=pi_1",
    ] {
        let page = app.link_page(&link.token, query).await;
        assert_shows(&page, 200, "id=\"pay-form\"");
    }
    assert_eq!(app.count("orders").await, 0);
    assert_eq!(app.link_status(&store, &link).await, "open");
}
