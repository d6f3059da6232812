//! The shopper agrees, or no longer agrees, that the store keeps what the payment is paid with.

use db::stores::Store;
use stripe_http::IdempotencyKey;
use stripe_http::payment_intents::{self, FutureUsage, PaymentIntent, Status, UpdateParams};
use uuid::Uuid;

use super::{customer, permitted};
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
    let customer = if wants {
        let email = plan.receipt_email.as_deref().ok_or_else(email_missing)?;
        customer::ensure(app, &stripe, store.id, email).await?
    } else {
        None
    };
    if customer.is_none() && !is_kept(intent) && !is_noted {
        return Ok(());
    }
    let mut params = UpdateParams::default();
    let (mut customer_id, mut consented_at, now) = (payment.customer_id, None, app.now());
    if let Some((ours, at_stripe)) = customer {
        customer_id = Some(ours);
        consented_at = Some(now);
        params.customer = Some(at_stripe);
        params.setup_future_usage = Some(FutureUsage::OffSession);
    } else {
        params.setup_future_usage = Some(FutureUsage::Never);
    }
    // Setting it is idempotent by itself; a key of its own keeps a later change from being replayed.
    let key = IdempotencyKey::from(Uuid::now_v7());
    let updated = payment_intents::update(&stripe.client, &intent.id, &params, &key).await;
    let updated = match updated {
        Ok(intent) => intent,
        Err(error) if wants && permitted::is_refused(app, &stripe, &error).await? => return Ok(()),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let mut tx = app.db.begin().await?;
    db::payments::set_saving(
        &mut tx,
        store.id,
        payment.id,
        customer_id,
        consented_at,
        now,
    )
    .await?;
    tx.commit().await?;
    ensured.intent = updated;
    Ok(())
}

fn email_missing() -> ApiError {
    ApiError::malformed(
        "parameter_missing",
        "To keep a card for later, the order needs the shopper's e-mail address.",
    )
    .param("email")
}
