//! Another tenant's thing does not exist. Every function that takes a store is asked for another store's rows.

use db::api_keys::{self, NewApiKey};
use db::checkouts::{self, Checkout};
use db::connect_tokens::{self, TokenState};
use db::connection_jobs::{self, Job};
use db::payments::{PaymentState, Purpose};
use db::products::ProductChanges;
use db::{
    Conn, Db, audit, carts, connection_problems, connections, inbox, incidents, orders, payments,
    products, webhook_endpoints, webhook_secrets,
};
use domain::connection_problem::ConnectionProblem;
use domain::incident::Incident;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{ApiKeyId, CheckoutId, Currency, Mode, ProductId, StoreId};
use test_database::{TestDatabase, on_both_engines};
use uuid::Uuid;

use crate::world::{
    after, commit, connection, event, insert_product, line, new_cart, new_order, new_payment,
    new_store, now, product, sealed,
};

on_both_engines!(
    reading_as_another_store_finds_nothing,
    writing_as_another_store_changes_nothing,
    rows_cannot_point_into_another_store,
);

/// Everything that a store can own.
struct Belongings {
    product_id: ProductId,
    cart: carts::Cart,
    checkout_id: CheckoutId,
    order: orders::Order,
    payment: payments::Payment,
    cart_payment: payments::Payment,
    token_id: Uuid,
}

async fn belongings(db: &Db, store_id: StoreId) -> Belongings {
    let product = products::Product {
        stock: Some(5),
        ..product()
    };
    insert_product(db, store_id, &product).await;
    let cart = new_cart(db, store_id).await;
    let order = new_order(db, store_id).await;
    let payment = new_payment(db, store_id, Purpose::Order(order.id)).await;
    let cart_payment = new_payment(db, store_id, Purpose::Cart(cart.id)).await;
    let checkout = Checkout {
        id: CheckoutId::generate(),
        mode: Mode::Test,
        cart_id: cart.id,
        cart_version: 1,
        amount_minor: 2598,
        shipping_method_id: None,
        shipping_minor: 0,
        currency: Currency::EUR,
        contact_sealed: None,
        success_url: None,
        cancel_url: None,
        created_at: now(),
        expires_at: after(60),
    };
    let key = NewApiKey {
        id: ApiKeyId::generate(),
        mode: Mode::Test,
        label: "back end".to_owned(),
        prefix: "tgk_test_EXAM".to_owned(),
        key_hash: "c0ffee".to_owned(),
        created_at: now(),
    };
    let token_id = Uuid::now_v7();
    commit(db, async |conn| {
        checkouts::insert(conn, store_id, &checkout).await?;
        connections::put(conn, store_id, connection(Mode::Test), now()).await?;
        let secret = sealed("signing secret");
        let secret = webhook_secrets::NewSecret {
            version: 1,
            account_id: "acct_EXAMPLE",
            endpoint_id: None,
            secret,
        };
        webhook_secrets::add(conn, store_id, Mode::Test, secret, now(), now()).await?;
        let problem = ConnectionProblem::KeyRefused;
        connection_problems::open(
            conn,
            store_id,
            Mode::Test,
            "acct_EXAMPLE",
            problem,
            None,
            now(),
        )
        .await?;
        connection_jobs::schedule(
            conn,
            store_id,
            Mode::Test,
            "acct_EXAMPLE",
            Job::Health,
            now(),
        )
        .await?;
        let lent = webhook_secrets::NewSecret {
            version: 2,
            account_id: "acct_EXAMPLE",
            endpoint_id: None,
            secret: sealed("lent"),
        };
        webhook_secrets::lend(conn, store_id, Mode::Test, lent, after(60), now()).await?;
        webhook_endpoints::put(conn, store_id, endpoint()).await?;
        connect_tokens::insert(conn, store_id, token_id, after(60), now()).await?;
        api_keys::insert(conn, store_id, key).await?;
        payments::set_intent(conn, store_id, payment.id, "pi_1", now()).await?;
        incidents::open(conn, store_id, order.id, Incident::ModeMismatch, now()).await?;
        audit::record(conn, store_id, "merchant", "connect", "test", now()).await
    })
    .await
    .unwrap();
    inbox::record(db, vec![event(store_id, "evt_1")])
        .await
        .unwrap();
    Belongings {
        product_id: product.id,
        cart,
        checkout_id: checkout.id,
        order,
        payment,
        cart_payment,
        token_id,
    }
}

async fn reading_as_another_store_finds_nothing(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = belongings(db, owner).await;
    // The same questions to the owner first: a question that nobody can answer proves nothing.
    assert!(
        answers(db, owner, &its)
            .await
            .iter()
            .all(|(_, found)| *found)
    );
    for (question, found) in answers(db, stranger, &its).await {
        assert!(!found, "{question}");
    }
}

/// What was asked, and whether it found something.
macro_rules! is_found {
    ($call:expr) => {
        (
            stringify!($call),
            $call.await.unwrap().iter().next().is_some(),
        )
    };
}

async fn answers(db: &Db, store_id: StoreId, its: &Belongings) -> Vec<(&'static str, bool)> {
    let mut conn = db.read().await.unwrap();
    let conn = &mut conn;
    let (order_id, cart_id, product_id) = (its.order.id, its.cart.id, its.product_id);
    let later = ProductId::generate();
    let oldest = domain::OrderId::from_uuid(Uuid::nil());
    let every = orders::OrderFilter::all();
    let mut found = vec![
        is_found!(products::find_active(conn, store_id, product_id)),
        is_found!(products::find_many_active(conn, store_id, &[product_id])),
        is_found!(products::list_active(conn, store_id, None, 9)),
        is_found!(products::list_active_before(conn, store_id, later, 9)),
        is_found!(carts::find(conn, store_id, cart_id, now())),
        is_found!(carts::lines(conn, store_id, cart_id)),
        is_found!(checkouts::find(conn, store_id, its.checkout_id)),
        is_found!(orders::find(conn, store_id, order_id)),
        is_found!(orders::find_open_by_cart(
            conn,
            store_id,
            its.order.cart_id.unwrap()
        )),
        is_found!(orders::lines(conn, store_id, order_id)),
        is_found!(orders::list_before(
            conn,
            store_id,
            Mode::Test,
            &every,
            None,
            9
        )),
        is_found!(orders::list_after(
            conn,
            store_id,
            Mode::Test,
            &every,
            oldest,
            9
        )),
        is_found!(payments::find_open_by_order(conn, store_id, order_id)),
        is_found!(payments::find_open_by_cart(conn, store_id, cart_id)),
        is_found!(payments::find_by_intent(conn, store_id, "pi_1")),
    ];
    found.extend(answers_about_stripe(conn, store_id, its).await);
    found
}

async fn answers_about_stripe(
    conn: &mut Conn,
    store_id: StoreId,
    its: &Belongings,
) -> Vec<(&'static str, bool)> {
    let order_id = its.order.id;
    vec![
        is_found!(connections::find(conn, store_id, Mode::Test)),
        is_found!(connections::find_account(
            conn,
            store_id,
            Mode::Test,
            "acct_EXAMPLE"
        )),
        is_found!(connections::list(conn, store_id)),
        is_found!(connections::list_all(conn, store_id)),
        is_found!(connection_problems::list(conn, store_id)),
        is_found!(connection_jobs::find(
            conn,
            store_id,
            Mode::Test,
            "acct_EXAMPLE",
            Job::Health
        )),
        is_found!(webhook_endpoints::find(
            conn,
            store_id,
            Mode::Test,
            "acct_EXAMPLE"
        )),
        is_found!(webhook_endpoints::list(conn, store_id)),
        is_found!(webhook_secrets::list_valid(conn, store_id, now())),
        is_found!(webhook_secrets::list_valid_of_stores(
            conn,
            &[store_id],
            now()
        )),
        is_found!(api_keys::find_by_hash(conn, store_id, "c0ffee")),
        is_found!(incidents::list_open(conn, store_id, order_id)),
        is_found!(inbox::list_before(
            conn,
            store_id,
            Mode::Test,
            &inbox::EventFilter::all(),
            None,
            9
        )),
        is_found!(inbox::list_after(
            conn,
            store_id,
            Mode::Test,
            &inbox::EventFilter::all(),
            None,
            9
        )),
        is_found!(inbox::find(conn, store_id, Mode::Test, "evt_1")),
        is_found!(inbox::find_all(conn, store_id, Mode::Test, "evt_1")),
        (
            "connect_tokens::state",
            connect_tokens::state(conn, store_id, its.token_id)
                .await
                .unwrap()
                != TokenState::Unknown,
        ),
        (
            "webhook_secrets::next_version",
            webhook_secrets::next_version(conn, store_id, Mode::Test)
                .await
                .unwrap()
                > 1,
        ),
    ]
}

async fn writing_as_another_store_changes_nothing(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = belongings(db, owner).await;
    let before = everything(&database, owner).await;

    let mut stolen_order = its.order.clone();
    stolen_order.store_id = stranger;
    let its_events = [inbox::Wanted {
        store_id: owner,
        up_to: 1,
    }];
    let mut stolen_event = inbox::claim(db, &its_events, after(60), now())
        .await
        .unwrap()
        .remove(0);
    let claimed = everything(&database, owner).await;
    assert_ne!(before, claimed);
    stolen_event.store_id = stranger;
    let (order_id, product_id, payment_id) = (its.order.id, its.product_id, its.cart_payment.id);
    let (paid, confirmed) = (PaymentStatus::Paid, OrderStatus::Confirmed);
    let refused = commit(db, async |conn| {
        let changes = ProductChanges {
            name: Some("stolen".to_owned()),
            ..ProductChanges::default()
        };
        products::give_stock_back(conn, stranger, product_id, 1).await?;
        payments::set_last_error(conn, stranger, payment_id, Some("x"), None, now()).await?;
        connections::mark_reconnect_needed(conn, stranger, Mode::Test, 1, "x").await?;
        let problem = ConnectionProblem::KeyRefused;
        connection_problems::resolve(conn, stranger, Mode::Test, "acct_EXAMPLE", problem).await?;
        let (mode, we) = (Mode::Test, "we_EXAMPLE");
        webhook_endpoints::mark_delivered(conn, stranger, mode, we, now()).await?;
        db::stores::note_wrong_signature(conn, stranger, now()).await?;
        connections::mark_key_accepted(conn, stranger, mode, 1).await?;
        let its_payment = &its.payment;
        let canceled = PaymentState::Canceled;
        Ok([
            products::update(conn, stranger, product_id, changes, now())
                .await?
                .is_none(),
            !products::take_stock(conn, stranger, product_id, 1).await?,
            !carts::replace_lines(conn, stranger, &its.cart, &[line(9)]).await?,
            !orders::set_state(conn, &stolen_order, confirmed, paid, now()).await?,
            !orders::set_contact(
                conn,
                &stolen_order,
                Some("x".to_owned()),
                String::new(),
                now(),
            )
            .await?,
            !payments::set_intent(conn, stranger, payment_id, "pi_2", now()).await?,
            !payments::set_amount(conn, stranger, its.payment.id, 1, now()).await?,
            !payments::set_state(conn, stranger, its_payment, canceled, 0, now()).await?,
            !payments::attach_to_order(conn, stranger, payment_id, (order_id, 1), now()).await?,
            !connect_tokens::use_up(conn, stranger, its.token_id, now()).await?,
            !webhook_secrets::extend_loan(conn, stranger, Mode::Test, 2, after(9), now()).await?,
            inbox::resume_waiting(conn, stranger, Mode::Test, now()).await? == 0,
            !inbox::finish(conn, &stolen_event, inbox::EventState::Parked, None, now()).await?,
            !inbox::retry_later(conn, &stolen_event, "x", now()).await?,
        ])
    });
    assert_eq!(refused.await.unwrap(), [true; 14]);
    assert_eq!(everything(&database, owner).await, claimed);
}

async fn rows_cannot_point_into_another_store(database: TestDatabase) {
    let db = &database.db;
    let (owner, stranger) = (new_store(db).await, new_store(db).await);
    let its = belongings(db, owner).await;
    let pay = commit(db, async |conn| {
        let new = crate::world::payment_for(Purpose::Order(its.order.id));
        payments::insert(conn, stranger, new, now()).await
    });
    pay.await.unwrap_err();
    let incident = commit(db, async |conn| {
        incidents::open(conn, stranger, its.order.id, Incident::ModeMismatch, now()).await
    });
    incident.await.unwrap_err();
    let payment = new_payment(db, stranger, Purpose::Amount).await;
    let attach = commit(db, async |conn| {
        payments::attach_to_order(conn, stranger, payment.id, (its.order.id, 1), now()).await
    });
    attach.await.unwrap_err();
}

/// All rows of a store, in all tables.
async fn everything(database: &TestDatabase, store_id: StoreId) -> Vec<test_database::Rows> {
    let mut rows = Vec::new();
    for table in [
        "stripe_connections",
        "webhook_secrets",
        "connect_tokens",
        "products",
        "carts",
        "cart_items",
        "checkouts",
        "orders",
        "order_items",
        "payments",
        "stripe_events",
        "incidents",
        "api_keys",
        "audit_log",
    ] {
        let sql = format!("SELECT * FROM {table} WHERE store_id = '{store_id}'");
        let mut of_table = database.raw(&sql).await.unwrap();
        assert!(!of_table.is_empty(), "{table}");
        of_table.sort();
        rows.push(of_table);
    }
    rows
}

fn endpoint() -> webhook_endpoints::RegisteredEndpoint {
    webhook_endpoints::RegisteredEndpoint {
        mode: Mode::Test,
        account_id: "acct_EXAMPLE".to_owned(),
        endpoint_id: "we_EXAMPLE".to_owned(),
        url: "https://pay.example.com/webhook".to_owned(),
        api_version: "2026-10-28.endive".to_owned(),
        registered_at: now(),
        first_delivery_at: None,
    }
}
