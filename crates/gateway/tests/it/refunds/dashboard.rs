//! W8, P10: what is done in Stripe's dashboard and by banks, without us, ends up in our records: however its events arrive,
//! doubled, in the wrong order, at any moment or not at all.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{hear, paid};
use crate::harness::{ConnectedStore, PaidOrder, TestApp, stories};

stories!(
    w8_two_refunds,
    w8_a_refund_that_fails_later,
    w8_a_failed_refund_that_is_made_up_for,
    w8_a_dispute_that_is_won,
    w8_a_dispute_that_is_lost_after_a_refund,
    w8_a_dispute_of_a_part,
    w8_an_open_dispute,
    w8_an_inquiry_moves_nothing,
    w8_refunded_before_anybody_looked,
    captures_and_cancellations_are_mirrored,
    a_preview_tells_the_same,
);

/// Something that happens at Stripe.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Pay,
    Refund(Option<i64>),
    /// The newest refund does not reach the shopper.
    Fail,
    Dispute(Option<i64>),
    Inquire,
    Win,
    Lose,
}

use Step::{Dispute, Fail, Inquire, Lose, Pay, Refund, Win};

/// How we hear of it.
#[derive(Debug, Clone, Copy)]
enum Hearing {
    /// Each event twice, as soon as it is there.
    AtOnce,
    /// All of them twice, at once, the newest first.
    InTheEnd,
    /// Every second step is heard of with all that was missed.
    NowAndThen,
    /// Webhooks are lost; Stripe's list of events is read.
    Reconciled,
}

use Hearing::{AtOnce, InTheEnd, NowAndThen, Reconciled};

async fn w8_two_refunds(app: &TestApp) {
    let life = [Pay, Refund(Some(300)), Refund(None)];
    live(app, &life, "refunded", &[]).await;
}

async fn w8_a_refund_that_fails_later(app: &TestApp) {
    live(app, &[Pay, Refund(None), Fail], "paid", &["refund_failed"]).await;
}

async fn w8_a_failed_refund_that_is_made_up_for(app: &TestApp) {
    let life = [Pay, Refund(Some(300)), Fail, Refund(Some(300))];
    live(app, &life, "partially_refunded", &[]).await;
}

async fn w8_a_dispute_that_is_won(app: &TestApp) {
    live(app, &[Pay, Dispute(None), Win], "paid", &[]).await;
}

async fn w8_a_dispute_that_is_lost_after_a_refund(app: &TestApp) {
    let life = [Pay, Refund(Some(300)), Dispute(None), Lose];
    live(app, &life, "refunded", &[]).await;
}

async fn w8_a_dispute_of_a_part(app: &TestApp) {
    let life = [Pay, Dispute(Some(400)), Lose];
    live(app, &life, "partially_refunded", &[]).await;
}

async fn w8_an_open_dispute(app: &TestApp) {
    let life = [Pay, Refund(Some(300)), Dispute(None)];
    live(app, &life, "disputed", &["disputed"]).await;
}

async fn w8_an_inquiry_moves_nothing(app: &TestApp) {
    live(app, &[Pay, Inquire], "paid", &[]).await;
    live(app, &[Pay, Inquire, Win], "paid", &[]).await;
    live(app, &[Pay, Inquire, Lose], "refunded", &[]).await;
}

async fn w8_refunded_before_anybody_looked(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = app.place_order(&store).await;
    for step in [Pay, Refund(None)] {
        happen(app, &store, &order, step).await;
    }
    hear(app, &store, &order).await;
    assert_eq!(app.times_paid(&order.id).await, 1);
    let seen = app.order(&store, &order.id).await;
    assert_eq!(
        (&seen["status"], &seen["payment_status"]),
        (&json!("confirmed"), &json!("refunded"))
    );
    assert!(seen["paid_at"].is_string(), "{seen}");
}

/// Lives a life in every way of hearing: each ends in the same place, which is where the money is.
async fn live(app: &TestApp, life: &[Step], payment_status: &str, attention: &[&str]) {
    let mut ends = BTreeSet::new();
    for hearing in [AtOnce, InTheEnd, NowAndThen, Reconciled] {
        let store = app.connected_store("Coffee").await;
        let order = app.place_order(&store).await;
        for (number, &step) in life.iter().enumerate() {
            app.wait_s(2);
            happen(app, &store, &order, step).await;
            let listens = match hearing {
                AtOnce => true,
                NowAndThen => number % 2 == 0,
                InTheEnd | Reconciled => false,
            };
            if listens {
                listen(app, &store).await;
            }
        }
        match hearing {
            Reconciled => reconcile(app).await,
            AtOnce | InTheEnd | NowAndThen => listen(app, &store).await,
        }
        let seen = app.order(&store, &order.id).await;
        assert_eq!(seen["payment_status"], payment_status, "{hearing:?} {seen}");
        let codes = codes(&seen);
        assert_eq!(codes, attention, "{hearing:?} {seen}");
        assert_eq!(seen["status"], "confirmed", "{hearing:?}");
        assert_eq!(app.times_paid(&order.id).await, 1, "{hearing:?}");
        assert_mirrored(app, &store, &order, &seen).await;
        let amounts = |list: &Value| {
            list.as_array()
                .unwrap()
                .iter()
                .map(|one| json!([one["amount"], one["status"]]))
                .collect::<Value>()
        };
        let [refunds, disputes] = [&seen["refunds"], &seen["disputes"]].map(amounts);
        ends.insert(json!([refunds, disputes, seen["amount_refunded"]]).to_string());
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
    let open = app
        .inbox_where("state NOT IN ('processed', 'ignored')")
        .await;
    assert!(open.is_empty(), "{open:?}");
}

fn codes(seen: &Value) -> Vec<&str> {
    let attention = seen["attention"].as_array().unwrap().iter();
    attention.map(|one| one["code"].as_str().unwrap()).collect()
}

pub(super) async fn happen(app: &TestApp, store: &ConnectedStore, order: &PaidOrder, step: Step) {
    let act = async |path: String, body: Value| app.control(Method::POST, &path, body).await;
    let newest = async |kind: &str| {
        let all = app.of_payment_at_stripe(store, kind, &order.intent).await;
        all[0]["id"].as_str().unwrap().to_owned()
    };
    match step {
        Pay => {
            app.pay(&order.intent, "pm_card_visa").await;
        }
        Refund(amount) => {
            let path = format!("/payment_intents/{}/refund", order.intent);
            act(path, json!({ "amount": amount })).await;
        }
        Fail => {
            let refund = newest("refunds").await;
            act(format!("/refunds/{refund}/fail"), json!({})).await;
        }
        Dispute(amount) => {
            let charge = charge(app, store, order).await;
            act(
                format!("/charges/{charge}/dispute"),
                json!({ "amount": amount }),
            )
            .await;
        }
        Inquire => {
            let charge = charge(app, store, order).await;
            act(
                format!("/charges/{charge}/dispute"),
                json!({ "inquiry": true }),
            )
            .await;
        }
        Win | Lose => {
            let end = if matches!(step, Win) { "win" } else { "lose" };
            let dispute = newest("disputes").await;
            act(format!("/disputes/{dispute}/{end}"), json!({})).await;
        }
    }
}

async fn charge(app: &TestApp, store: &ConnectedStore, order: &PaidOrder) -> String {
    let intent = app.intent_at_stripe(store, &order.intent).await;
    intent["latest_charge"].as_str().unwrap().to_owned()
}

async fn listen(app: &TestApp, store: &ConnectedStore) {
    let body = json!({ "account": store.keys.account_id, "times": 2, "concurrent": true, "reverse": true });
    app.control(Method::POST, "/deliveries/flush", body).await;
    tokio::join!(app.run_work(), app.run_work());
    // What collided is tried again.
    app.wait_s(300);
    app.run_work().await;
}

async fn reconcile(app: &TestApp) {
    app.clock.advance(SignedDuration::from_mins(6));
    while gateway::work::reconcile::run_once(&app.app).await.unwrap() > 0 {
        app.run_work().await;
    }
    app.run_work().await;
}

/// Our records are Stripe's, one by one.
pub(super) async fn assert_mirrored(
    app: &TestApp,
    store: &ConnectedStore,
    order: &PaidOrder,
    seen: &Value,
) {
    for (kind, id) in [
        ("refunds", "stripe_refund_id"),
        ("disputes", "stripe_dispute_id"),
    ] {
        let mut theirs = app.of_payment_at_stripe(store, kind, &order.intent).await;
        theirs.reverse();
        let ours = seen[kind].as_array().unwrap();
        assert_eq!(ours.len(), theirs.len(), "{seen}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours[id], theirs["id"]);
            for field in ["amount", "currency", "status", "reason"] {
                assert_eq!(ours[field], theirs[field], "{field}");
            }
            let due_by = &theirs["evidence_details"]["due_by"];
            if due_by.is_i64() {
                let due = jiff::Timestamp::from_second(due_by.as_i64().unwrap()).unwrap();
                assert_eq!(ours["evidence_due_by"], due.to_string());
            }
        }
    }
}

async fn captures_and_cancellations_are_mirrored(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let body = json!({ "capture_on": "shipped" });
    app.internal(Method::PATCH, &format!("/stores/{}", store.id), &body)
        .await
        .expect(200);
    for (action, event, payment_status) in [
        ("capture", "charge.captured", "paid"),
        ("cancel", "payment_intent.canceled", "unpaid"),
    ] {
        let cart = app.create_cart(&store).await;
        let intent = app.prepaid(&store, &cart).await;
        let placed = app.order_prepaid(&store, &cart, &intent).await.expect(201);
        assert_eq!(placed["payment_status"], "authorized");
        let path = format!("/payment_intents/{intent}/{action}");
        app.control(Method::POST, &path, json!({})).await;
        app.deliver(&store, event, 2).await;
        app.run_work().await;
        let id = placed["id"].as_str().unwrap();
        assert_eq!(app.recorded(id).await.1, payment_status, "{action}");
    }
}

async fn a_preview_tells_the_same(app: &TestApp) {
    let store = app.connected_store("Coffee").await;
    let order = paid(app, &store).await;
    app.wait_s(2);
    for step in [Refund(Some(300)), Fail, Refund(Some(200)), Dispute(None)] {
        happen(app, &store, &order, step).await;
    }
    let hint = |kind: &'static str| app.hint(&store, kind, &order.intent);
    let event = hint("payment_intent.succeeded").await;
    let preview = async || {
        let path = format!("/events/{event}/replay");
        let body = json!({ "preview": true });
        let request = app.store_post(&store, &path, &body).bearer(&store.api_key);
        request.send().await.expect(200)
    };
    let told = preview().await;
    assert_eq!(app.count("refunds").await, 0);
    assert_eq!(app.recorded(&order.id).await.1, "paid");
    assert_eq!(told["outcome"], "changes", "{told}");
    app.run_work().await;
    let seen = app.order(&store, &order.id).await;
    let change = |field: &str| {
        let changes = told["changes"].as_array().unwrap();
        let found = changes.iter().find(|change| change["field"] == field);
        found.unwrap_or_else(|| panic!("{field}: {told}"))["to"].clone()
    };
    assert_eq!(change("payment_status"), seen["payment_status"]);
    assert_eq!(change("amount_refunded"), seen["amount_refunded"]);
    // Both began at this moment.
    let told_codes: BTreeSet<String> = serde_json::from_value(change("attention")).unwrap();
    let shown_codes = codes(&seen).into_iter().map(str::to_owned).collect();
    assert_eq!(told_codes, shown_codes);
    for (kind, id) in [
        ("refunds", "stripe_refund_id"),
        ("disputes", "stripe_dispute_id"),
    ] {
        let seen = seen[kind].as_array().unwrap().iter();
        let shown: Vec<Value> = seen
            .map(|one| json!({ "id": one[id], "amount": one["amount"], "status": one["status"] }))
            .collect();
        assert_eq!(change(kind), json!(shown));
    }
    assert_eq!(preview().await["outcome"], "nothing");
}
