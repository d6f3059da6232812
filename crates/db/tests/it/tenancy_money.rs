//! Another tenant's money does not exist: captures, refunds, disputes, ways to ship and to pay, and the story of an order.

use db::disputes::{self, ToldDispute};
use db::order_events::{self, NewOrderEvent};
use db::orders::{self, stock};
use db::payment_actions::{self, Action, ActionState, NewAction, PaymentAction};
use db::payment_methods::{self, PaymentMethod};
use db::payments::{self, Payment, Purpose};
use db::refunds::{self, NewRefund, Refund, Source};
use db::shipping_methods::{self, ShippingMethod};
use db::{Db, ending_holds, payment_checks};
use domain::returned::RefundStatus;
use domain::{
    Currency, DisputeId, Mode, OrderId, PaymentMethodId, RefundId, ShippingMethodId, StoreId,
};
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, new_order, new_payment, new_store, now};

on_both_engines!(
    asking_for_another_stores_money_finds_nothing,
    touching_another_stores_money_changes_nothing,
    money_cannot_point_into_another_store,
);

/// A store's money, in every table that has some.
struct Money {
    order_id: OrderId,
    payment: Payment,
    action: PaymentAction,
    refund: Refund,
    shipping: ShippingMethod,
    by_hand: PaymentMethod,
}

fn refund_of(order_id: OrderId, payment: &Payment) -> NewRefund<'static> {
    NewRefund {
        id: RefundId::generate(),
        mode: Mode::Test,
        payment_id: payment.id,
        order_id: Some(order_id),
        stripe_refund_id: None,
        amount_minor: 100,
        currency: Currency::EUR,
        reason: None,
        status: RefundStatus::Creating,
        source: Source::Api,
        actor: "api_key k1",
        action_key: Some("return-17"),
        next_attempt_at: now(),
        created_at: now(),
    }
}

fn dispute_of(order_id: OrderId, payment: &Payment, status: &'static str) -> ToldDispute<'static> {
    ToldDispute {
        id: DisputeId::generate(),
        mode: Mode::Test,
        payment_id: payment.id,
        order_id: Some(order_id),
        stripe_dispute_id: "du_1",
        amount_minor: 100,
        currency: Currency::EUR,
        reason: "fraudulent",
        status,
        evidence_due_by: None,
        opened_at: now(),
    }
}

const fn capture(payment: &Payment) -> NewAction<'static> {
    NewAction {
        payment_id: payment.id,
        action: Action::Capture,
        amount_minor: Some(700),
        actor: "api_key k1",
        attempts: 0,
        due_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

const EVENT: NewOrderEvent<'static> = NewOrderEvent {
    kind: "order.placed",
    cause: "shopper",
    cause_id: None,
    detail: String::new(),
};

async fn money(db: &Db, store_id: StoreId) -> Money {
    let order_id = new_order(db, store_id).await.id;
    let payment = new_payment(db, store_id, Purpose::Order(order_id)).await;
    let shipping = ShippingMethod {
        id: ShippingMethodId::generate(),
        name: "Parcel".to_owned(),
        amount_minor: 490,
        currency: Currency::EUR,
        countries: Vec::new(),
        active: true,
        created_at: now(),
    };
    let by_hand = PaymentMethod {
        id: PaymentMethodId::generate(),
        name: "Bank transfer".to_owned(),
        description: None,
        translations: "{}".to_owned(),
        active: true,
        created_at: now(),
    };
    let (action, refund) = commit(db, async |conn| {
        payments::set_intent(conn, store_id, payment.id, "pi_1", now()).await?;
        shipping_methods::insert(conn, store_id, &shipping).await?;
        payment_methods::insert(conn, store_id, &by_hand).await?;
        disputes::put(
            conn,
            store_id,
            dispute_of(order_id, &payment, "needs_response"),
            now(),
        )
        .await?;
        order_events::record(conn, store_id, order_id, EVENT, now()).await?;
        let action = payment_actions::insert(conn, store_id, capture(&payment), now()).await?;
        let refund = refunds::insert(conn, store_id, refund_of(order_id, &payment), now()).await?;
        Ok((action.unwrap(), refund))
    })
    .await
    .unwrap();
    Money {
        order_id,
        payment,
        action,
        refund,
        shipping,
        by_hand,
    }
}

/// Each question, and whether somebody who asks as `store_id` gets an answer.
async fn answers(db: &Db, store_id: StoreId, its: &Money) -> Vec<(&'static str, bool)> {
    let mut conn = db.read().await.unwrap();
    let conn = &mut conn;
    let (order_id, payment_id) = (its.order_id, its.payment.id);
    macro_rules! is_found {
        ($call:expr) => {
            (
                stringify!($call),
                $call.await.unwrap().iter().next().is_some(),
            )
        };
    }
    vec![
        is_found!(payment_actions::find(conn, store_id, its.action.id)),
        is_found!(payment_actions::find_due(conn, store_id, payment_id)),
        is_found!(payment_actions::find_left(
            conn,
            store_id,
            payment_id,
            now()
        )),
        is_found!(refunds::find(conn, store_id, its.refund.id)),
        is_found!(refunds::find_by_action_key(
            conn,
            store_id,
            payment_id,
            "return-17"
        )),
        is_found!(refunds::list(conn, store_id, payment_id)),
        is_found!(disputes::list(conn, store_id, payment_id)),
        is_found!(shipping_methods::find(conn, store_id, its.shipping.id)),
        is_found!(shipping_methods::list_active(conn, store_id, 9)),
        is_found!(payment_methods::find(conn, store_id, its.by_hand.id)),
        is_found!(payment_methods::list_active(conn, store_id, 9)),
        is_found!(order_events::list(conn, store_id, order_id, 9)),
        is_found!(payments::find(conn, store_id, payment_id)),
        is_found!(payment_checks::due_at(conn, store_id, payment_id)),
    ]
}

async fn asking_for_another_stores_money_finds_nothing(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = money(db, owner).await;
    // The same questions to the owner first: a question that nobody can answer proves nothing.
    for (question, found) in answers(db, owner, &its).await {
        assert!(found, "{question}");
    }
    for (question, found) in answers(db, stranger, &its).await {
        assert!(!found, "{question}");
    }
}

async fn touching_another_stores_money_changes_nothing(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = money(db, owner).await;
    let before = everything(&database, owner).await;
    let (order_id, payment_id) = (its.order_id, its.payment.id);
    let (action, refund) = (&its.action, &its.refund);
    let (failed, done) = (RefundStatus::Failed, ActionState::Done);
    let refused = commit(db, async |conn| {
        payments::lock(conn, stranger, payment_id).await?;
        payments::count_refunds(conn, stranger, payment_id, now()).await?;
        payments::set_charge(conn, stranger, payment_id, "ch_X", None, now()).await?;
        payments::set_stripe_status(conn, stranger, payment_id, "succeeded").await?;
        payments::set_creation_request(conn, stranger, payment_id, "req_X").await?;
        payment_checks::check_at(conn, stranger, &[payment_id], after(9)).await?;
        stock::keep_until(conn, stranger, order_id, None).await?;
        orders::lock(conn, stranger, order_id).await?;
        let due = after(9);
        let shipping = ShippingMethod {
            active: false,
            ..its.shipping.clone()
        };
        let by_hand = PaymentMethod {
            active: false,
            ..its.by_hand.clone()
        };
        let short = stock::take_again(conn, stranger, order_id, None).await?;
        Ok([
            !payments::set_failed_charge(conn, stranger, payment_id, "ch_X").await?,
            !payments::is_free(conn, stranger, payment_id, now()).await?,
            !payments::reserve_refund(conn, stranger, payment_id, 1, now()).await?,
            payment_actions::take(conn, stranger, action.id, due, now())
                .await?
                .is_none(),
            !payment_actions::finish(conn, stranger, action.id, done, None, now()).await?,
            !payment_actions::retry_later(conn, stranger, action, "x", due, now()).await?,
            !payment_actions::is_order_being_cancelled(conn, stranger, order_id).await?,
            refunds::claim_one(conn, stranger, refund.id, due, now())
                .await?
                .is_none(),
            !refunds::retry_later(conn, stranger, refund, "x", due).await?,
            !refunds::set_status(conn, stranger, refund, Some("re_X"), failed, None, now()).await?,
            !refunds::take_back(conn, stranger, refund.id).await?,
            !shipping_methods::update(conn, stranger, &shipping, now()).await?,
            !payment_methods::update(conn, stranger, &by_hand, now()).await?,
            !ending_holds::mark(conn, stranger, payment_id, 1).await?,
            !stock::give_back(conn, stranger, order_id).await?,
            !stock::give_back_overdue(conn, stranger, order_id, after(1_000_000)).await?,
            !orders::hashes::fill(conn, stranger, order_id, "x".to_owned()).await?,
            short == stock::Taking::Unneeded,
        ])
    });
    assert_eq!(refused.await.unwrap(), [true; 18]);
    assert_eq!(everything(&database, owner).await, before);
}

async fn money_cannot_point_into_another_store(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = money(db, owner).await;
    let before = everything(&database, owner).await;
    let (order_id, payment) = (its.order_id, &its.payment);
    let action = commit(db, async |conn| {
        payment_actions::insert(conn, stranger, capture(payment), now()).await
    });
    action.await.unwrap_err();
    let refund = commit(db, async |conn| {
        refunds::insert(conn, stranger, refund_of(order_id, payment), now()).await
    });
    refund.await.unwrap_err();
    let dispute = commit(db, async |conn| {
        disputes::put(conn, stranger, dispute_of(order_id, payment, "lost"), now()).await
    });
    dispute.await.unwrap_err();
    let told = commit(db, async |conn| {
        order_events::record(conn, stranger, order_id, EVENT, now()).await
    });
    told.await.unwrap_err();
    assert_eq!(everything(&database, owner).await, before);
}

/// All rows of a store that are about money.
async fn everything(database: &TestDatabase, store_id: StoreId) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "orders",
        "payments",
        "payment_actions",
        "refunds",
        "disputes",
        "shipping_methods",
        "payment_methods",
        "order_events",
    ] {
        let sql = format!("SELECT * FROM {table} WHERE store_id = '{store_id}' ORDER BY 2");
        let rows = database.raw(&sql).await.unwrap();
        assert!(!rows.is_empty(), "{table}");
        all.extend(rows.iter().map(|row| format!("{table} {row:?}")));
    }
    all
}
