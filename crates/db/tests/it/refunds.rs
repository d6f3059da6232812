//! Refunds: never more than was captured, each asked for by one at a time.

use db::payments::{self, Payment, PaymentState, Purpose};
use db::refunds::{self, NewRefund, Refund, Source};
use db::{Db, DbError};
use domain::returned::RefundStatus;
use domain::{Currency, Mode, OrderId, RefundId, StoreId};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{after, commit, commit_patiently, new_order, new_payment, new_store, now};

on_both_engines!(
    a_refund_comes_back_as_it_was_written,
    p9_of_many_at_once_no_more_is_reserved_than_was_captured,
    what_failed_can_be_refunded_again,
    what_was_refunded_elsewhere_never_counts_above_what_was_captured,
    an_action_key_names_one_refund_of_a_payment,
    stripes_id_names_one_refund_of_a_store,
    a_due_refund_is_claimed_once,
    whoever_lost_the_claim_changes_nothing,
    only_what_nobody_knows_the_end_of_is_taken_back,
);

struct Paid {
    store_id: StoreId,
    order_id: OrderId,
    payment: Payment,
}

/// A payment of which 1000 were captured.
async fn paid(db: &Db) -> Paid {
    let store_id = new_store(db).await;
    let order_id = new_order(db, store_id).await.id;
    let payment = new_payment(db, store_id, Purpose::Order(order_id)).await;
    commit(db, async |conn| {
        payments::set_intent(conn, store_id, payment.id, "pi_1", now()).await?;
        let open = payments::find_by_intent(conn, store_id, "pi_1").await?;
        let state = PaymentState::Succeeded;
        payments::set_state(conn, store_id, &open.unwrap(), state, 1000, now()).await
    })
    .await
    .unwrap();
    Paid {
        store_id,
        order_id,
        payment,
    }
}

impl Paid {
    fn refund(&self, amount_minor: i64) -> NewRefund<'static> {
        NewRefund {
            id: RefundId::generate(),
            mode: Mode::Test,
            payment_id: self.payment.id,
            order_id: Some(self.order_id),
            stripe_refund_id: None,
            amount_minor,
            currency: Currency::EUR,
            reason: Some("duplicate"),
            status: RefundStatus::Creating,
            source: Source::Api,
            actor: "api_key k1",
            action_key: None,
            next_attempt_at: after(60),
            created_at: now(),
        }
    }

    async fn insert(&self, db: &Db, new: NewRefund<'_>) -> Result<Refund, DbError> {
        commit(db, async |conn| {
            refunds::insert(conn, self.store_id, new, now()).await
        })
        .await
    }

    async fn reserve(&self, db: &Db, amount_minor: i64) -> bool {
        commit_patiently(db, async |conn| {
            let (store_id, payment_id) = (self.store_id, self.payment.id);
            payments::reserve_refund(conn, store_id, payment_id, amount_minor, now()).await
        })
        .await
        .unwrap()
    }

    async fn refunded(&self, db: &Db) -> i64 {
        let mut conn = db.read().await.unwrap();
        let found = payments::find_by_intent(&mut conn, self.store_id, "pi_1").await;
        found.unwrap().unwrap().refunded_minor
    }

    async fn count(&self, db: &Db) -> i64 {
        commit(db, async |conn| {
            payments::count_refunds(conn, self.store_id, self.payment.id, now()).await
        })
        .await
        .unwrap();
        self.refunded(db).await
    }

    async fn set_status(
        &self,
        db: &Db,
        refund: &Refund,
        status: RefundStatus,
    ) -> Result<bool, DbError> {
        commit(db, async |conn| {
            let stripe_id = Some("re_1");
            refunds::set_status(conn, self.store_id, refund, stripe_id, status, None, now()).await
        })
        .await
    }
}

async fn a_refund_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let new = paid.refund(300);
    let written = paid.insert(db, new.clone()).await.unwrap();
    let expected = Refund {
        id: new.id,
        mode: Mode::Test,
        payment_id: paid.payment.id,
        order_id: Some(paid.order_id),
        stripe_refund_id: None,
        amount_minor: 300,
        currency: Currency::EUR,
        reason: Some("duplicate".to_owned()),
        status: RefundStatus::Creating,
        actor: "api_key k1".to_owned(),
        attempts: 1,
        last_error: None,
        created_at: now(),
    };
    assert_eq!(written, expected);
    let mut conn = db.read().await.unwrap();
    let found = refunds::find(&mut conn, paid.store_id, new.id).await;
    assert_eq!(found.unwrap(), Some(expected.clone()));
    let listed = refunds::list(&mut conn, paid.store_id, paid.payment.id).await;
    assert_eq!(listed.unwrap(), [expected]);
    drop(conn);
    assert!(
        paid.set_status(db, &written, RefundStatus::Succeeded)
            .await
            .unwrap()
    );
    // The state that the second one decided on is gone.
    assert!(
        !paid
            .set_status(db, &written, RefundStatus::Failed)
            .await
            .unwrap()
    );
    let mut conn = db.read().await.unwrap();
    let found = refunds::find(&mut conn, paid.store_id, new.id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.status, RefundStatus::Succeeded);
    assert_eq!(found.stripe_refund_id.as_deref(), Some("re_1"));
}

async fn p9_of_many_at_once_no_more_is_reserved_than_was_captured(database: TestDatabase) {
    let db = &database.db;
    for amount_minor in [1000, 300, 1] {
        let paid = paid(db).await;
        let wanted = (0..20).map(|_| paid.reserve(db, amount_minor));
        let won = join_all(wanted).await.into_iter().filter(|&won| won);
        let won = i64::try_from(won.count()).unwrap();
        assert_eq!(won, (1000 / amount_minor).min(20));
        assert_eq!(paid.refunded(db).await, won * amount_minor);
    }
    let paid = paid(db).await;
    for nothing in [0, -1, i64::MIN, 1001, 999_999_999_999] {
        assert!(!paid.reserve(db, nothing).await, "{nothing}");
    }
    assert_eq!(paid.refunded(db).await, 0);
}

async fn what_failed_can_be_refunded_again(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    assert!(paid.reserve(db, 700).await);
    let refund = paid.insert(db, paid.refund(700)).await.unwrap();
    assert_eq!(paid.count(db).await, 700);
    assert!(!paid.reserve(db, 301).await);
    let failed = paid.set_status(db, &refund, RefundStatus::Failed).await;
    assert!(failed.unwrap());
    assert_eq!(paid.count(db).await, 0);
    assert!(paid.reserve(db, 1000).await);
}

async fn what_was_refunded_elsewhere_never_counts_above_what_was_captured(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    paid.insert(db, paid.refund(700)).await.unwrap();
    let theirs = NewRefund {
        stripe_refund_id: Some("re_2"),
        status: RefundStatus::Succeeded,
        source: Source::Stripe,
        ..paid.refund(1000)
    };
    paid.insert(db, theirs).await.unwrap();
    assert_eq!(paid.count(db).await, 1000);
    assert!(!paid.reserve(db, 1).await);
}

async fn an_action_key_names_one_refund_of_a_payment(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let named = NewRefund {
        action_key: Some("return 17"),
        ..paid.refund(100)
    };
    let first = paid.insert(db, named.clone()).await.unwrap();
    let again = NewRefund {
        id: RefundId::generate(),
        ..named
    };
    assert!(matches!(
        paid.insert(db, again).await,
        Err(DbError::Conflict(_))
    ));
    // Without a name they do not collide.
    for _ in 0..2 {
        paid.insert(db, paid.refund(100)).await.unwrap();
    }
    let mut conn = db.read().await.unwrap();
    let (store_id, payment_id) = (paid.store_id, paid.payment.id);
    for (key, found) in [("return 17", Some(first.id)), ("return 18", None)] {
        let refund = refunds::find_by_action_key(&mut conn, store_id, payment_id, key).await;
        assert_eq!(refund.unwrap().map(|refund| refund.id), found);
    }
}

async fn stripes_id_names_one_refund_of_a_store(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let theirs = || NewRefund {
        stripe_refund_id: Some("re_1"),
        ..paid.refund(100)
    };
    paid.insert(db, theirs()).await.unwrap();
    let again = paid.insert(db, theirs()).await;
    assert!(matches!(again, Err(DbError::Conflict(_))));
}

async fn a_due_refund_is_claimed_once(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let refund = paid.insert(db, paid.refund(100)).await.unwrap();
    let known = paid.insert(db, paid.refund(100)).await.unwrap();
    assert!(
        paid.set_status(db, &known, RefundStatus::Pending)
            .await
            .unwrap()
    );
    let early = refunds::claim(db, 10, after(100), after(59)).await.unwrap();
    assert!(early.is_empty());
    let claims = join_all((0..4).map(|_| refunds::claim(db, 10, after(120), after(60)))).await;
    let claimed: Vec<_> = claims.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), 1);
    assert_eq!(
        (claimed[0].store_id, claimed[0].refund.id),
        (paid.store_id, refund.id)
    );
    assert_eq!(claimed[0].refund.attempts, 2);
    // Its holder died.
    let again = refunds::claim(db, 10, after(200), after(120)).await;
    assert_eq!(again.unwrap()[0].refund.attempts, 3);
}

async fn whoever_lost_the_claim_changes_nothing(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let first = paid.insert(db, paid.refund(100)).await.unwrap();
    let claimed = refunds::claim(db, 10, after(120), after(60)).await.unwrap();
    let later = async |refund: &Refund| {
        commit(db, async |conn| {
            refunds::retry_later(conn, paid.store_id, refund, "stripe_timeout", after(500)).await
        })
        .await
        .unwrap()
    };
    assert!(!later(&first).await);
    assert!(later(&claimed[0].refund).await);
    let early = refunds::claim(db, 10, after(900), after(499))
        .await
        .unwrap();
    assert!(early.is_empty());
    let due = refunds::claim(db, 10, after(900), after(500))
        .await
        .unwrap();
    assert_eq!(due[0].refund.last_error.as_deref(), Some("stripe_timeout"));
}

async fn only_what_nobody_knows_the_end_of_is_taken_back(database: TestDatabase) {
    let db = &database.db;
    let paid = paid(db).await;
    let take_back = async |refund: &Refund| {
        commit(db, async |conn| {
            refunds::take_back(conn, paid.store_id, refund.id).await
        })
        .await
        .unwrap()
    };
    let refund = paid.insert(db, paid.refund(100)).await.unwrap();
    assert!(take_back(&refund).await);
    assert!(!take_back(&refund).await);
    let refund = paid.insert(db, paid.refund(100)).await.unwrap();
    let succeeded = paid.set_status(db, &refund, RefundStatus::Succeeded).await;
    assert!(succeeded.unwrap());
    assert!(!take_back(&refund).await);
}
