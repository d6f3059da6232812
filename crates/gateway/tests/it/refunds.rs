//! Refunds that the store's back end asks for, and those that are made in Stripe's dashboard.

mod dashboard;
mod faults;
mod shuffles;
mod taken_elsewhere;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, PaidOrder, Reply, TestApp, stories};

stories!(
    a_paid_order_is_refunded_in_full,
    parts_are_refunded_until_nothing_is_left,
    p9_never_more_than_was_captured,
    nothing_is_refunded_of_what_was_never_taken,
    what_is_asked_for_has_bounds,
    the_same_name_is_the_same_refund_for_ever,
    refunds_are_listed_newest_first,
    only_the_stores_own_back_end_refunds,
    a_refund_of_a_disputed_payment_is_refused,
    refunding_goes_through_the_account_that_took_the_money,
    a_cancelled_orders_money_goes_back_if_that_is_wanted,
    a_cancelled_orders_refund_is_made_whatever_stripe_does,
    a_dispute_that_may_not_be_read_is_told,
);

/// An order of 12.50 euros that is paid, and known to be.
pub async fn paid(app: &TestApp, store: &ConnectedStore) -> PaidOrder {
    let order = app.place_order(store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    hear(app, store, &order).await;
    assert_eq!(app.recorded(&order.id).await.1, "paid");
    order
}

/// Tells that something happened to the payment, and works on it.
pub(super) async fn hear(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) {
    app.hint(store, "payment_intent.succeeded", &order.intent)
        .await;
    app.run_work().await;
}

/// The store's back end asks for a refund.
pub async fn refund(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    body: Value,
) -> Reply {
    let path = format!("/orders/{}/refunds", order.id);
    app.store_post(store, &path, &body)
        .bearer(&store.api_key)
        .send()
        .await
}

/// Every refund of the order's payment at Stripe: amount and status, newest first.
pub async fn at_stripe(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) -> Vec<Value> {
    app.of_payment_at_stripe(store, "refunds", &order.intent)
        .await
}

/// What of the order's payment is gone at Stripe, and by our record: sums agree to the cent.
pub async fn assert_agrees(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    refunded: i64,
) {
    let is_active =
        |refund: &&Value| refund["status"] != "failed" && refund["status"] != "canceled";
    let all = at_stripe(app, store, order).await;
    let sum: i64 = all
        .iter()
        .filter(is_active)
        .map(|refund| refund["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, refunded, "{all:?}");
    let sql = format!(
        "SELECT refunded_minor FROM payments WHERE payment_intent_id = '{}'",
        order.intent
    );
    let rows = app.database.raw(&sql).await.unwrap();
    assert_eq!(rows[0][0].as_deref(), Some(refunded.to_string().as_str()));
    let seen = app.order(store, &order.id).await;
    assert_eq!(seen["amount_refunded"], refunded, "{seen}");
    let status = match refunded {
        0 => "paid",
        1250 => "refunded",
        _ => "partially_refunded",
    };
    assert_eq!(seen["payment_status"], status, "{seen}");
}

async fn a_paid_order_is_refunded_in_full(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let body = json!({ "reason": "requested_by_customer" });
    let made = refund(app, &store, &order, body).await.expect(201);
    let fields: Vec<&str> = made
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        fields,
        [
            "id",
            "stripe_refund_id",
            "amount",
            "currency",
            "status",
            "reason",
            "created_at"
        ]
    );
    assert_eq!(
        (&made["amount"], &made["currency"], &made["status"]),
        (&json!(1250), &json!("eur"), &json!("succeeded"))
    );
    assert_eq!(made["reason"], "requested_by_customer");
    let theirs = &at_stripe(app, &store, &order).await[0];
    assert_eq!(theirs["id"], made["stripe_refund_id"]);
    assert_eq!(theirs["metadata"]["tillgate_refund_id"], made["id"]);
    assert_eq!(theirs["reason"], "requested_by_customer");
    assert_agrees(app, &store, &order, 1250).await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(seen["refunds"], json!([made]));
    assert_eq!(
        (&seen["disputes"], &seen["attention"]),
        (&json!([]), &json!([]))
    );
    // The order itself stands: it was confirmed, and it was paid once.
    assert_eq!(seen["status"], "confirmed");
    assert_eq!(app.times_paid(&order.id).await, 1);
    // The shopper sees where the money is, and nothing of the merchant's.
    let shown = app
        .store_get(&store, &format!("/orders/{}", order.id))
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(shown["payment_status"], "refunded");
    assert!(shown.get("refunds").is_none(), "{shown}");
    // What Stripe tells of it is no news.
    app.deliver(&store, "charge.refunded", 2).await;
    app.deliver(&store, "refund.created", 2).await;
    app.run_work().await;
    assert_agrees(app, &store, &order, 1250).await;
    assert_eq!(app.count("refunds").await, 1);
    let kinds = kinds(app, &order).await;
    let told: Vec<&str> = kinds
        .iter()
        .map(String::as_str)
        .filter(|kind| kind.starts_with("refund.") || *kind == "order.refunded")
        .collect();
    assert_eq!(
        told,
        ["refund.requested", "refund.succeeded", "order.refunded"]
    );
}

/// The order's story, oldest first.
pub(super) async fn kinds(app: &TestApp, order: &PaidOrder) -> Vec<String> {
    let sql = format!(
        "SELECT kind FROM order_events WHERE order_id = '{}' ORDER BY id",
        order.id
    );
    let rows = app.database.raw(&sql).await.unwrap();
    rows.into_iter()
        .map(|mut row| row.remove(0).unwrap())
        .collect()
}

async fn parts_are_refunded_until_nothing_is_left(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let mut refunded = 0;
    for amount in [1, 1000, 249] {
        let made = refund(app, &store, &order, json!({ "amount": amount })).await;
        let made = made.expect(201);
        assert_eq!(
            (&made["amount"], &made["reason"]),
            (&json!(amount), &Value::Null)
        );
        refunded += amount;
        assert_agrees(app, &store, &order, refunded).await;
    }
    let reply = refund(app, &store, &order, json!({})).await;
    reply.expect_error(422, "refund_too_large");
    let reply = refund(app, &store, &order, json!({ "amount": 1 })).await;
    reply.expect_error(422, "refund_too_large");
    assert_eq!(at_stripe(app, &store, &order).await.len(), 3);
}

async fn p9_never_more_than_was_captured(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    refund(app, &store, &order, json!({ "amount": 1000 }))
        .await
        .expect(201);
    for amount in [251_i64, 1250, 99_999_999] {
        let reply = refund(app, &store, &order, json!({ "amount": amount })).await;
        let error = reply.expect_error(422, "refund_too_large");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains("€2.50 (250)"), "{message}");
        assert_eq!(error["error"]["param"], "amount");
    }
    let rest = refund(app, &store, &order, json!({})).await.expect(201);
    assert_eq!(rest["amount"], 250);
    assert_agrees(app, &store, &order, 1250).await;
}

async fn nothing_is_refunded_of_what_was_never_taken(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let unpaid = app.place_order(&store).await;
    let cart = app.create_cart(&store).await;
    let without = app.order_cart(&store, &cart).await.expect(201);
    for id in [&unpaid.id, without["id"].as_str().unwrap()] {
        let order = PaidOrder {
            id: id.to_owned(),
            ..unpaid.clone()
        };
        let reply = refund(app, &store, &order, json!({})).await;
        reply.expect_error(409, "order_not_refundable");
    }
    // Paid at Stripe, and nobody has heard: it is looked at.
    app.pay(&unpaid.intent, "pm_card_visa").await;
    refund(app, &store, &unpaid, json!({})).await.expect(201);
    assert_agrees(app, &store, &unpaid, 1250).await;
    assert_eq!(app.times_paid(&unpaid.id).await, 1);
}

async fn what_is_asked_for_has_bounds(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let long = "k".repeat(256);
    for (body, code) in [
        (json!({ "amount": 0 }), "invalid_amount"),
        (json!({ "amount": -1 }), "invalid_amount"),
        (json!({ "amount": i64::MIN }), "invalid_amount"),
        (json!({ "amount": i64::MAX }), "invalid_amount"),
        (json!({ "amount": 1.5 }), "invalid_json"),
        (json!({ "amount": "1" }), "invalid_json"),
        (
            json!({ "reason": "expired_uncaptured_charge" }),
            "invalid_value",
        ),
        (json!({ "reason": "" }), "invalid_value"),
        (json!({ "action_key": "" }), "invalid_value"),
        (json!({ "action_key": "a\u{0}" }), "invalid_value"),
        (json!({ "action_key": long }), "invalid_value"),
        (json!({ "amount_minor": 1 }), "invalid_json"),
    ] {
        let reply = refund(app, &store, &order, body).await;
        reply.expect_error(400, code);
    }
    assert_agrees(app, &store, &order, 0).await;
    assert_eq!(app.count("refunds").await, 0);
}

async fn the_same_name_is_the_same_refund_for_ever(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let body = json!({ "amount": 300, "action_key": "return 17" });
    let first = refund(app, &store, &order, body.clone()).await.expect(201);
    app.wait_s(400 * 24 * 3600);
    for same in [body, json!({ "action_key": "return 17" })] {
        let again = refund(app, &store, &order, same).await.expect(200);
        assert_eq!(again, first);
    }
    for other in [
        json!({ "amount": 301, "action_key": "return 17" }),
        json!({ "amount": 300, "action_key": "return 17", "reason": "duplicate" }),
    ] {
        let reply = refund(app, &store, &order, other).await;
        let error = reply.expect_error(409, "refund_key_reused");
        assert_eq!(error["error"]["type"], "idempotency_error");
    }
    assert_agrees(app, &store, &order, 300).await;
    // Another order's refund may have the same name.
    let other = paid(app, &store).await;
    let body = json!({ "amount": 300, "action_key": "return 17" });
    refund(app, &store, &other, body).await.expect(201);
}

async fn refunds_are_listed_newest_first(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let path = format!("/orders/{}/refunds", order.id);
    let list = async |query: &str| {
        app.store_get(&store, &format!("{path}{query}"))
            .bearer(&store.api_key)
            .send()
            .await
            .expect(200)
    };
    assert_eq!(list("").await["data"], json!([]));
    let mut made = Vec::new();
    for amount in [100, 200, 300] {
        app.wait_s(1);
        let reply = refund(app, &store, &order, json!({ "amount": amount })).await;
        made.insert(0, reply.expect(201));
    }
    assert_eq!(
        list("").await,
        json!({ "object": "list", "data": made, "has_more": false })
    );
    let [newest, middle, oldest] = [0, 1, 2].map(|at| made[at]["id"].as_str().unwrap());
    for (query, data, has_more) in [
        ("?limit=2".to_owned(), &made[..2], true),
        (
            format!("?limit=1&starting_after={newest}"),
            &made[1..2],
            true,
        ),
        (format!("?starting_after={middle}"), &made[2..], false),
        (
            format!("?limit=1&ending_before={oldest}"),
            &made[1..2],
            true,
        ),
        (format!("?ending_before={middle}"), &made[..1], false),
        (format!("?starting_after={}", order.id), &made[..0], false),
    ] {
        let page = list(&query).await;
        assert_eq!(page["data"], json!(data), "{query}");
        assert_eq!(page["has_more"], has_more, "{query}");
    }
}

async fn only_the_stores_own_back_end_refunds(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let other = app.connected_store("Tea").await;
    let order = paid(app, &store).await;
    let live = app.create_api_key(&store.id, "live").await;
    let path = format!("/api/v1/stores/{}/orders/{}/refunds", store.id, order.id);
    for method in [Method::GET, Method::POST] {
        for (credential, status, code) in [
            ("", 401, "api_key_invalid"),
            (&order.token, 401, "api_key_invalid"),
            (&other.api_key, 401, "api_key_invalid"),
            ("tgk_test_FAKE", 401, "api_key_invalid"),
            (&live, 404, "resource_missing"),
        ] {
            let request = app.http.request(method.clone(), &path).json(&json!({}));
            let reply = request.bearer(credential).send().await;
            reply.expect_error(status, code);
        }
    }
    // Through the other store's own route the order is not there.
    let reply = refund(app, &other, &order, json!({})).await;
    reply.expect_error(404, "resource_missing");
    assert_agrees(app, &store, &order, 0).await;
    assert_eq!(app.count("refunds").await, 0);
}

async fn a_refund_of_a_disputed_payment_is_refused(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let intent = app.intent_at_stripe(&store, &order.intent).await;
    let charge = intent["latest_charge"].as_str().unwrap();
    app.control(
        Method::POST,
        &format!("/charges/{charge}/dispute"),
        json!({}),
    )
    .await;
    // Nobody has heard of the dispute: Stripe refuses, and it is seen.
    let reply = refund(app, &store, &order, json!({})).await;
    reply.expect_error(409, "order_not_refundable");
    assert_eq!(app.recorded(&order.id).await.1, "disputed");
    let reply = refund(app, &store, &order, json!({ "amount": 1 })).await;
    reply.expect_error(409, "order_not_refundable");
    assert_eq!(app.count("refunds").await, 0);
}

async fn refunding_goes_through_the_account_that_took_the_money(app: &TestApp) {
    let mut store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let next = crate::harness::Keys::fake();
    app.create_account(&next).await;
    app.connect(&store.id, &next, None).await;
    let former = std::mem::replace(&mut store.keys, next);
    refund(app, &store, &order, json!({})).await.expect(201);
    store.keys = former;
    assert_agrees(app, &store, &order, 1250).await;
}

async fn cancel(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, body: Value) -> Reply {
    let path = format!("/orders/{}/cancel", order.id);
    app.store_post(store, &path, &body)
        .bearer(&store.api_key)
        .send()
        .await
}

async fn a_cancelled_orders_money_goes_back_if_that_is_wanted(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    refund(app, &store, &order, json!({ "amount": 250 }))
        .await
        .expect(201);
    let wanted = json!({ "refund": true });
    for _ in 0..2 {
        let reply = cancel(app, &store, &order, wanted.clone())
            .await
            .expect(200);
        assert_eq!(reply["status"], "cancelled");
    }
    assert_agrees(app, &store, &order, 1250).await;
    assert_eq!(at_stripe(app, &store, &order).await.len(), 2);
    assert_eq!(app.order(&store, &order.id).await["attention"], json!([]));

    // Kept at first, and wanted later.
    let order = paid(app, &store).await;
    cancel(app, &store, &order, json!({})).await.expect(200);
    let seen = app.order(&store, &order.id).await;
    assert_eq!(seen["attention"][0]["code"], "cancelled_but_paid");
    cancel(app, &store, &order, wanted).await.expect(200);
    assert_agrees(app, &store, &order, 1250).await;
    assert_eq!(app.order(&store, &order.id).await["attention"], json!([]));
}

async fn a_cancelled_orders_refund_is_made_whatever_stripe_does(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["after_effect_reset", "reset", "429"] {
        let order = paid(app, &store).await;
        app.fault(json!({
            "path_prefix": "/v1/refunds", "method": "POST", "account": store.keys.account_id,
            "times": 20, "kind": kind,
        }))
        .await;
        let reply = cancel(app, &store, &order, json!({ "refund": true })).await;
        assert_eq!(reply.expect(200)["status"], "cancelled", "{kind}");
        app.control(Method::DELETE, "/faults", json!({})).await;
        app.wait_s(120);
        gateway::work::refunds::run_once(&app.app).await.unwrap();
        assert_agrees(app, &store, &order, 1250).await;
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1, "{kind}");
        let seen = app.order(&store, &order.id).await;
        assert_eq!(
            (&seen["status"], &seen["attention"]),
            (&json!("cancelled"), &json!([]))
        );
    }
}

async fn a_dispute_that_may_not_be_read_is_told(app: &TestApp) {
    let mut store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let intent = app.intent_at_stripe(&store, &order.intent).await;
    let charge = intent["latest_charge"].as_str().unwrap();
    let full = store.keys.secret.clone();
    store.keys.secret = crate::harness::Keys::fake().secret.replace("sk_", "rk_");
    app.keep_secret(&store.keys.secret);
    let permissions = json!({
        "account": "read", "payment_intents": "write", "refunds": "write", "events": "read",
    });
    let key = json!({ "account_id": store.keys.account_id, "key": store.keys.secret, "permissions": permissions });
    app.control(Method::POST, "/keys", key).await;
    app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
        .await;
    app.control(
        Method::POST,
        &format!("/charges/{charge}/dispute"),
        json!({}),
    )
    .await;
    app.deliver(&store, "charge.dispute.created", 1).await;
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(seen["payment_status"], "paid");
    assert_eq!(
        (&seen["disputes"], &seen["attention"][0]["code"]),
        (&json!([]), &json!("disputed"))
    );
    // With a key that may, it is known how it stands.
    store.keys.secret = full;
    app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
        .await;
    hear(app, &store, &order).await;
    let seen = app.order(&store, &order.id).await;
    assert_eq!(seen["payment_status"], "disputed");
    assert_eq!(seen["disputes"][0]["status"], "needs_response");
}
