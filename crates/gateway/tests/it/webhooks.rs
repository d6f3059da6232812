//! Stripe's events: what is accepted, what is refused, and that each has its effect once.

use crate::harness::{TestApp, stories};

stories!(a_webhook_marks_the_order_paid);

async fn a_webhook_marks_the_order_paid(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let paid = app.order(&store, &order.id).await;
    assert_eq!((&paid["status"], &paid["payment_status"]), (&"confirmed".into(), &"paid".into()));
    assert_eq!(app.times_paid(&order.id).await, 1);
}
