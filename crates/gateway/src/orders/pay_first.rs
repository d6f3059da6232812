//! Pay first, order then: the checks that bind a payment to exactly one order, its capture and its release.

use db::Conn;
use db::orders::Order;
use db::payment_actions::Action;
use db::payments::Payment;
use db::stores::Store;
use domain::order::{OrderStatus, PaymentStatus};
use domain::{OrderId, StoreId};
use jiff::Timestamp;
use stripe_http::payment_intents::{self, PaymentIntent, Status};
use stripe_http::{Error as StripeError, PaymentIntentId};

use super::actions::perform;
use super::actions::request::{First, Wanted, request};
use super::place::{Basket, cart_busy};
use crate::app::App;
use crate::error::ApiError;
use crate::shipping::wire::MAX_METHODS;
use crate::stripe::StoreStripe;
use crate::timeline::Cause;
use crate::work::settle::{self, Trigger};
use crate::work::unordered;

/// A payment that was found good for a cart, as Stripe said just now.
pub struct Proof {
    /// Our row of it.
    pub payment: Payment,
    /// Stripe's id of it.
    pub payment_intent_id: PaymentIntentId,
    /// What the order's payment status becomes.
    pub payment_status: PaymentStatus,
}

/// A good payment, and what is to become of its money.
#[derive(Clone, Copy)]
pub struct Prepaid<'a> {
    /// The payment.
    pub proof: &'a Proof,
    /// Whether what it holds is taken as soon as the order is confirmed.
    pub captures_at_once: bool,
}

/// What a payment is good for.
pub enum Checked {
    /// An order of its cart.
    Good(Proof),
    /// Nothing more: it has made this order of the same cart.
    Used(Order),
}

/// The store's `capture_on` that captures as soon as the order is confirmed.
const CAPTURE_AT_ONCE: &str = "confirmed";

/// Checks that the payment is of this store, mode and cart, has the right amount, holds money and is unused. One that is not is
/// written down.
pub async fn check(
    app: &App,
    store: &Store,
    basket: &Basket,
    payment_intent_id: &str,
) -> Result<Checked, ApiError> {
    let checked = find_good(app, store, basket, payment_intent_id).await;
    if let Err(error) = &checked
        && error.status().is_client_error()
    {
        let (store_id, cart_id, code) = (store.id, basket.cart.id, error.code());
        tracing::warn!(%store_id, %cart_id, code, "a payment was refused for a cart");
        if let Err(error) = record_refusal(app, store_id, payment_intent_id).await {
            tracing::error!(%store_id, %cart_id, ?error, "a refused payment could not be written down");
        }
    }
    checked
}

/// In the audit log, if the payment is one of this store's.
async fn record_refusal(
    app: &App,
    store_id: StoreId,
    payment_intent_id: &str,
) -> Result<(), ApiError> {
    let Ok(id) = PaymentIntentId::parse(payment_intent_id) else {
        return Ok(());
    };
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, id.as_str()).await?;
    drop(conn);
    let Some(payment) = payment else {
        return Ok(());
    };
    let (action, subject) = ("payment.refused", payment.id.to_string());
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    db::audit::record(&mut tx, store_id, "shopper", action, &subject, now).await?;
    Ok(tx.commit().await?)
}

async fn find_good(
    app: &App,
    store: &Store,
    basket: &Basket,
    payment_intent_id: &str,
) -> Result<Checked, ApiError> {
    let store_id = store.id;
    let id = PaymentIntentId::parse(payment_intent_id).map_err(|_| mismatch())?;
    let payment =
        db::payments::find_by_intent(&mut app.db.read().await?, store_id, payment_intent_id)
            .await?;
    let payment = payment
        .filter(|payment| payment.mode == basket.cart.mode)
        .ok_or_else(mismatch)?;
    if payment.order_id.is_some() {
        return find_made(app, store_id, basket, &payment)
            .await
            .map(Checked::Used);
    }
    if payment.cart_id != Some(basket.cart.id) {
        return Err(mismatch());
    }
    let intent = read(app, store_id, &payment, &id).await?;
    match judge(basket, &intent) {
        Ok(payment_status) => Ok(Checked::Good(Proof {
            payment,
            payment_intent_id: id,
            payment_status,
        })),
        Err(error) => {
            if intent.status == Status::RequiresCapture
                && !may_fit_yet(app, store_id, basket, &intent).await?
            {
                // It is this cart's own and fits nothing else: the shopper gets the money back and pays what is right.
                release(app, store_id, &payment).await?;
            }
            Err(error)
        }
    }
}

/// The order that a cart's payment has made: whoever places it again gets the same one. 409 if it made another cart's.
pub async fn find_made(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    payment: &Payment,
) -> Result<Order, ApiError> {
    let Some(order_id) = payment
        .order_id
        .filter(|_| payment.cart_id == Some(basket.cart.id))
    else {
        return Err(already_used());
    };
    let mut conn = app.db.read().await?;
    let order = db::orders::find(&mut conn, store_id, order_id).await?;
    order
        .filter(|order| order.cart_id == Some(basket.cart.id))
        .ok_or_else(already_used)
}

fn judge(basket: &Basket, intent: &PaymentIntent) -> Result<PaymentStatus, ApiError> {
    let total = basket.total;
    if intent.amount != total.amount_minor()
        || intent.currency.parse().ok() != Some(total.currency())
        || intent.livemode != basket.cart.mode.is_live()
    {
        return Err(mismatch());
    }
    match intent.status {
        Status::RequiresCapture if intent.amount_capturable == total.amount_minor() => {
            Ok(PaymentStatus::Authorized)
        }
        Status::Succeeded if intent.amount_received == total.amount_minor() => {
            Ok(PaymentStatus::Paid)
        }
        Status::RequiresCapture | Status::Succeeded => Err(mismatch()),
        Status::Canceled => Err(released()),
        _ => Err(ApiError::payment(
            "payment_incomplete",
            "The payment is not complete yet. Let the shopper finish it, then place the order again.",
        )),
    }
}

/// Whether what is held pays the cart with another way of shipping than the request has named, or without one.
async fn may_fit_yet(
    app: &App,
    store_id: StoreId,
    basket: &Basket,
    intent: &PaymentIntent,
) -> Result<bool, ApiError> {
    if intent.currency.parse().ok() != Some(basket.total.currency()) {
        return Ok(false);
    }
    let chosen = basket.shipping.as_ref();
    let goods_minor =
        basket.total.amount_minor() - chosen.map_or(0, |choice| choice.shipping.amount_minor);
    let left_minor = intent.amount_capturable - goods_minor;
    let mut conn = app.db.read().await?;
    let methods = db::shipping_methods::list_active(&mut conn, store_id, MAX_METHODS).await?;
    Ok(left_minor == 0
        || methods
            .iter()
            .any(|method| method.amount_minor == left_minor))
}

async fn read(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    id: &PaymentIntentId,
) -> Result<PaymentIntent, ApiError> {
    let stripe = StoreStripe::of_payment(app, store_id, payment).await?;
    match payment_intents::retrieve(&stripe.client, id).await {
        Ok(intent) => Ok(intent),
        Err(StripeError::NotFound(_)) => Err(mismatch()),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}

/// Whether a store takes what is held as soon as an order is confirmed.
pub fn captures_at_once(store: &Store) -> bool {
    store.capture_on == CAPTURE_AT_ONCE
}

/// Gives a payment to the order that is being written, and confirms it. In the order's transaction.
pub(super) async fn bind(
    conn: &mut Conn,
    store_id: StoreId,
    order: Order,
    prepaid: &Prepaid<'_>,
    now: Timestamp,
) -> Result<Order, ApiError> {
    let Proof {
        payment,
        payment_status,
        ..
    } = prepaid.proof;
    let order_and_total = (order.id, order.amount_minor);
    // From here on the payment's row is held: what is given free at this moment makes no order.
    if !db::payments::attach_to_order(conn, store_id, payment.id, order_and_total, now).await? {
        let fresh = db::payments::find(conn, store_id, payment.id).await?;
        let is_used = fresh.is_none_or(|payment| payment.order_id.is_some());
        return Err(if is_used { already_used() } else { released() });
    }
    let due = db::payment_actions::find_due(conn, store_id, payment.id).await?;
    if due.is_some() {
        // A payment without an order is cancelled and nothing else.
        return Err(released());
    }
    if *payment_status == PaymentStatus::Paid {
        // It was taken before it had an order.
        unordered::refresh(conn, store_id, payment, now).await?;
    }
    db::orders::set_state(conn, &order, OrderStatus::Confirmed, *payment_status, now).await?;
    let order = db::orders::find(conn, store_id, order.id).await?;
    order.ok_or_else(cart_busy)
}

/// Asks for the capture of what the order's payment holds, where the store wants that at once. In the order's transaction.
pub(super) async fn request_capture(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    prepaid: &Prepaid<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    if !prepaid.captures_at_once || prepaid.proof.payment_status != PaymentStatus::Authorized {
        return Ok(());
    }
    let wanted = Wanted {
        payment: &prepaid.proof.payment,
        order_id: Some(order_id),
        action: Action::Capture,
        amount_minor: None,
        cause: Cause::Shopper,
        first: First::Writer,
    };
    request(conn, store_id, &wanted, now).await?;
    Ok(())
}

/// Takes what the new order's payment holds, where that was asked for. The order stands whatever Stripe says: a capture that
/// fails now is tried again by the worker.
pub async fn finish(app: &App, store_id: StoreId, proof: &Proof, order: Order) -> Order {
    let done = match try_to_finish(app, store_id, proof, &order).await {
        Ok(fresh) => fresh,
        Err(error) => {
            tracing::warn!(%store_id, order_id = %order.id, ?error, "the order's payment is taken or read again later");
            None
        }
    };
    match done {
        Some(order) => order,
        None => match app.db.read().await {
            Ok(mut conn) => {
                let fresh = db::orders::find(&mut conn, store_id, order.id).await;
                fresh.ok().flatten().unwrap_or(order)
            }
            Err(_) => order,
        },
    }
}

async fn try_to_finish(
    app: &App,
    store_id: StoreId,
    proof: &Proof,
    order: &Order,
) -> Result<Option<Order>, ApiError> {
    let mut conn = app.db.read().await?;
    let due = db::payment_actions::find_due(&mut conn, store_id, proof.payment.id).await?;
    drop(conn);
    if let Some(action) = due {
        perform::perform(app, store_id, &action, Cause::Shopper).await?;
    } else {
        let intent = proof.payment_intent_id.as_str();
        settle::settle(app, store_id, order.mode, intent, Trigger::Asked).await?;
    }
    let mut conn = app.db.read().await?;
    Ok(db::orders::find(&mut conn, store_id, order.id).await?)
}

/// Gives the shopper's money free after a checkout that cannot be done: written down here, done by the worker, so that nobody
/// waits for Stripe.
pub async fn release(app: &App, store_id: StoreId, payment: &Payment) -> Result<(), ApiError> {
    let wanted = Wanted {
        payment,
        order_id: None,
        action: Action::Cancel,
        amount_minor: None,
        cause: Cause::Shopper,
        first: First::Worker,
    };
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // An order that has got the payment meanwhile keeps it: from here on its row is held.
    if db::payments::is_free(&mut tx, store_id, payment.id, now).await? {
        request(&mut tx, store_id, &wanted, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// 409: the payment made another order already.
pub fn already_used() -> ApiError {
    ApiError::conflict(
        "payment_already_used",
        "This payment belongs to an order already. Start a new checkout.",
    )
    .param("payment_reference")
}

/// 409: what was held has been given free, or is about to be.
fn released() -> ApiError {
    ApiError::conflict(
        "payment_released",
        "This payment was cancelled before it became an order: nothing was charged, and what was held is given free. Let the shopper pay again.",
    )
    .param("payment_reference")
}

fn mismatch() -> ApiError {
    ApiError::conflict(
        "payment_mismatch",
        "This payment does not fit the cart: store, mode, cart, amount and currency must be the same. Start a new checkout.",
    )
    .param("payment_reference")
}
