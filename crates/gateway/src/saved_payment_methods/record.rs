//! Keeps what was paid with, once the money is there and if the shopper agreed.

use db::Conn;
use db::payments::Payment;
use db::saved_payment_methods::{self, SavedPaymentMethod};
use domain::{SavedPaymentMethodId, StoreId};
use stripe_http::payment_intents::{PaymentIntent, Status};

use super::consent::is_kept;
use crate::error::ApiError;

/// The only type that can be charged again as we do it: held first, and without its shopper. Bank debits cannot be held, and
/// most others are gone once paid with (Stripe docs, "Payment method support", manual capture and `setup_future_usage`).
const CHARGED_AGAIN: &str = "card";

/// What is to be kept of a payment: only a card, and only with the shopper's consent, by our record and by Stripe's.
pub fn to_keep(payment: &Payment, intent: &PaymentIntent) -> Option<SavedPaymentMethod> {
    let has_money = matches!(intent.status, Status::RequiresCapture | Status::Succeeded);
    if !has_money || !is_kept(intent) {
        return None;
    }
    let charge = intent.latest_charge.as_ref()?.expanded()?;
    let paid_with = charge.paid_with().filter(|it| it.kind == CHARGED_AGAIN)?;
    Some(SavedPaymentMethod {
        id: SavedPaymentMethodId::generate(),
        customer_id: payment.customer_id?,
        stripe_payment_method_id: intent.payment_method.as_ref()?.to_string(),
        kind: paid_with.kind,
        brand: paid_with.brand,
        last4: paid_with.last4,
        expires: paid_with.expires,
        consented_at: payment.save_consented_at?,
        detached_at: None,
    })
}

/// Writes it, once however often it is told.
pub async fn keep(
    conn: &mut Conn,
    store_id: StoreId,
    method: &SavedPaymentMethod,
) -> Result<(), ApiError> {
    Ok(saved_payment_methods::insert(conn, store_id, method).await?)
}
