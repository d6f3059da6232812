//! Carts that change after their order was placed.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::pay;
use crate::harness::{TestApp, stories};

stories!(
    p3_a_changed_cart_withdraws_its_order,
    p3_a_cart_that_is_being_paid_stays_as_it_is,
    p3_changes_and_orders_at_once_end_in_one_payable_order,
);

async fn p3_a_changed_cart_withdraws_its_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.create_cart(&store).await;
    let first = app.order_cart(&store, &cart).await.expect(201);
    let old = pay(app, &store, &first).await.expect(201);
    app.change_cart(&store, &cart, &mug, 2).await.expect(200);
    let second = app.order_cart(&store, &cart).await.expect(201);
    assert_eq!(
        (&second["amount"], &second["status"]),
        (&798.into(), &"pending".into())
    );
    let new = pay(app, &store, &second).await.expect(201);
    assert_eq!(new["amount"], 798);
    let intents = app.intents_at_stripe(&store).await;
    let status =
        |id: &Value| intents.iter().find(|intent| intent["id"] == *id).unwrap()["status"].clone();
    assert_eq!(
        (intents.len(), status(&old["id"]), status(&new["id"])),
        (2, "canceled".into(), "requires_payment_method".into())
    );
    pay(app, &store, &first)
        .await
        .expect_error(409, "order_cancelled");
    let withdrawn = app.order(&store, first["id"].as_str().unwrap()).await;
    assert_eq!(
        (&withdrawn["status"], &withdrawn["payment_status"]),
        (&"cancelled".into(), &"unpaid".into())
    );
    // The cancellation's own webhook changes nothing.
    app.deliver(&store, "payment_intent.canceled", 2).await;
    app.run_work().await;
    assert_eq!(
        app.order(&store, first["id"].as_str().unwrap()).await["status"],
        "cancelled"
    );
    app.pay(new["id"].as_str().unwrap(), "pm_card_visa").await;
    app.deliver(&store, "payment_intent.succeeded", 1).await;
    app.run_work().await;
    let paid = app.order(&store, second["id"].as_str().unwrap()).await;
    assert_eq!(
        (&paid["status"], &paid["payment_status"]),
        (&"confirmed".into(), &"paid".into())
    );
}

async fn p3_a_cart_that_is_being_paid_stays_as_it_is(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(&store, json!({ "name": "Mug", "unit_amount": 399 }))
        .await;
    let cart = app.create_cart(&store).await;
    let order = app.order_cart(&store, &cart).await.expect(201);
    let token = order["order_token"].as_str().unwrap();
    let body = json!({ "order_id": order["id"] });
    let intent = app
        .store_post(&store, "/payment-intents", &body)
        .bearer(token)
        .send()
        .await
        .expect(201);
    // Paid at Stripe, and we do not know it yet.
    app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
        .await;
    app.change_cart(&store, &cart, &mug, 1).await.expect(200);
    app.order_cart(&store, &cart)
        .await
        .expect_error(409, "cart_locked");
    let paid = app.order(&store, order["id"].as_str().unwrap()).await;
    assert_eq!(
        (&paid["payment_status"], &paid["amount"]),
        (&"paid".into(), &1250.into()),
        "the money was noticed"
    );
    assert_eq!(
        (
            app.count("orders").await,
            app.intents_at_stripe(&store).await.len()
        ),
        (1, 1)
    );
}

async fn p3_changes_and_orders_at_once_end_in_one_payable_order(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let mug = app
        .create_product(
            &store,
            json!({ "name": "Mug", "unit_amount": 399, "stock": 1_000 }),
        )
        .await;
    let cart = app.cart_of(&store, &mug, 1).await;
    let (buyer, mug_id, cart_id) = (&store, &mug, &cart);
    let step = |round: u32| async move {
        let quantity = 1 + round % 5;
        let changed = app
            .patiently(|| app.change_cart(buyer, cart_id, mug_id, quantity))
            .await;
        assert!(
            [200, 409].contains(&changed.status.as_u16()),
            "{}",
            changed.text
        );
        let order = app.patiently(|| app.order_cart(buyer, cart_id)).await;
        if order.status.is_success() {
            let placed = order.json();
            let intent = app.patiently(|| pay(app, buyer, &placed)).await;
            assert!(
                [200, 201, 409].contains(&intent.status.as_u16()),
                "{}",
                intent.text
            );
        } else {
            assert_eq!(order.status, 409, "{}", order.text);
        }
    };
    join_all((0..10).map(step)).await;
    let last = app.patiently(|| app.order_cart(&store, &cart)).await;
    assert!(last.status.is_success(), "{}", last.text);
    let last = last.json();
    let intent = app.patiently(|| pay(app, &store, &last)).await;
    assert!(intent.status.is_success(), "{}", intent.text);
    let intent = intent.json();
    let cart = app
        .store_get(&store, &format!("/carts/{cart}"))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&last["amount"], &intent["amount"]),
        (&cart["subtotal"], &cart["subtotal"])
    );
    let open = app
        .database
        .raw("SELECT id FROM orders WHERE status <> 'cancelled'")
        .await
        .unwrap();
    assert_eq!(open.len(), 1, "one order of the cart can be paid");
    let payable: Vec<Value> = app
        .intents_at_stripe(&store)
        .await
        .into_iter()
        .filter(|intent| intent["status"] != "canceled")
        .collect();
    assert_eq!(payable.len(), 1, "{payable:?}");
    assert_eq!(payable[0]["id"], intent["id"]);
    let pieces = cart["items"][0]["quantity"].as_i64().unwrap();
    assert_eq!(
        app.stock(&store, &mug).await,
        1_000 - pieces,
        "withdrawn orders gave theirs back"
    );
}
