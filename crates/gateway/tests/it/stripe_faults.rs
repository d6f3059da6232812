//! R1: whatever Stripe or the network does, a payment is made once, and the caller is told what to do next.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{ConnectedStore, Reply, TestApp, stories};

stories!(
    r1_a_passing_failure_is_not_noticed,
    r1_an_effect_whose_answer_was_lost_happens_once,
    r1_a_lasting_failure_is_told_and_mended_by_a_later_call,
    r1_a_500_is_not_asked_for_again_and_charges_once,
    r1_an_answer_that_never_comes_is_504_and_charges_once,
    r1_a_black_hole_is_504_and_nobody_elses_trouble,
    r1_a_capture_whose_answer_was_lost_happens_once,
    r1_a_failed_read_on_the_return_changes_nothing,
    a_refused_key_pauses_its_store_only,
);

/// How often Stripe is asked at most: once and two retries.
const ATTEMPTS: u32 = 3;

struct Shopper {
    order: Value,
    token: String,
}

impl Shopper {
    async fn arrive(app: &TestApp, store: &ConnectedStore) -> Self {
        let cart = app.create_cart(store).await;
        let order = app.order_cart(store, &cart).await.expect(201);
        let token = order["order_token"].as_str().unwrap().to_owned();
        Self {
            order: order["id"].clone(),
            token,
        }
    }

    async fn start_paying(&self, app: &TestApp, store: &ConnectedStore) -> Reply {
        let body = json!({ "order_id": self.order });
        app.store_post(store, "/payment-intents", &body)
            .bearer(&self.token)
            .send()
            .await
    }
}

fn creation_fault(store: &ConnectedStore, kind: &Value, times: u32) -> Value {
    json!({
        "path_prefix": "/v1/payment_intents", "method": "POST", "account": store.keys.account_id,
        "times": times, "kind": kind,
    })
}

/// Each attempt so far asked for the same thing under the same key, which is our payment's own id.
async fn check_creations(app: &TestApp, store: &ConnectedStore) {
    let mut creations = app.intent_creations().await;
    creations.retain(|request| request["account"] == store.keys.account_id);
    let payments = app
        .database
        .raw(&format!(
            "SELECT id FROM payments WHERE store_id = '{}'",
            store.id
        ))
        .await
        .unwrap();
    assert_eq!(payments.len(), 1);
    for request in &creations {
        assert_eq!(
            request["idempotency_key"].as_str(),
            payments[0][0].as_deref()
        );
        assert_eq!(request["params"], creations[0]["params"]);
    }
    assert_eq!(
        app.intents_at_stripe(store).await.len(),
        1,
        "one PaymentIntent"
    );
}

/// An answer about a failure: our envelope in our words, with nothing of Stripe's and no key.
fn check_words(reply: &Reply, store: &ConnectedStore) {
    let code = reply.json()["error"]["code"].as_str().unwrap().to_owned();
    reply.expect_error(reply.status.as_u16(), &code);
    let key_end = &store.keys.secret[store.keys.secret.len() - 6..];
    let stripes = [
        "unknown error",
        "Idempotent Key",
        "rate limits",
        "cannot be accessed",
        "<html",
        key_end,
        "sk_",
        "req_",
    ];
    for words in stripes {
        assert!(!reply.text.contains(words), "{words}: {}", reply.text);
    }
}

async fn r1_a_passing_failure_is_not_noticed(app: &TestApp) {
    for kind in [
        "500",
        "429",
        "409",
        "lock_timeout",
        "html_502",
        "reset",
        "after_effect_500",
        "after_effect_reset",
    ] {
        let store = app.connected_store("Coffee").await;
        let shopper = Shopper::arrive(app, &store).await;
        app.fault(creation_fault(&store, &json!(kind), 1)).await;
        let intent = shopper.start_paying(app, &store).await;
        assert_eq!(intent.status, 201, "{kind}: {}", intent.text);
        check_creations(app, &store).await;
        let again = shopper.start_paying(app, &store).await.expect(200);
        assert_eq!(again["id"], intent.json()["id"], "{kind}");
    }
}

async fn r1_an_effect_whose_answer_was_lost_happens_once(app: &TestApp) {
    for kind in ["after_effect_reset", "truncated_200"] {
        let store = app.connected_store("Coffee").await;
        let shopper = Shopper::arrive(app, &store).await;
        app.fault(creation_fault(&store, &json!(kind), ATTEMPTS))
            .await;
        let lost = shopper.start_paying(app, &store).await;
        assert_eq!(lost.status, 502, "{kind}: {}", lost.text);
        check_words(&lost, &store);
        assert_eq!(
            app.intents_at_stripe(&store).await.len(),
            1,
            "{kind} had its effect"
        );
        app.control(Method::DELETE, "/faults", json!({})).await;
        let intent = shopper.start_paying(app, &store).await.expect(201);
        assert_eq!(
            intent["id"],
            app.intents_at_stripe(&store).await[0]["id"],
            "{kind}"
        );
        check_creations(app, &store).await;
    }
}

async fn r1_a_lasting_failure_is_told_and_mended_by_a_later_call(app: &TestApp) {
    let failures = [
        ("html_502", 502),
        ("reset", 502),
        ("429", 503),
        ("409", 503),
        ("lock_timeout", 503),
    ];
    for (kind, status) in failures {
        let store = app.connected_store("Coffee").await;
        let shopper = Shopper::arrive(app, &store).await;
        app.fault(creation_fault(&store, &json!(kind), ATTEMPTS))
            .await;
        let failed = shopper.start_paying(app, &store).await;
        assert_eq!(failed.status, status, "{kind}: {}", failed.text);
        check_words(&failed, &store);
        assert_eq!(failed.json()["error"]["type"], "api_error", "{kind}");
        if status == 503 {
            assert!(
                failed.header("retry-after").parse::<u64>().unwrap() >= 1,
                "{kind}"
            );
        }
        let attempts = app.intent_creations().await;
        let attempts = attempts
            .iter()
            .filter(|request| request["account"] == store.keys.account_id);
        assert_eq!(attempts.count(), ATTEMPTS as usize, "{kind}: bounded");
        assert_eq!(app.intents_at_stripe(&store).await.len(), 0, "{kind}");
        shopper.start_paying(app, &store).await.expect(201);
        check_creations(app, &store).await;
    }
    let busy = app.connected_store("Coffee").await;
    let shopper = Shopper::arrive(app, &busy).await;
    let mut slow_down = creation_fault(&busy, &json!("429"), ATTEMPTS);
    slow_down["headers"] = json!({ "Retry-After": "7" });
    app.fault(slow_down).await;
    let refused = shopper.start_paying(app, &busy).await;
    refused.expect_error(503, "stripe_rate_limited");
    assert_eq!(refused.header("retry-after"), "7", "Stripe knows best");
}

async fn r1_a_500_is_not_asked_for_again_and_charges_once(app: &TestApp) {
    for kind in ["500", "after_effect_500"] {
        let store = app.connected_store("Coffee").await;
        let shopper = Shopper::arrive(app, &store).await;
        app.fault(creation_fault(&store, &json!(kind), ATTEMPTS))
            .await;
        let failed = shopper.start_paying(app, &store).await;
        failed.expect_error(502, "stripe_error");
        check_words(&failed, &store);
        // Stripe repeats a 500 for as long as it keeps the key, so the next call has a key of its own; of what the
        // first key may have made nobody has the client secret.
        let intent = shopper.start_paying(app, &store).await.expect(201);
        let again = shopper.start_paying(app, &store).await.expect(200);
        assert_eq!(again, intent);
        let mut creations = app.intent_creations().await;
        creations.retain(|request| request["account"] == store.keys.account_id);
        let keys: Vec<_> = creations
            .iter()
            .map(|request| &request["idempotency_key"])
            .collect();
        assert_eq!(keys.len(), 4, "{kind}");
        assert!(
            keys[..3].iter().all(|key| *key == keys[0]) && keys[3] != keys[0],
            "{kind}"
        );
        app.pay(intent["id"].as_str().unwrap(), "pm_card_visa")
            .await;
        app.deliver(&store, "payment_intent.succeeded", 1).await;
        app.run_work().await;
        assert_eq!(app.times_paid(shopper.order.as_str().unwrap()).await, 1);
        let intents = app.intents_at_stripe(&store).await;
        let charged = intents
            .iter()
            .filter(|intent| intent["status"] == "succeeded");
        assert_eq!(charged.count(), 1, "{kind}");
    }
}

async fn r1_an_answer_that_never_comes_is_504_and_charges_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let shopper = Shopper::arrive(app, &store).await;
    app.fault(creation_fault(&store, &json!("after_effect_timeout"), 1))
        .await;
    let late = shopper.start_paying(app, &store).await;
    late.expect_error(504, "stripe_timeout");
    check_words(&late, &store);
    let intent = shopper.start_paying(app, &store).await.expect(201);
    assert_eq!(intent["id"], app.intents_at_stripe(&store).await[0]["id"]);
    check_creations(app, &store).await;
}

async fn r1_a_black_hole_is_504_and_nobody_elses_trouble(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (shopper, neighbour) = (
        Shopper::arrive(app, &store).await,
        Shopper::arrive(app, &other).await,
    );
    app.fault(creation_fault(&store, &json!({ "latency_ms": 60_000 }), 1))
        .await;
    let started = std::time::Instant::now();
    let (late, elsewhere) = tokio::join!(
        async { (shopper.start_paying(app, &store).await, started.elapsed()) },
        async { (neighbour.start_paying(app, &other).await, started.elapsed()) },
    );
    late.0.expect_error(504, "stripe_timeout");
    elsewhere.0.expect(201);
    assert!(elsewhere.1 < late.1, "the neighbour did not wait");
    // The request is still at work at Stripe under its key; whoever asks again is told to wait, not charged twice.
    shopper
        .start_paying(app, &store)
        .await
        .expect_error(503, "stripe_busy");
    assert_eq!(app.intents_at_stripe(&store).await.len(), 0);
}

async fn r1_a_capture_whose_answer_was_lost_happens_once(app: &TestApp) {
    for kind in [
        "after_effect_reset",
        "after_effect_500",
        "500",
        "truncated_200",
    ] {
        let store = app.connected_store("Coffee").await;
        let cart = app.create_cart(&store).await;
        let intent = app.prepaid(&store, &cart).await;
        app.fault(json!({ "path_prefix": format!("/v1/payment_intents/{intent}/capture"), "kind": kind, "times": 1 })).await;
        let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
        assert_eq!(
            (&order["status"], &order["payment_status"]),
            (&"confirmed".into(), &"paid".into()),
            "{kind}"
        );
        let at_stripe = app.intent_at_stripe(&store, &intent).await;
        assert_eq!(at_stripe["amount_received"], 1250, "{kind}");
    }
    // A capture that cannot be done now leaves the order confirmed and its money held; nothing is lost.
    let store = app.connected_store("Coffee").await;
    let cart = app.create_cart(&store).await;
    let intent = app.prepaid(&store, &cart).await;
    app.fault(json!({ "path_prefix": format!("/v1/payment_intents/{intent}/capture"), "kind": "500", "times": ATTEMPTS })).await;
    let order = app.order_prepaid(&store, &cart, &intent).await.expect(201);
    assert_eq!(
        (&order["status"], &order["payment_status"]),
        (&"confirmed".into(), &"authorized".into())
    );
    assert_eq!(
        app.intent_at_stripe(&store, &intent).await["status"],
        "requires_capture"
    );
}

async fn r1_a_failed_read_on_the_return_changes_nothing(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    app.pay(&order.intent, "pm_card_visa").await;
    let path = format!("/payments/{}", order.intent);
    for kind in ["500", "html_502", "reset", "truncated_200"] {
        let times = ATTEMPTS;
        app.fault(json!({ "path_prefix": format!("/v1{}", path.replace("payments", "payment_intents")), "kind": kind, "times": times })).await;
        let unknown = app
            .store_get(&store, &path)
            .bearer(&order.token)
            .send()
            .await
            .expect(200);
        assert_eq!(
            unknown["status"], "requires_payment_method",
            "{kind}: what we knew last"
        );
        assert_eq!(app.times_paid(&order.id).await, 0, "{kind}");
        app.control(Method::DELETE, "/faults", json!({})).await;
    }
    let read = app
        .store_get(&store, &path)
        .bearer(&order.token)
        .send()
        .await
        .expect(200);
    assert_eq!(read["status"], "succeeded");
    assert_eq!(app.times_paid(&order.id).await, 1);
}

async fn a_refused_key_pauses_its_store_only(app: &TestApp) {
    let (store, other) = (
        app.connected_store("Coffee").await,
        app.connected_store("Tea").await,
    );
    let (shopper, neighbour) = (
        Shopper::arrive(app, &store).await,
        Shopper::arrive(app, &other).await,
    );
    app.fault(creation_fault(&store, &json!("401"), 1)).await;
    let refused = shopper.start_paying(app, &store).await;
    refused.expect_error(409, "store_reconnect_needed");
    check_words(&refused, &store);
    // Not asked again with a key that is known to be refused.
    let asked = app.stripe_requests().await.len();
    shopper
        .start_paying(app, &store)
        .await
        .expect_error(409, "store_reconnect_needed");
    assert_eq!(app.stripe_requests().await.len(), asked);
    neighbour.start_paying(app, &other).await.expect(201);
    app.connect(&store.id, &store.keys, Some(&store.webhook_secret))
        .await;
    shopper.start_paying(app, &store).await.expect(201);
    check_creations(app, &store).await;
    // A permission that is missing is told the same way, but the key itself is good.
    app.fault(creation_fault(&store, &json!("403"), 1)).await;
    let limited = app
        .store_post(&store, "/payment-intents", &json!({ "amount": 500 }))
        .bearer(&store.api_key)
        .send()
        .await;
    limited.expect_error(409, "store_reconnect_needed");
    check_words(&limited, &store);
    shopper.start_paying(app, &store).await.expect(200);
}
