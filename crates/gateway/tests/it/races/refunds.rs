//! P9: refunds at the same moment, at one gateway and at two.

use futures_util::future::join_all;
use gateway::refunds::plan::Amount;
use gateway::timeline::Cause;
use serde_json::json;

use super::rounds;
use crate::harness::{TestApp, stories};
use crate::refunds::{assert_agrees, at_stripe, paid, refund};

stories!(
    p9_of_two_refunds_of_the_rest_one_wins,
    p9_many_parts_at_once_are_never_more_than_the_whole,
    p9_the_same_name_at_once_is_one_refund,
    p9_gateways_that_refund_together_refund_once,
);

async fn p9_of_two_refunds_of_the_rest_one_wins(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    for _ in 0..rounds(5) {
        let order = paid(app, &store).await;
        // Each with a name of its own: whoever has to ask again finds the refund that was made at the first call.
        let both = (0..2).map(|racer| {
            let body = json!({ "action_key": format!("racer {racer}") });
            let (store, order) = (&store, &order);
            app.patiently(move || refund(app, store, order, body.clone()))
        });
        let mut statuses: Vec<u16> = join_all(both)
            .await
            .iter()
            .map(|reply| reply.status.as_u16())
            .collect();
        statuses.sort_unstable();
        if statuses == [422, 504] {
            // A busy machine let it wait for Stripe for too long; the worker finds out.
            app.wait_s(61);
            while gateway::work::refunds::run_once(&app.app).await.unwrap() > 0 {}
        } else {
            assert!(matches!(statuses[..], [200 | 201, 422]), "{statuses:?}");
        }
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1);
        assert_agrees(app, &store, &order, 1250).await;
    }
}

async fn p9_many_parts_at_once_are_never_more_than_the_whole(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let body = json!({ "amount": 200 });
    let many = (0..12).map(|_| app.patiently(|| refund(app, &store, &order, body.clone())));
    let replies = join_all(many).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 6);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        reply.expect_error(422, "refund_too_large");
    }
    assert_agrees(app, &store, &order, 1200).await;
}

async fn p9_the_same_name_at_once_is_one_refund(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    let body = json!({ "amount": 100, "action_key": "return 17" });
    let many = (0..8).map(|_| app.patiently(|| refund(app, &store, &order, body.clone())));
    let replies = join_all(many).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1);
    let ids: Vec<_> = replies
        .iter()
        .map(|reply| reply.json()["id"].clone())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_agrees(app, &store, &order, 100).await;
}

async fn p9_gateways_that_refund_together_refund_once(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let second = app.second_gateway().await;
    let store_id = store.id.parse().unwrap();
    for _ in 0..rounds(5) {
        let order = paid(app, &store).await;
        let mut conn = app.app.db.read().await.unwrap();
        let order_id = order.id.parse().unwrap();
        let row = db::orders::find(&mut conn, store_id, order_id).await;
        let row = row.unwrap().unwrap();
        let payment = db::payments::find_open_by_order(&mut conn, store_id, order_id).await;
        let payment = payment.unwrap().unwrap();
        drop(conn);
        let refunding = [&app.app, &second].map(|gateway| {
            let (row, payment) = (&row, &payment);
            async move {
                loop {
                    let done = gateway::refunds::request(
                        gateway,
                        store_id,
                        row,
                        payment,
                        Amount::Rest,
                        None,
                        "tests",
                        None,
                        Cause::Operator,
                    )
                    .await;
                    match done {
                        Err(error) if error.status() == 503 => {}
                        done => return done.is_ok(),
                    }
                }
            }
        });
        let done = join_all(refunding).await;
        assert_eq!(done.iter().filter(|done| **done).count(), 1);
        assert_eq!(at_stripe(app, &store, &order).await.len(), 1);
        assert_agrees(app, &store, &order, 1250).await;
    }
}
