//! One thing to pay, one `PaymentIntent`: our row is written first, its id is the idempotency key at Stripe.

use db::connections::Connection;
use db::payment_actions::Action;
use db::payments::{CaptureMethod, NewPayment, Payment, PaymentState, Purpose};
use db::{Conn, DbError};
use domain::order::OrderStatus;
use domain::{OrderId, PaymentId, StoreId};
use jiff::{SignedDuration, Timestamp};
use stripe_http::payment_intents::{
    self, CancelParams, CreateParams, PaymentIntent, Status, UpdateParams,
};
use stripe_http::{Error as StripeError, IdempotencyKey, PaymentIntentId};

use super::plan::Plan;
use super::story;
use crate::app::App;
use crate::error::ApiError;
use crate::orders::actions::perform;
use crate::stripe::StoreStripe;
use crate::timeline::Cause;

/// A `PaymentIntent` and how it came about.
pub struct Ensured {
    /// As Stripe has it now.
    pub intent: PaymentIntent,
    /// The connection that it was made with.
    pub connection: Connection,
    /// Whether this call created it.
    pub is_new: bool,
}

/// Rounds against a second click, an expired row, a cancelled `PaymentIntent` and a former account's, one each and one to spare.
const MAX_ROUNDS: u32 = 5;

/// Stripe forgets idempotency keys after 24 hours; an hour before that a creation is never repeated.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(23);

/// Finds or creates the `PaymentIntent` for what is to be paid; never a second one beside it. What is new goes to the
/// store's current account; what a former one holds is finished or cancelled there.
pub async fn ensure(app: &App, store_id: StoreId, plan: &Plan) -> Result<Ensured, ApiError> {
    for _ in 0..MAX_ROUNDS {
        let mut stripe = StoreStripe::open(app, store_id, plan.mode).await?;
        let Some(payment) = find_or_insert(app, store_id, plan, &stripe.connection).await? else {
            continue;
        };
        let is_former = payment.account_id != stripe.connection.account_id;
        if is_former {
            stripe = StoreStripe::of_payment(app, store_id, &payment).await?;
        }
        let attempt = match &payment.payment_intent_id {
            Some(id) if is_former => move_on(app, store_id, &stripe, &payment, id, plan).await?,
            Some(id) => reuse(app, store_id, &stripe, &payment, id, plan).await?,
            None if is_former => {
                // Whatever the former account made of it, nobody ever got its client secret.
                close(app, store_id, &payment).await?;
                None
            }
            None => create(app, store_id, &stripe, &payment, plan).await?,
        };
        if let Some((intent, is_new)) = attempt {
            return Ok(Ensured {
                intent,
                connection: stripe.connection,
                is_new,
            });
        }
    }
    Err(ApiError::unavailable(
        "payment_busy",
        "The payment is being prepared at this moment. Try again.",
        1,
    ))
}

/// Another `PaymentIntent` for the same, where one that waits for its shopper cannot be paid as it has to be. That one is
/// cancelled first, so that never two can be paid; where it has been paid meanwhile, it stays.
pub async fn replace(
    app: &App,
    store_id: StoreId,
    plan: &Plan,
    ensured: Ensured,
) -> Result<Ensured, ApiError> {
    let id = &ensured.intent.id;
    if !awaits_shopper(&ensured.intent.status) {
        return Ok(ensured);
    }
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store_id, id.as_str()).await?;
    drop(conn);
    if let Some(payment) = payment {
        let stripe = StoreStripe::of_payment(app, store_id, &payment).await?;
        withdraw(app, &stripe, id, &payment, plan.cause()).await?;
    }
    ensure(app, store_id, plan).await
}

/// `None` where somebody else was first: look again.
async fn find_or_insert(
    app: &App,
    store_id: StoreId,
    plan: &Plan,
    connection: &Connection,
) -> Result<Option<Payment>, ApiError> {
    // Outside the transaction, which would have to be given up: the common case is that it is there.
    let mut conn = app.db.read().await?;
    let existing = match plan.purpose {
        Purpose::Order(order_id) => {
            db::payments::find_open_by_order(&mut conn, store_id, order_id).await?
        }
        Purpose::Cart(cart_id) => {
            db::payments::find_open_by_cart(&mut conn, store_id, cart_id).await?
        }
        Purpose::Amount => None,
    };
    let due = match &existing {
        Some(payment) => db::payment_actions::find_due(&mut conn, store_id, payment.id).await?,
        None => None,
    };
    drop(conn);
    if let Some(action) = due.filter(|action| action.action == Action::Cancel) {
        if matches!(plan.purpose, Purpose::Order(_)) {
            return Err(order_cancelled());
        }
        // Left by a checkout that failed: given back first, then the cart gets another one.
        perform::resume(app, store_id, &action, Cause::Shopper).await?;
        return Ok(None);
    }
    if existing.is_some() {
        return Ok(existing);
    }
    let new = NewPayment {
        id: PaymentId::generate(),
        mode: plan.mode,
        account_id: connection.account_id.clone(),
        purpose: plan.purpose,
        capture_method: plan.capture_method,
        currency: plan.amount.currency(),
        amount_minor: plan.amount.amount_minor(),
        next_check_at: app.now() + app.settings.reconcile_interval(),
    };
    let mut tx = app.db.begin().await?;
    if let Purpose::Order(order_id) = plan.purpose
        && !hold_order(&mut tx, store_id, order_id, app.now()).await?
    {
        return Ok(None);
    }
    match db::payments::insert(&mut tx, store_id, new, app.now()).await {
        Ok(payment) => {
            tx.commit().await?;
            Ok(Some(payment))
        }
        Err(DbError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Takes the order's row until the transaction's end, so that it is not withdrawn while it gets a payment. `false` if
/// it moved at this moment.
async fn hold_order(
    conn: &mut Conn,
    store_id: StoreId,
    order_id: OrderId,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some(order) = db::orders::find(conn, store_id, order_id).await? else {
        return Ok(false);
    };
    if order.status == OrderStatus::Cancelled {
        return Err(order_cancelled());
    }
    if db::payment_actions::is_order_being_cancelled(conn, store_id, order_id).await? {
        return Err(order_cancelled());
    }
    let (status, payment_status) = (order.status, order.payment_status);
    Ok(db::orders::set_state(conn, &order, status, payment_status, now).await?)
}

/// 409: there is nothing to pay any more.
pub fn order_cancelled() -> ApiError {
    ApiError::conflict(
        "order_cancelled",
        "This order was cancelled. Go back to the shop and order again.",
    )
}

type Attempt = Option<(PaymentIntent, bool)>;

async fn create(
    app: &App,
    store_id: StoreId,
    stripe: &StoreStripe,
    payment: &Payment,
    plan: &Plan,
) -> Result<Attempt, ApiError> {
    let now = app.now();
    if payment.created_at + KEY_LIFE < now || payment.amount_minor != plan.amount.amount_minor() {
        // Whatever Stripe made of it then, nobody ever got its client secret.
        close(app, store_id, payment).await?;
        return Ok(None);
    }
    let key = IdempotencyKey::from(*payment.id.as_uuid());
    let answer = payment_intents::create(&stripe.client, &params(plan, payment), &key).await;
    if answer.is_err() {
        story::called(app, stripe, payment, "create", &answer, plan.cause()).await;
    }
    let intent = match answer {
        Ok(intent) => intent,
        // A lost attempt asked for something else, such as a receipt to another address.
        Err(StripeError::Idempotency(_)) => {
            close(app, store_id, payment).await?;
            return Ok(None);
        }
        Err(error) => {
            // What was asked for cannot be had, such as a total that is too small: the next call may ask for more.
            let refused = matches!(error, StripeError::Invalid(_)) && !error.is_outcome_unknown();
            // Stripe keeps a 500 under its idempotency key and would repeat it for a day ("Idempotent requests").
            // Whatever it made then, nobody got its client secret.
            if refused || error.http_status() == Some(500) {
                close(app, store_id, payment).await?;
            }
            return Err(stripe.fail(app, error).await);
        }
    };
    let mut tx = app.db.begin().await?;
    let kept =
        db::payments::set_intent(&mut tx, store_id, payment.id, intent.id.as_str(), now).await?;
    if kept {
        story::created(&mut tx, store_id, payment, &intent, plan.cause(), now).await?;
    }
    tx.commit().await?;
    if kept {
        return Ok(Some((intent, true)));
    }
    // Either the same click finished a moment earlier, or the payment was withdrawn meanwhile.
    let fresh =
        db::payments::find_by_intent(&mut app.db.read().await?, store_id, intent.id.as_str())
            .await?;
    if fresh.is_some_and(|payment| payment.status != PaymentState::Canceled) {
        return Ok(Some((intent, false)));
    }
    withdraw(app, stripe, &intent.id, payment, plan.cause()).await?;
    Ok(None)
}

fn params(plan: &Plan, payment: &Payment) -> CreateParams {
    let mut params = CreateParams::new(payment.amount_minor, payment.currency.as_str());
    params.capture_method = match plan.capture_method {
        CaptureMethod::Automatic => payment_intents::CaptureMethod::Automatic,
        CaptureMethod::Manual => payment_intents::CaptureMethod::Manual,
    };
    params.description.clone_from(&plan.description);
    params.receipt_email.clone_from(&plan.receipt_email);
    params.metadata = plan.metadata.clone();
    params
}

async fn reuse(
    app: &App,
    store_id: StoreId,
    stripe: &StoreStripe,
    payment: &Payment,
    id: &str,
    plan: &Plan,
) -> Result<Attempt, ApiError> {
    let id = PaymentIntentId::parse(id).map_err(ApiError::internal)?;
    let intent = match payment_intents::retrieve(&stripe.client, &id).await {
        Ok(intent) => intent,
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    if intent.status == Status::Canceled {
        close(app, store_id, payment).await?;
        return Ok(None);
    }
    if intent.amount != payment.amount_minor {
        // Stripe's answer to an earlier change was lost.
        keep_amount(app, store_id, payment, intent.amount).await?;
    }
    let amount_minor = plan.amount.amount_minor();
    if intent.amount == amount_minor || !awaits_shopper(&intent.status) {
        return Ok(Some((intent, false)));
    }
    update_amount(app, store_id, stripe, payment, &id, plan).await
}

/// What became of a payment at the account that the store has moved away from. One that still waits for its shopper is
/// cancelled there before the current account gets a new one, so that never two can be paid.
async fn move_on(
    app: &App,
    store_id: StoreId,
    former: &StoreStripe,
    payment: &Payment,
    id: &str,
    plan: &Plan,
) -> Result<Attempt, ApiError> {
    let id = PaymentIntentId::parse(id).map_err(ApiError::internal)?;
    let intent = match payment_intents::retrieve(&former.client, &id).await {
        Ok(intent) => intent,
        Err(error) => return Err(former.fail(app, error).await),
    };
    if awaits_shopper(&intent.status) {
        withdraw(app, former, &id, payment, plan.cause()).await?;
        // Looks again: it may have been paid at this moment.
        return Ok(None);
    }
    if intent.status == Status::Canceled {
        close(app, store_id, payment).await?;
        return Ok(None);
    }
    Ok(Some((intent, false)))
}

fn awaits_shopper(status: &Status) -> bool {
    matches!(
        status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    )
}

async fn update_amount(
    app: &App,
    store_id: StoreId,
    stripe: &StoreStripe,
    payment: &Payment,
    id: &PaymentIntentId,
    plan: &Plan,
) -> Result<Attempt, ApiError> {
    let amount_minor = plan.amount.amount_minor();
    // Setting an amount is idempotent by itself; a key of its own keeps a later change from being replayed.
    let key = IdempotencyKey::from(*PaymentId::generate().as_uuid());
    let params = UpdateParams {
        amount: Some(amount_minor),
        ..UpdateParams::default()
    };
    let answer = payment_intents::update(&stripe.client, id, &params, &key).await;
    story::called(app, stripe, payment, "update", &answer, plan.cause()).await;
    let intent = match answer {
        Ok(intent) => intent,
        // Paid or cancelled meanwhile: look again.
        Err(StripeError::UnexpectedState(_)) => return Ok(None),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    keep_amount(app, store_id, payment, amount_minor).await?;
    Ok(Some((intent, false)))
}

async fn keep_amount(
    app: &App,
    store_id: StoreId,
    payment: &Payment,
    amount_minor: i64,
) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    db::payments::set_amount(&mut tx, store_id, payment.id, amount_minor, app.now()).await?;
    Ok(tx.commit().await?)
}

async fn close(app: &App, store_id: StoreId, payment: &Payment) -> Result<(), ApiError> {
    let mut tx = app.db.begin().await?;
    db::payments::set_state(
        &mut tx,
        store_id,
        payment,
        PaymentState::Canceled,
        payment.captured_minor,
        app.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn withdraw(
    app: &App,
    stripe: &StoreStripe,
    id: &PaymentIntentId,
    payment: &Payment,
    cause: Cause<'_>,
) -> Result<(), ApiError> {
    // Stripe cancels once, whatever the key. One that stayed the same would repeat a 500 that Stripe keeps with it for a day.
    let key = IdempotencyKey::from(*PaymentId::generate().as_uuid());
    let answer = payment_intents::cancel(&stripe.client, id, &CancelParams::default(), &key).await;
    story::called(app, stripe, payment, "cancel", &answer, cause).await;
    match answer {
        Ok(_) | Err(StripeError::UnexpectedState(_)) => Ok(()),
        Err(error) => Err(stripe.fail(app, error).await),
    }
}
