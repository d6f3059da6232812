//! Where the shopper lands afterwards: what our record says, brought up to Stripe's, whatever the query claims.

use jiff::SignedDuration;

use super::{Visit, check_page};
use crate::harness::{TestApp, stories};

stories!(
    p12_a_typed_return_shows_nothing_paid,
    p12_the_return_itself_finds_the_payment,
    a_declined_payment_can_be_tried_again,
    a_pay_first_checkout_shows_its_order,
    an_outcome_is_shown_for_a_day,
    a_cancelled_payment_says_so,
);

/// The one state that the page shows.
fn state(html: &str) -> &str {
    let states = ["paid", "processing", "failed", "unknown"];
    let mut shown = states
        .into_iter()
        .filter(|state| html.contains(&format!("data-state=\"{state}\">")));
    let state = shown.next().unwrap();
    assert_eq!(shown.next(), None, "one state at a time");
    state
}

async fn result(app: &TestApp, query: &str) -> crate::harness::Reply {
    let page = app
        .http
        .get(&format!("/payment/success{query}"))
        .send()
        .await;
    page.expect(200);
    check_page(&page);
    page
}

async fn p12_a_typed_return_shows_nothing_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let visit = Visit::begin(app, &store).await;
    let forged = "redirect_status=succeeded&payment_intent=pi_FAKE&payment_intent_client_secret=pi_FAKE_secret_FAKE";
    let order = visit.order["id"].as_str().unwrap();
    for query in [
        String::new(),
        format!("?{forged}"),
        format!("?checkout=token&{forged}"),
        format!("?checkout=&{forged}"),
        format!("?checkout={order}&{forged}"),
        format!("?order_id={order}&{forged}"),
    ] {
        let page = result(app, &query).await;
        assert_eq!(state(&page.text), "unknown", "{query}");
        assert!(
            !page.text.contains("€12.50") && !page.text.contains("Coffee"),
            "{query}"
        );
    }
    let page = result(app, &format!("?checkout={}&{forged}", visit.token)).await;
    assert_eq!(state(&page.text), "processing", "our record decides");
    assert_eq!(app.order(&store, order).await["payment_status"], "unpaid");
    let cart = app.create_cart(&store).await;
    let untouched = app.open_checkout(&store, &cart).await;
    let page = result(app, &format!("?checkout={untouched}&{forged}")).await;
    assert_eq!(state(&page.text), "unknown", "nothing was ordered");
}

async fn p12_the_return_itself_finds_the_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let visit = Visit::begin(app, &store).await;
    let id = visit.order["id"].as_str().unwrap();
    app.pay(&visit.intent, "pm_card_visa").await;
    // No webhook has come, and the shopper's browser says that it failed.
    let query = format!("?checkout={}&redirect_status=failed", visit.token);
    let page = result(app, &query).await;
    assert_eq!(state(&page.text), "paid");
    assert!(page.text.contains("€12.50") && page.text.contains("Coffee"));
    assert!(page.text.contains(visit.order["number"].as_str().unwrap()));
    let order = app.order(&store, id).await;
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&"confirmed".into(), &"paid".into())
    );
    app.deliver(&store, "payment_intent.succeeded", 3).await;
    app.run_work().await;
    assert_eq!(state(&result(app, &query).await.text), "paid");
    assert_eq!(app.times_paid(id).await, 1);
}

async fn a_declined_payment_can_be_tried_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let visit = Visit::begin(app, &store).await;
    app.pay(&visit.intent, "pm_card_visa_chargeDeclined").await;
    let query = format!("?checkout={}&redirect_status=succeeded", visit.token);
    let page = result(app, &query).await;
    assert_eq!(state(&page.text), "failed");
    assert!(
        page.text
            .contains(&format!("href=\"/checkout/{}\"", visit.token)),
        "a way to try again"
    );
    app.http
        .get(&format!("/checkout/{}", visit.token))
        .send()
        .await
        .expect(200);
    app.pay(&visit.intent, "pm_card_visa").await;
    assert_eq!(state(&result(app, &query).await.text), "paid");
    assert_eq!(app.times_paid(visit.order["id"].as_str().unwrap()).await, 1);
}

async fn a_pay_first_checkout_shows_its_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let token = app.open_checkout(&store, &cart).await;
    let intent = app.prepay(&store, &cart, &token).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.pay(&intent, "pm_card_visa").await;
    let query = format!("?checkout={token}");
    assert_eq!(
        state(&result(app, &query).await.text),
        "unknown",
        "authorised, but nothing is ordered yet"
    );
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    let page = result(app, &query).await;
    assert_eq!(state(&page.text), "paid");
    assert!(page.text.contains(order["number"].as_str().unwrap()));
}

async fn an_outcome_is_shown_for_a_day(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let visit = Visit::begin(app, &store).await;
    app.pay(&visit.intent, "pm_card_visa").await;
    app.clock.advance(SignedDuration::from_mins(31));
    let query = format!("?checkout={}", visit.token);
    assert_eq!(
        state(&result(app, &query).await.text),
        "paid",
        "the bank's page took long"
    );
    app.clock.advance(SignedDuration::from_hours(24));
    let late = result(app, &query).await;
    assert_eq!(state(&late.text), "unknown");
    assert!(!late.text.contains("€12.50"));
}

async fn a_cancelled_payment_says_so(app: &TestApp) {
    let page = app
        .http
        .get("/payment/cancel?redirect_status=succeeded")
        .send()
        .await;
    page.expect(200);
    check_page(&page);
    assert!(page.text.contains("Payment cancelled") && page.text.contains("Nothing was charged"));
}
