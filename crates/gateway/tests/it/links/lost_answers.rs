//! R1, P13: Stripe's answers that are lost after their effect, and gateways that die in between: the money is taken once, for one
//! order, and nobody has to look.

use db::payment_links::{self, Claimer};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{ConnectedStore, Link, TestApp, stories};

stories!(
    r1_a_link_whose_calls_are_lost_is_paid_once,
    r1_making_a_link_again_after_a_lost_answer_makes_one_payment,
    p13_a_link_that_was_left_half_way_is_completed_again,
);

/// One order, paid once, and as much of it at Stripe.
async fn assert_paid_once(app: &TestApp, store: &ConnectedStore, link: &Link, what: &str) {
    let at_stripe = app.intent_at_stripe(store, &link.intent).await;
    assert_eq!(
        (&at_stripe["status"], &at_stripe["amount_received"]),
        (&json!("succeeded"), &json!(1250)),
        "{what}"
    );
    let sql = format!(
        "SELECT order_id FROM payments WHERE payment_intent_id = '{}'",
        link.intent
    );
    let order = app.database.raw(&sql).await.unwrap()[0][0].clone();
    let order = order.unwrap_or_else(|| panic!("{what}: no order"));
    assert_eq!(app.recorded(&order).await.1, "paid", "{what}");
    assert_eq!(app.times_paid(&order).await, 1, "{what}");
    assert_eq!(app.link_status(store, link).await, "completed", "{what}");
    app.complete_link(&link.token, &link.intent)
        .await
        .expect_error(410, "link_used");
}

async fn r1_a_link_whose_calls_are_lost_is_paid_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for (kind, times) in [
        ("after_effect_timeout", 1),
        ("after_effect_reset", 1),
        ("after_effect_500_kept", 1),
        ("truncated_200", 1),
        ("503", 3),
    ] {
        // Reading the payment, taking its money, and reading it again.
        for skipped in 0..3 {
            let what = format!("{kind} at call {skipped}");
            let cart = app.create_cart(&store).await;
            let link = app.paid_link(&store, &cart).await;
            let path = format!("/v1/payment_intents/{}", link.intent);
            let (method, path) = match skipped {
                1 => ("POST", format!("{path}/capture")),
                _ => ("GET", path),
            };
            app.fault(
                json!({ "path_prefix": path, "method": method, "kind": kind, "times": times }),
            )
            .await;
            let reply = if skipped == 2 {
                app.link_page(&link.token, "?back=1").await
            } else {
                app.complete_link(&link.token, &link.intent).await
            };
            let status = reply.status.as_u16();
            assert!(matches!(status, 200 | 502 | 504), "{what}: {}", reply.text);
            // Nobody comes back: Stripe tells us, and our own work does the rest.
            app.wait_s(61);
            app.deliver(&store, "payment_intent.amount_capturable_updated", 1)
                .await;
            app.run_work().await;
            app.run_links().await;
            app.run_actions().await;
            assert_paid_once(app, &store, &link, &what).await;
        }
    }
}

async fn r1_making_a_link_again_after_a_lost_answer_makes_one_payment(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for kind in ["after_effect_timeout", "truncated_200"] {
        let before = app.intents_at_stripe(&store).await.len();
        let cart = app.create_cart(&store).await;
        app.fault(json!({ "path_prefix": "/v1/payment_intents", "method": "POST", "kind": kind }))
            .await;
        let body = TestApp::link_body(&cart);
        let lost = app.store_post(&store, "/payment-links", &body).send().await;
        if lost.status == 201 {
            // It was asked again at once, under the same key.
            let url = lost.json()["payment_url"].as_str().unwrap().to_owned();
            app.keep_token(url.rsplit('/').next().unwrap());
        }
        let link = app.paid_link(&store, &cart).await;
        assert_eq!(
            app.intents_at_stripe(&store).await.len(),
            before + 1,
            "{kind}"
        );
        app.complete_link(&link.token, &link.intent)
            .await
            .expect(200);
        assert_paid_once(app, &store, &link, kind).await;
    }
}

/// Takes a link as a gateway does that dies then.
async fn take_and_die(app: &TestApp, link: &Link) {
    let hash = gateway::guards::sha256_hex(&link.token);
    let mut tx = app.app.db.begin().await.unwrap();
    let row = payment_links::find_by_token(&mut tx, &hash)
        .await
        .unwrap()
        .unwrap();
    let now = app.clock.now();
    let until = now + SignedDuration::from_mins(1);
    let claimer = Claimer::Holder;
    let taken = payment_links::claim(&mut tx, row.store_id, row.id, claimer, until, now).await;
    assert!(taken.unwrap());
    tx.commit().await.unwrap();
}

async fn p13_a_link_that_was_left_half_way_is_completed_again(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for had_its_order in [false, true] {
        for expired_meanwhile in [false, true] {
            let what = format!("order: {had_its_order}, expired: {expired_meanwhile}");
            let cart = app.create_cart(&store).await;
            let link = app.paid_link(&store, &cart).await;
            if expired_meanwhile {
                app.wait_s(30 * 60 - 1);
            }
            take_and_die(app, &link).await;
            let mut order = None;
            if had_its_order {
                let body = json!({ "cart_id": cart, "payment_reference": link.intent });
                let reply = app.store_post(&store, "/orders", &body).send().await;
                order = Some(reply.expect(201)["id"].clone());
            }
            let held = app.complete_link(&link.token, &link.intent).await;
            held.expect_error(409, "link_busy");
            app.show_link(&link.token)
                .await
                .expect_error(409, "link_busy");
            assert_eq!(app.link_status(&store, &link).await, "completing", "{what}");
            app.run_links().await;
            assert_eq!(app.link_status(&store, &link).await, "completing", "{what}");
            app.wait_s(60);
            let done = app
                .complete_link(&link.token, &link.intent)
                .await
                .expect(200);
            if let Some(order) = order {
                assert_eq!(done["order_id"], order, "{what}: the same one");
            }
            assert_paid_once(app, &store, &link, &what).await;
        }
    }
    assert_eq!(app.count("orders").await, 4);
}
