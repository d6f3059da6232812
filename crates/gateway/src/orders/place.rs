//! Turns a cart into an order: stock is taken and the order written in one transaction, once per cart.

use db::DbError;
use db::carts::{Cart, Line};
use db::checkouts::Checkout;
use db::orders::stock::take_lines;
use db::orders::{NewOrder, Order};
use db::payment_labels;
use db::payment_methods::PaymentMethod;
use db::payments::find_open_by_order;
use db::stores::Store;
use domain::{Money, OrderId, StoreId};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::stock::insufficient;
use super::{minimum, pay_first, supersede};
use crate::app::App;
use crate::checkout::story;
use crate::error::ApiError;
use crate::guards::sha256_hex;
use crate::personal::{Contact, Row};
use crate::sealing;
use crate::shipping::choice::{self, AddressIs, Choice, ShippingIs};
use crate::storefront::cart_wire::total_to_pay;
use crate::storefront::prices;
use crate::storefront::show_cart::find_cart;
use crate::timeline::{self, Cause};

/// How long an order that is paid by bank transfer or on delivery keeps its pieces: transfers take days.
pub const MANUAL_STOCK_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);

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
    /// How it is shipped, if that was said.
    pub shipping: Option<Choice>,
    /// What is to be paid: the lines and the shipping.
    pub total: Money,
}

/// What is to be ordered.
#[derive(Debug)]
pub struct Wish<'a> {
    /// The cart's id.
    pub cart_id: &'a str,
    /// How it is to be shipped; what the checkout kept, if nothing is said.
    pub shipping_method_id: Option<&'a str>,
    /// Whether that has to be said where the store ships.
    pub shipping: ShippingIs,
    /// How it is to be paid, if not through Stripe.
    pub pay_by: Option<PaymentMethod>,
}

/// Places the `pending` order of a cart, which is then paid.
pub async fn place(
    app: &App,
    store: &Store,
    wish: Wish<'_>,
    checkout: Option<&Checkout>,
    contact: Contact,
) -> Result<Placed, ApiError> {
    let (cart_id, shipping) = (wish.cart_id, wish.shipping_method_id);
    let basket = read_basket(app, store.id, cart_id, shipping, checkout).await?;
    let contact = complete_contact(app, store.id, checkout, contact)?;
    let existing =
        db::orders::find_open_by_cart(&mut app.db.read().await?, store.id, basket.cart.id).await?;
    if let Some(order) = existing
        .as_ref()
        .filter(|order| stands(order, &basket, &wish))
    {
        // Whoever placed it was asked for the shipping then.
        let asked = (ShippingIs::Optional, AddressIs::Needed);
        basket
            .check_shipping(app, store.id, &contact, asked)
            .await?;
        let order = order.clone();
        return refresh_contact(app, order, &contact)
            .await
            .map(Placed::Existing);
    }
    if existing.as_ref().is_some_and(is_firm) {
        return Err(cart_locked());
    }
    let asked = (wish.shipping, AddressIs::Needed);
    basket
        .check_shipping(app, store.id, &contact, asked)
        .await?;
    prices::check(app, store.id, &basket, checkout).await?;
    if wish.pay_by.is_none() {
        minimum::check(app, store.id, basket.cart.mode, basket.total).await?;
    }
    if let Some(order) = existing {
        supersede::supersede(app, store.id, &order).await?;
    }
    supersede::withdraw_cart_payment(app, store.id, basket.cart.id).await?;
    let paid_by = wish.pay_by.map_or(PaidBy::Stripe, PaidBy::Manual);
    match insert(app, store.id, &basket, &contact, paid_by).await {
        Err(InsertError::CartTaken) => {
            let order =
                db::orders::find_open_by_cart(&mut app.db.read().await?, store.id, basket.cart.id)
                    .await?;
            order.map(Placed::Existing).ok_or_else(cart_busy)
        }
        other => Ok(Placed::New(other?)),
    }
}

/// Whether the cart's order is what is asked for: a second click, or it is paid.
fn stands(order: &Order, basket: &Basket, wish: &Wish<'_>) -> bool {
    let shipping = basket.shipping.as_ref();
    let is_same = order.cart_version == Some(basket.cart.version)
        && order.amount_minor == basket.total.amount_minor()
        && order.shipping_method_id == shipping.map(|choice| choice.shipping.method_id)
        && order.payment_method_id == wish.pay_by.as_ref().map(|method| method.id);
    is_same || !order.payment_status.is_payable()
}

/// Whether an order cannot be withdrawn by its shopper: money may be on its way that nobody sees.
pub fn is_firm(order: &Order) -> bool {
    order.payment_method_id.is_some() || !order.payment_status.is_payable()
}

/// 409: the cart was paid or ordered already.
pub fn cart_locked() -> ApiError {
    ApiError::conflict(
        "cart_locked",
        "This cart has been paid or ordered. Make a new cart for another order.",
    )
}

/// The cart with its lines, shipping and total, as the checkout saw it if there is one.
pub async fn read_basket(
    app: &App,
    store_id: StoreId,
    cart_id: &str,
    shipping_method_id: Option<&str>,
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
    let shipping = choice::choose(
        &mut conn,
        store_id,
        cart.currency,
        shipping_method_id,
        checkout,
    )
    .await?;
    let shipping_minor = shipping.as_ref().map(|choice| choice.shipping.amount_minor);
    let total = total_to_pay(cart.currency, &lines, shipping_minor.unwrap_or(0))?;
    Ok(Basket {
        cart,
        lines,
        shipping,
        total,
    })
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
    let known = super::wire::contact(app, &order)?;
    if *contact == known {
        return Ok(order);
    }
    let (store_id, now) = (order.store_id, app.now());
    let sealed = contact.seal(&app.vault, order_row(store_id, order.id))?;
    let mut tx = app.db.begin().await?;
    let hash = contact.email_hash(&app.vault, store_id, order.mode);
    if db::orders::set_contact(&mut tx, &order, sealed.clone(), hash, now).await? {
        // Which of it, and not what.
        let detail = json!({
            "email": contact.email != known.email,
            "shipping_address": contact.shipping_address != known.shipping_address,
            "billing_address": contact.billing_address != known.billing_address,
        });
        let (kind, cause) = ("order.contact_changed", Cause::Shopper);
        timeline::note(&mut tx, store_id, order.id, kind, cause, &detail, now).await?;
        if let Some(payment) = find_open_by_order(&mut tx, store_id, order.id).await? {
            payment_labels::request(&mut tx, store_id, payment.id, now).await?;
        }
    }
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

/// Who takes the money of an order.
pub(super) enum PaidBy<'a> {
    /// Stripe, afterwards.
    Stripe,
    /// Stripe has, by this payment.
    StripeBefore(pay_first::Prepaid<'a>),
    /// The merchant, by hand.
    Manual(PaymentMethod),
}

impl PaidBy<'_> {
    /// Until when the order keeps its pieces unpaid.
    fn stock_until(&self, app: &App) -> Option<Timestamp> {
        match self {
            Self::Stripe => Some(app.now() + app.settings.stock_hold),
            Self::StripeBefore(..) => None,
            Self::Manual(_) => Some(app.now() + MANUAL_STOCK_HOLD),
        }
    }
}

/// Writes the order and takes its stock; binds the payment to it that was made before, and asks for
/// its capture.
pub(super) async fn insert(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    contact: &Contact,
    paid_by: PaidBy<'_>,
) -> Result<Order, InsertError> {
    let now = app.now();
    let new = new_order(app, store_id, basket, contact, &paid_by)?;
    let mut tx = app.db.begin().await?;
    if let Some(line) = take_lines(&mut tx, store_id, &basket.lines).await? {
        return Err(insufficient(&line.name).into());
    }
    let mut order = match db::orders::insert(&mut tx, store_id, new, &basket.lines).await {
        Err(DbError::Conflict(_)) => return Err(InsertError::CartTaken),
        other => other?,
    };
    if let PaidBy::StripeBefore(prepaid) = &paid_by {
        order = pay_first::bind(&mut tx, store_id, order, prepaid, now).await?;
    }
    let (kind, subject) = ("order.placed", order.id.to_string());
    db::audit::record(&mut tx, store_id, "shopper", kind, &subject, now).await?;
    let detail = json!({
        "status": order.status,
        "payment_status": order.payment_status,
        "amount": order.amount_minor,
        "currency": order.currency,
    });
    timeline::note(
        &mut tx,
        store_id,
        order.id,
        kind,
        Cause::Shopper,
        &detail,
        now,
    )
    .await?;
    if let PaidBy::StripeBefore(prepaid) = &paid_by {
        let (payment, cause) = (&prepaid.proof.payment, Cause::Shopper);
        story::created_before(&mut tx, store_id, order.id, payment, cause, now).await?;
        pay_first::request_capture(&mut tx, store_id, order.id, prepaid, now).await?;
        payment_labels::request(&mut tx, store_id, payment.id, now).await?;
    }
    tx.commit().await?;
    Ok(order)
}

fn new_order(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    contact: &Contact,
    paid_by: &PaidBy<'_>,
) -> Result<NewOrder, ApiError> {
    let id = OrderId::generate();
    let token = SecretString::from(format!("ot_{}", crate::guards::random_token()));
    let payment_method_id = match paid_by {
        PaidBy::Manual(method) => Some(method.id),
        PaidBy::Stripe | PaidBy::StripeBefore(..) => None,
    };
    Ok(NewOrder {
        id,
        mode: basket.cart.mode,
        cart_id: basket.cart.id,
        cart_version: basket.cart.version,
        currency: basket.total.currency(),
        amount_minor: basket.total.amount_minor(),
        shipping: basket
            .shipping
            .as_ref()
            .map(|choice| choice.shipping.clone()),
        payment_method_id,
        stock_until: paid_by.stock_until(app),
        contact_sealed: contact.seal(&app.vault, order_row(store_id, id))?,
        email_hash: contact.email_hash(&app.vault, store_id, basket.cart.mode),
        token_hash: sha256_hex(token.expose_secret()),
        token: sealing::seal_order_token(&app.vault, store_id, basket.cart.mode, &token)?,
        created_at: app.now(),
    })
}

/// 409: somebody else moved the same order.
pub(super) fn order_busy() -> ApiError {
    ApiError::conflict(
        "conflict",
        "Somebody else changed this order at the same moment. Read it again, then try again.",
    )
}

/// 409: somebody else was at the same cart.
pub fn cart_busy() -> ApiError {
    ApiError::conflict(
        "cart_changed",
        "The cart was used at the same moment. Try again.",
    )
}
