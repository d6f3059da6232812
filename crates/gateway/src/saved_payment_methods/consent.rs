//! The shopper agrees, or no longer agrees, that the store keeps what the payment is paid with.

use db::customers::Customer;
use db::stores::Store;
use domain::{PaymentId, StoreId};
use stripe_http::payment_intents::{self, FutureUsage, PaymentIntent, Status, UpdateParams};
use stripe_http::{Error as StripeError, IdempotencyKey};
use uuid::Uuid;

use super::customer::{self, AtStripe};
use super::permitted;
use crate::app::App;
use crate::checkout::intent::Ensured;
use crate::checkout::plan::Plan;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Whether Stripe keeps what this is paid with.
pub fn is_kept(intent: &PaymentIntent) -> bool {
    intent.setup_future_usage.as_deref() == Some("off_session")
}

/// Makes the payment what the shopper has just said. Stripe first: our record says yes only where Stripe was told so, and
/// what Stripe keeps without our record is never used. Where Stripe does not let the store keep it, the payment stays as it is:
/// what matters is that it can be paid.
pub async fn follow(
    app: &App,
    store: &Store,
    plan: &Plan,
    ensured: &mut Ensured,
    wants: bool,
) -> Result<(), ApiError> {
    let intent = &ensured.intent;
    let is_open = matches!(
        intent.status,
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction
    );
    let mut conn = app.db.read().await?;
    let payment = db::payments::find_by_intent(&mut conn, store.id, intent.id.as_str()).await?;
    let Some(payment) = payment.filter(|_| is_open) else {
        return Ok(());
    };
    let is_noted = payment.save_consented_at.is_some();
    if is_kept(intent) == wants && is_noted == wants {
        return Ok(());
    }
    let place = (store.id, payment.mode, payment.account_id.as_str());
    let wants = wants && permitted::may_keep(&mut conn, place).await?;
    drop(conn);
    let stripe = StoreStripe::of_payment(app, store.id, &payment).await?;
    let email = plan.receipt_email.as_deref();
    let ensure = async || match email.filter(|_| wants) {
        Some(email) => customer::ensure(app, &stripe, email).await,
        None if wants => Err(email_missing()),
        None => Ok(None),
    };
    let mut customer = ensure().await?;
    if customer.is_none() && !is_kept(intent) && !is_noted {
        return Ok(());
    }
    let mut updated = tell_stripe(&stripe, intent, customer.as_ref()).await;
    if let (Err(error), Some(known)) = (&updated, &customer)
        && customer::is_gone(error)
    {
        customer::forget(app, store.id, &known.row).await?;
        customer = ensure().await?;
        updated = tell_stripe(&stripe, intent, customer.as_ref()).await;
    }
    let updated = match updated {
        Ok(intent) => intent,
        Err(error) if wants && permitted::is_refused(app, &stripe, &error).await? => return Ok(()),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let now = app.now();
    let consented_at = customer.as_ref().map(|_| now);
    let customer_id = customer.map(|known| known.row.id).or(payment.customer_id);
    let (mut tx, id) = (app.db.begin().await?, payment.id);
    db::payments::set_saving(&mut tx, store.id, id, customer_id, consented_at, now).await?;
    tx.commit().await?;
    ensured.intent = updated;
    Ok(())
}

/// Keeps what it is paid with for this customer, or not at all.
async fn tell_stripe(
    stripe: &StoreStripe,
    intent: &PaymentIntent,
    customer: Option<&AtStripe>,
) -> Result<PaymentIntent, StripeError> {
    let usage = customer.map_or(FutureUsage::Never, |_| FutureUsage::OffSession);
    let params = UpdateParams {
        customer: customer.map(|known| known.id.clone()),
        setup_future_usage: Some(usage),
        ..UpdateParams::default()
    };
    // Setting it is idempotent by itself; a key of its own keeps a later change from being replayed.
    let key = IdempotencyKey::from(Uuid::now_v7());
    payment_intents::update(&stripe.client, &intent.id, &params, &key).await
}

/// Notes that the payment is paid without its shopper, whatever was agreed to before: nothing is kept of it.
pub async fn lift(
    app: &App,
    store_id: StoreId,
    payment_id: PaymentId,
    customer: &Customer,
) -> Result<(), ApiError> {
    let (now, id) = (app.now(), Some(customer.id));
    let mut tx = app.db.begin().await?;
    db::payments::set_saving(&mut tx, store_id, payment_id, id, None, now).await?;
    tx.commit().await?;
    Ok(())
}

fn email_missing() -> ApiError {
    ApiError::malformed(
        "parameter_missing",
        "To keep a card for later, the order needs the shopper's e-mail address.",
    )
    .param("email")
}
