//! Rows to begin with.

use std::fmt::Debug;

use db::carts::{Cart, Line};
use db::columns::{SealedBytes, SealedText};
use db::connections::NewConnection;
use db::inbox::{EventState, NewEvent, Source};
use db::orders::{NewOrder, Order};
use db::payments::{CaptureMethod, NewPayment, Payment, Purpose};
use db::products::Product;
use db::stores::Store;
use db::{Conn, Db, DbError};
use domain::{CartId, Currency, Mode, OrderId, PaymentId, ProductId, StoreId};
use jiff::{SignedDuration, Timestamp};

/// The instant at which every test begins.
pub(crate) fn now() -> Timestamp {
    "2026-03-01T12:00:00.123456Z".parse().unwrap()
}

/// Seconds after [`now`].
pub(crate) fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

/// Rows have no equality of their own; what they hold can be told by what they show.
#[track_caller]
pub(crate) fn assert_same(left: impl Debug, right: impl Debug) {
    assert_eq!(format!("{left:?}"), format!("{right:?}"));
}

/// Runs `work` in a transaction and commits it.
pub(crate) async fn commit<T>(
    db: &Db,
    work: impl AsyncFnOnce(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let mut tx = db.begin().await?;
    let value = work(&mut tx).await?;
    tx.commit().await?;
    Ok(value)
}

/// The same, again while a crowd of tests on a small machine has no connection free.
pub(crate) async fn commit_patiently<T>(
    db: &Db,
    work: impl AsyncFn(&mut Conn) -> Result<T, DbError>,
) -> Result<T, DbError> {
    loop {
        match commit(db, &work).await {
            Err(DbError::Unavailable(_)) => {}
            other => return other,
        }
    }
}

pub(crate) fn store() -> Store {
    Store {
        id: StoreId::generate(),
        name: "Kaffee & Söhne 🫘".to_owned(),
        merchant_email: Some("owner@example.com".to_owned()),
        currency: Currency::EUR,
        active_mode: None,
        capture_on: "confirmed".to_owned(),
        allowed_origins: vec![
            "https://shop.example".to_owned(),
            "https://www.shop.example".to_owned(),
        ],
        return_origins: Vec::new(),
        created_at: now(),
    }
}

pub(crate) async fn new_store(db: &Db) -> StoreId {
    let store = store();
    commit(db, async |conn| db::stores::insert(conn, &store).await)
        .await
        .unwrap();
    store.id
}

pub(crate) fn product() -> Product {
    Product {
        id: ProductId::generate(),
        sku: None,
        name: "Espresso".to_owned(),
        description: Some("dark\nroast".to_owned()),
        image_url: Some("https://shop.example/espresso.jpg".to_owned()),
        unit_amount_minor: 1299,
        currency: Currency::EUR,
        stock: None,
        active: true,
        created_at: now(),
    }
}

pub(crate) async fn insert_product(db: &Db, store_id: StoreId, product: &Product) {
    commit(db, async |conn| {
        db::products::insert(conn, store_id, product).await
    })
    .await
    .unwrap();
}

pub(crate) fn line(quantity: i64) -> Line {
    Line {
        product_id: Some(ProductId::generate()),
        name: "Espresso".to_owned(),
        unit_amount_minor: 1299,
        quantity,
    }
}

pub(crate) fn cart() -> Cart {
    Cart {
        id: CartId::generate(),
        mode: Mode::Test,
        currency: Currency::EUR,
        version: 1,
        created_at: now(),
        expires_at: after(3600),
    }
}

pub(crate) async fn new_cart(db: &Db, store_id: StoreId) -> Cart {
    let cart = cart();
    commit(db, async |conn| {
        db::carts::insert(conn, store_id, &cart, &[line(2)]).await
    })
    .await
    .unwrap();
    cart
}

pub(crate) fn sealed(token: &str) -> SealedText {
    SealedText {
        key_id: "k1".to_owned(),
        token: token.to_owned(),
    }
}

pub(crate) fn order_of(cart_id: CartId) -> NewOrder {
    NewOrder {
        id: OrderId::generate(),
        mode: Mode::Test,
        cart_id,
        cart_version: 1,
        currency: Currency::EUR,
        amount_minor: 2598,
        shipping: None,
        payment_method_id: None,
        stock_until: None,
        contact_sealed: Some("sealed contact".to_owned()),
        email_hash: "k1 hash".to_owned(),
        token_hash: "hash of the order token".to_owned(),
        token: sealed("sealed order token"),
        created_at: now(),
    }
}

pub(crate) async fn new_order(db: &Db, store_id: StoreId) -> Order {
    let cart_id = CartId::generate();
    commit(db, async |conn| {
        db::orders::insert(conn, store_id, order_of(cart_id), &[line(2)]).await
    })
    .await
    .unwrap()
}

pub(crate) fn payment_for(purpose: Purpose) -> NewPayment {
    NewPayment {
        id: PaymentId::generate(),
        mode: Mode::Test,
        account_id: "acct_EXAMPLE".to_owned(),
        purpose,
        capture_method: CaptureMethod::Automatic,
        currency: Currency::EUR,
        amount_minor: 2598,
        next_check_at: after(300),
    }
}

pub(crate) async fn new_payment(db: &Db, store_id: StoreId, purpose: Purpose) -> Payment {
    commit(db, async |conn| {
        db::payments::insert(conn, store_id, payment_for(purpose), now()).await
    })
    .await
    .unwrap()
}

pub(crate) fn connection(mode: Mode) -> NewConnection {
    NewConnection {
        mode,
        account_id: "acct_EXAMPLE".to_owned(),
        publishable_key: "pk_test_EXAMPLE".to_owned(),
        country: Some("DE".to_owned()),
        default_currency: Some("eur".to_owned()),
        charges_enabled: true,
        secret_version: 1,
        secret: sealed("sealed secret key"),
        is_stand_in: false,
    }
}

pub(crate) fn event(store_id: StoreId, event_id: &str) -> NewEvent {
    NewEvent {
        store_id,
        account_id: "acct_EXAMPLE".to_owned(),
        mode: Mode::Test,
        event_id: event_id.to_owned(),
        event_type: "payment_intent.succeeded".to_owned(),
        api_version: Some("2026-02-25.clover".to_owned()),
        object_id: Some("pi_EXAMPLE".to_owned()),
        created_at: now(),
        source: Source::Webhook,
        payload: sealed_body("{}"),
        state: EventState::Received,
        last_error: None,
        received_at: now(),
    }
}

pub(crate) fn sealed_body(text: &str) -> SealedBytes {
    SealedBytes {
        key_id: "key".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}
