//! The shopper agrees, or no longer agrees, that the store keeps what the payment is paid with.

use db::stores::Store;
use stripe_http::IdempotencyKey;
use stripe_http::payment_intents::{self, FutureUsage, PaymentIntent, Status, UpdateParams};
use uuid::Uuid;

use super::customer;
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
/// what Stripe keeps without our record is never used.
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
    drop(conn);
    let Some(payment) = payment.filter(|_| is_open) else {
        return Ok(());
    };
    let is_noted = payment.save_consented_at.is_some();
    if is_kept(intent) == wants && is_noted == wants {
        return Ok(());
    }
    let stripe = StoreStripe::of_payment(app, store.id, &payment).await?;
    let mut params = UpdateParams::default();
    let mut customer_id = payment.customer_id;
    if wants {
        let email = plan.receipt_email.as_deref().ok_or_else(email_missing)?;
        let (ours, at_stripe) = customer::ensure(app, &stripe, store.id, email).await?;
        customer_id = Some(ours);
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
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let now = app.now();
    let consented_at = wants.then_some(now);
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
