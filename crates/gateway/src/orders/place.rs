//! Turns a cart into an order: stock is taken and the order written in one transaction, once per cart.

use db::carts::{Cart, Line};
use db::checkouts::Checkout;
use db::orders::{NewOrder, Order};
use db::payments::Payment;
use db::stores::Store;
use db::{Conn, DbError};
use domain::order::{OrderStatus, PaymentStatus};
use domain::{Money, OrderId, ProductId, StoreId};
use secrecy::{ExposeSecret, SecretString};

use super::{pay_first, supersede};
use crate::app::App;
use crate::error::ApiError;
use crate::guards::sha256_hex;
use crate::personal::{Contact, Row};
use crate::sealing;
use crate::storefront::cart_wire::total_to_pay;
use crate::storefront::show_cart::find_cart;

/// The cart's order.
pub enum Placed {
    /// Written just now.
    New(Order),
    /// It was there already.
    Existing(Order),
}

/// A cart, its lines and what they cost.
pub struct Basket {
    /// The cart.
    pub cart: Cart,
    /// Its lines.
    pub lines: Vec<Line>,
    /// What is to be paid.
    pub total: Money,
}

/// Places the `pending` order of a cart, which is then paid.
pub async fn place(
    app: &App,
    store: &Store,
    cart_id: &str,
    checkout: Option<&Checkout>,
    contact: Contact,
) -> Result<Placed, ApiError> {
    let basket = read_basket(app, store.id, cart_id, checkout).await?;
    let contact = complete_contact(app, store.id, checkout, contact)?;
    let existing =
        db::orders::find_open_by_cart(&mut app.db.read().await?, store.id, basket.cart.id).await?;
    if let Some(order) = existing {
        if order.cart_version == Some(basket.cart.version) || !order.payment_status.is_payable() {
            return refresh_contact(app, order, &contact)
                .await
                .map(Placed::Existing);
        }
        supersede::supersede(app, store.id, &order).await?;
    }
    supersede::withdraw_cart_payment(app, store.id, basket.cart.id).await?;
    match insert(app, store.id, &basket, &contact, None).await {
        Err(InsertError::CartTaken) => {
            let order =
                db::orders::find_open_by_cart(&mut app.db.read().await?, store.id, basket.cart.id)
                    .await?;
            order.map(Placed::Existing).ok_or_else(cart_busy)
        }
        other => Ok(Placed::New(other?)),
    }
}

/// 409: the cart was paid already.
pub fn cart_locked() -> ApiError {
    ApiError::conflict(
        "cart_locked",
        "This cart has been paid. Make a new cart for another order.",
    )
}

/// The cart with its lines and total, as the checkout saw it if there is one.
pub async fn read_basket(
    app: &App,
    store_id: StoreId,
    cart_id: &str,
    checkout: Option<&Checkout>,
) -> Result<Basket, ApiError> {
    let mut conn = app.db.read().await?;
    let cart = find_cart(&mut conn, store_id, cart_id, app.now()).await?;
    if let Some(checkout) = checkout {
        if checkout.cart_id != cart.id {
            return Err(ApiError::not_found("cart"));
        }
        if checkout.cart_version != cart.version {
            return Err(ApiError::conflict(
                "checkout_outdated",
                "The cart has changed since this checkout was opened. Go back to the shop and check out again.",
            ));
        }
    }
    let lines = db::carts::lines(&mut conn, store_id, cart.id).await?;
    let total = total_to_pay(cart.currency, &lines)?;
    Ok(Basket { cart, lines, total })
}

/// The request's contact, completed by what the checkout knows.
pub fn complete_contact(
    app: &App,
    store_id: StoreId,
    checkout: Option<&Checkout>,
    contact: Contact,
) -> Result<Contact, ApiError> {
    let Some(checkout) = checkout else {
        return Ok(contact);
    };
    let row = Row {
        store_id,
        table: "checkouts",
        id: *checkout.id.as_uuid(),
    };
    Ok(contact.or(Contact::open(
        &app.vault,
        row,
        checkout.contact_sealed.as_deref(),
    )?))
}

/// A shopper who corrects the address before paying again means the new one.
async fn refresh_contact(
    app: &App,
    mut order: Order,
    contact: &Contact,
) -> Result<Order, ApiError> {
    if contact.is_empty() || !order.payment_status.is_payable() {
        return Ok(order);
    }
    let sealed = contact.seal(&app.vault, order_row(order.store_id, order.id))?;
    let mut tx = app.db.begin().await?;
    db::orders::set_contact(&mut tx, &order, sealed.clone(), app.now()).await?;
    tx.commit().await?;
    order.contact_sealed = sealed;
    Ok(order)
}

fn order_row(store_id: StoreId, order_id: OrderId) -> Row<'static> {
    Row {
        store_id,
        table: "orders",
        id: *order_id.as_uuid(),
    }
}

/// Why an order was not written.
pub(super) enum InsertError {
    /// The cart has one.
    CartTaken,
    /// Anything else.
    Api(ApiError),
}

impl From<ApiError> for InsertError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<DbError> for InsertError {
    fn from(error: DbError) -> Self {
        Self::Api(error.into())
    }
}

impl From<InsertError> for ApiError {
    fn from(error: InsertError) -> Self {
        match error {
            InsertError::CartTaken => cart_busy(),
            InsertError::Api(error) => error,
        }
    }
}

/// Writes the order and takes its stock; with `paid_by`, binds that payment to it.
pub(super) async fn insert(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    contact: &Contact,
    paid_by: Option<(&Payment, PaymentStatus)>,
) -> Result<Order, InsertError> {
    let now = app.now();
    let new = new_order(app, store_id, basket, contact)?;
    let mut tx = app.db.begin().await?;
    take_stock(&mut tx, store_id, &basket.lines).await?;
    let mut order = match db::orders::insert(&mut tx, store_id, new, &basket.lines).await {
        Err(DbError::Conflict(_)) => return Err(InsertError::CartTaken),
        other => other?,
    };
    if let Some((payment, payment_status)) = paid_by {
        if !db::payments::attach_to_order(&mut tx, store_id, payment.id, order.id, now).await? {
            return Err(InsertError::Api(pay_first::already_used()));
        }
        db::orders::set_state(&mut tx, &order, OrderStatus::Confirmed, payment_status, now).await?;
        order = db::orders::find(&mut tx, store_id, order.id)
            .await?
            .ok_or_else(cart_busy)?;
    }
    db::audit::record(
        &mut tx,
        store_id,
        "shopper",
        "order.placed",
        &order.id.to_string(),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(order)
}

fn new_order(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    contact: &Contact,
) -> Result<NewOrder, ApiError> {
    let id = OrderId::generate();
    let token = SecretString::from(format!("ot_{}", crate::guards::random_token()));
    Ok(NewOrder {
        id,
        mode: basket.cart.mode,
        cart_id: basket.cart.id,
        cart_version: basket.cart.version,
        currency: basket.total.currency(),
        amount_minor: basket.total.amount_minor(),
        contact_sealed: contact.seal(&app.vault, order_row(store_id, id))?,
        token_hash: sha256_hex(token.expose_secret()),
        token: sealing::seal_order_token(&app.vault, store_id, basket.cart.mode, &token)?,
        created_at: app.now(),
    })
}

/// Takes every line's pieces or, through the transaction's end, none.
async fn take_stock(conn: &mut Conn, store_id: StoreId, lines: &[Line]) -> Result<(), ApiError> {
    // In the order of their ids, so that two carts with the same products cannot wait for each other.
    let mut wanted: Vec<(ProductId, &Line)> = lines
        .iter()
        .filter_map(|line| line.product_id.map(|product_id| (product_id, line)))
        .collect();
    wanted.sort_by_key(|(product_id, _)| *product_id);
    for (product_id, line) in wanted {
        if !db::products::take_stock(conn, store_id, product_id, line.quantity).await? {
            let message = format!(
                "\"{}\" is sold out, or fewer are left than you want. Change the cart, then try again.",
                line.name
            );
            return Err(ApiError::unprocessable("insufficient_stock", message).param("items"));
        }
    }
    Ok(())
}

/// 409: somebody else was at the same cart.
pub(super) fn cart_busy() -> ApiError {
    ApiError::conflict(
        "cart_changed",
        "The cart was used at the same moment. Try again.",
    )
}
