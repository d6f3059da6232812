//! Disputes, as Stripe tells them.

use db::disputes::{self, ToldDispute};
use db::payments::Purpose;
use domain::{Currency, DisputeId, Mode};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, new_order, new_payment, new_store, now};

on_both_engines!(a_dispute_is_written_once_and_follows);

async fn a_dispute_is_written_once_and_follows(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let order = new_order(db, store_id).await;
    let payment = new_payment(db, store_id, Purpose::Order(order.id)).await;
    let told = |status, amount_minor, evidence_due_by| ToldDispute {
        id: DisputeId::generate(),
        mode: Mode::Test,
        payment_id: payment.id,
        order_id: Some(order.id),
        stripe_dispute_id: "du_1",
        amount_minor,
        currency: Currency::EUR,
        reason: "fraudulent",
        status,
        evidence_due_by,
        opened_at: now(),
    };
    let put = async |told: ToldDispute<'static>| {
        commit(db, async |conn| {
            disputes::put(conn, store_id, told, after(1)).await
        })
        .await
        .unwrap();
        let mut conn = db.read().await.unwrap();
        let mut all = disputes::list(&mut conn, store_id, payment.id)
            .await
            .unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    };
    let first = put(told("warning_needs_response", 500, Some(after(900)))).await;
    assert_eq!(
        (first.status.as_str(), first.amount_minor),
        ("warning_needs_response", 500)
    );
    assert_eq!(first.evidence_due_by, Some(after(900)));
    assert_eq!(
        (first.reason.as_str(), first.opened_at),
        ("fraudulent", now())
    );
    let closed = async || {
        let sql = "SELECT closed_at IS NOT NULL AND closed_at = updated_at FROM disputes";
        let rows = database.raw(sql).await.unwrap();
        matches!(rows[0][0].as_deref(), Some("1" | "t" | "true"))
    };
    assert!(!closed().await);
    let second = put(told("lost", 400, None)).await;
    assert_eq!(second.id, first.id);
    assert_eq!((second.status.as_str(), second.amount_minor), ("lost", 400));
    assert_eq!(second.evidence_due_by, None);
    assert!(closed().await);
}
