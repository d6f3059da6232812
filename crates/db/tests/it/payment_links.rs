//! Payment links: taken by one at a time, given back by whoever has them, found when there is something to do.

use db::payment_links::{self, Claimer, LinkState, PaymentLink};
use db::payments::{self, PaymentState, Purpose};
use db::{Db, DbError};
use domain::{CartId, Currency, Mode, OrderId, PaymentLinkId, StoreId};
use futures_util::future::join_all;
use test_database::{TestDatabase, on_both_engines};

use crate::world::{
    after, assert_same, commit, commit_patiently, new_cart, new_payment, new_store, now,
};

on_both_engines!(
    a_link_comes_back_as_it_was_written,
    p13_one_of_many_takes_a_link,
    p13_a_link_is_taken_in_time_and_from_nobody,
    p13_whoever_lost_a_link_changes_nothing,
    p13_a_link_is_due_when_it_is_paid_or_over,
    a_cart_has_one_live_link,
);

/// A link that expires after half an hour.
async fn new_link(db: &Db, store_id: StoreId, token_hash: &str) -> PaymentLink {
    let cart = new_cart(db, store_id).await;
    link_of(db, store_id, cart.id, token_hash).await
}

async fn link_of(db: &Db, store_id: StoreId, cart_id: CartId, token_hash: &str) -> PaymentLink {
    let payment =
        match payments::find_open_by_cart(&mut db.read().await.unwrap(), store_id, cart_id).await {
            Ok(Some(payment)) => payment,
            _ => new_payment(db, store_id, Purpose::Cart(cart_id)).await,
        };
    let link = PaymentLink {
        store_id,
        id: PaymentLinkId::generate(),
        mode: Mode::Test,
        token_hash: token_hash.to_owned(),
        state: LinkState::Open,
        cart_id,
        cart_version: 1,
        payment_id: payment.id,
        shipping_method_id: None,
        amount_minor: 2598,
        currency: Currency::EUR,
        contact_sealed: Some("sealed contact".to_owned()),
        order_id: None,
        claimed_until: None,
        created_at: now(),
        expires_at: after(1800),
    };
    commit(db, async |conn| {
        payment_links::insert(conn, store_id, &link).await
    })
    .await
    .unwrap();
    link
}

async fn found(db: &Db, link: &PaymentLink) -> PaymentLink {
    let mut conn = db.read().await.unwrap();
    let found = payment_links::find(&mut conn, link.store_id, link.id).await;
    found.unwrap().unwrap()
}

/// Takes it at a second, for a minute.
async fn claim_at(db: &Db, link: &PaymentLink, claimer: Claimer, second: i64) -> bool {
    let (until, now) = (after(second + 60), after(second));
    let claim = async |conn: &mut db::Conn| {
        payment_links::claim(conn, link.store_id, link.id, claimer, until, now).await
    };
    commit(db, claim).await.unwrap()
}

async fn a_link_comes_back_as_it_was_written(database: TestDatabase) {
    let db = &database.db;
    let (store_id, other) = (new_store(db).await, new_store(db).await);
    let link = new_link(db, store_id, "hash 1").await;
    assert_same(found(db, &link).await, &link);
    let mut conn = db.read().await.unwrap();
    let by_token = payment_links::find_by_token(&mut conn, "hash 1").await;
    assert_same(by_token.unwrap().unwrap(), &link);
    let by_payment = payment_links::find_by_payment(&mut conn, store_id, link.payment_id).await;
    assert_same(by_payment.unwrap().unwrap(), &link);
    assert!(
        payment_links::find_by_token(&mut conn, "hash")
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        payment_links::find(&mut conn, other, link.id)
            .await
            .unwrap()
            .is_none()
    );
    let foreign = payment_links::find_by_payment(&mut conn, other, link.payment_id).await;
    assert!(foreign.unwrap().is_none());
    drop(conn);
    // A token is one link's, whichever store makes it.
    let cart = new_cart(db, other).await;
    let payment = new_payment(db, other, Purpose::Cart(cart.id)).await;
    let twin = PaymentLink {
        store_id: other,
        id: PaymentLinkId::generate(),
        cart_id: cart.id,
        payment_id: payment.id,
        ..link
    };
    let refused = commit(db, async |conn| {
        payment_links::insert(conn, other, &twin).await
    })
    .await;
    assert!(matches!(refused, Err(DbError::Conflict(_))), "{refused:?}");
}

async fn p13_one_of_many_takes_a_link(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let link = new_link(db, store_id, "hash").await;
    let take = || {
        commit_patiently(db, async |conn| {
            payment_links::claim(conn, store_id, link.id, Claimer::Holder, after(60), now()).await
        })
    };
    let taken = join_all((0..64).map(|_| take())).await;
    assert_eq!(
        taken
            .into_iter()
            .filter(|taken| *taken.as_ref().unwrap())
            .count(),
        1
    );
}

async fn p13_a_link_is_taken_in_time_and_from_nobody(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let link = new_link(db, store_id, "hash").await;
    let other = new_store(db).await;
    let foreign = PaymentLink {
        store_id: other,
        ..link.clone()
    };
    assert!(!claim_at(db, &foreign, Claimer::Work, 0).await);
    assert!(!claim_at(db, &link, Claimer::Holder, 1800).await, "over");
    assert!(claim_at(db, &link, Claimer::Holder, 1799).await);
    assert!(
        !claim_at(db, &link, Claimer::Holder, 1858).await,
        "somebody has it"
    );
    assert!(!claim_at(db, &link, Claimer::Work, 1858).await);
    // It was taken in time: whoever had it died.
    assert!(claim_at(db, &link, Claimer::Holder, 1859).await);
    let until = found(db, &link).await.claimed_until.unwrap();
    assert_eq!(until, after(1919));
    let again_at = after(2000);
    let back = commit(db, async |conn| {
        payment_links::give_back(conn, store_id, link.id, until, again_at).await
    });
    assert!(back.await.unwrap());
    assert!(!claim_at(db, &link, Claimer::Holder, 1900).await);
    assert!(claim_at(db, &link, Claimer::Work, 1900).await);
}

async fn p13_whoever_lost_a_link_changes_nothing(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let link = new_link(db, store_id, "hash").await;
    assert!(claim_at(db, &link, Claimer::Holder, 0).await);
    assert!(claim_at(db, &link, Claimer::Holder, 60).await);
    let (lost, held) = (after(60), after(120));
    let give_back = async |until| {
        commit(db, async |conn| {
            payment_links::give_back(conn, store_id, link.id, until, until).await
        })
        .await
        .unwrap()
    };
    let close = async |until| {
        commit(db, async |conn| {
            payment_links::close(conn, store_id, link.id, until).await
        })
        .await
        .unwrap()
    };
    assert!(!give_back(lost).await && !close(lost).await);
    assert_eq!(found(db, &link).await.state, LinkState::Completing);
    assert!(give_back(held).await && !close(held).await);
    assert!(claim_at(db, &link, Claimer::Holder, 130).await);
    // Whoever has made the order says so, late or not; then it is over for all.
    let order_id = OrderId::generate();
    let complete = async || {
        commit(db, async |conn| {
            payment_links::complete(conn, store_id, link.id, order_id).await
        })
        .await
        .unwrap()
    };
    assert!(complete().await && !complete().await);
    let done = found(db, &link).await;
    assert_eq!(
        (done.state, done.order_id, done.claimed_until),
        (LinkState::Completed, Some(order_id), None)
    );
    assert!(!claim_at(db, &link, Claimer::Work, 1000).await);
    assert!(!give_back(after(190)).await && !close(after(190)).await);
}

async fn p13_a_link_is_due_when_it_is_paid_or_over(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let unpaid = new_link(db, store_id, "unpaid").await;
    let paid = new_link(db, store_id, "paid").await;
    let closed = new_link(db, store_id, "closed").await;
    commit(db, async |conn| {
        payment_links::close_of_cart(conn, store_id, closed.cart_id).await?;
        payments::set_intent(conn, store_id, paid.payment_id, "pi_1", now()).await?;
        let open = payments::find_by_intent(conn, store_id, "pi_1")
            .await?
            .unwrap();
        payments::set_state(conn, store_id, &open, PaymentState::Authorized, 0, now()).await
    })
    .await
    .unwrap();
    let due_at = async |second| {
        let due = payment_links::list_due(db, 10, after(second))
            .await
            .unwrap();
        due.into_iter()
            .map(|link| link.token_hash)
            .collect::<Vec<_>>()
    };
    assert_eq!(due_at(0).await, ["paid"]);
    assert!(claim_at(db, &paid, Claimer::Holder, 0).await);
    assert!(due_at(59).await.is_empty(), "somebody has it");
    assert_eq!(due_at(60).await, ["paid"]);
    commit(db, async |conn| {
        payment_links::give_back(conn, store_id, paid.id, after(60), after(90)).await
    })
    .await
    .unwrap();
    assert!(due_at(89).await.is_empty(), "not so soon again");
    assert_eq!(due_at(90).await, ["paid"]);
    let mut both = due_at(1800).await;
    both.sort();
    assert_eq!(both, ["paid", "unpaid"]);
    assert_eq!(
        payment_links::list_due(db, 1, after(1800))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(claim_at(db, &unpaid, Claimer::Work, 1800).await);
    assert_eq!(due_at(1800).await, ["paid"]);
}

async fn a_cart_has_one_live_link(database: TestDatabase) {
    let db = &database.db;
    let store_id = new_store(db).await;
    let older = new_link(db, store_id, "older").await;
    let beside = new_link(db, store_id, "beside").await;
    let other = new_store(db).await;
    let close = async |store_id| {
        commit(db, async |conn| {
            payment_links::close_of_cart(conn, store_id, older.cart_id).await
        })
        .await
        .unwrap()
    };
    assert_eq!(close(other).await, 0);
    assert_eq!((close(store_id).await, close(store_id).await), (1, 0));
    let newer = link_of(db, store_id, older.cart_id, "newer").await;
    assert_eq!(newer.payment_id, older.payment_id);
    let mut conn = db.read().await.unwrap();
    let newest = payment_links::find_by_payment(&mut conn, store_id, older.payment_id).await;
    assert_eq!(newest.unwrap().unwrap().id, newer.id);
    drop(conn);
    assert_eq!(found(db, &older).await.state, LinkState::Closed);
    assert_eq!(found(db, &beside).await.state, LinkState::Open);
    // One that is being completed is left to whoever does that.
    assert!(claim_at(db, &newer, Claimer::Holder, 0).await);
    assert_eq!(close(store_id).await, 0);
}
