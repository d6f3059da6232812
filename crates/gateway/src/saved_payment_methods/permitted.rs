//! Whether a store's key may keep cards. Where it may not, payments go on without, and the merchant is told what is missing.

use db::Conn;
use domain::{Mode, StoreId};
use stripe_http::Error as StripeError;

use crate::app::App;
use crate::connect::permissions::{self, CUSTOMERS, PAYMENT_METHODS};
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// Whether shoppers may be asked: what could not be given up again at Stripe is not kept either. A permission that was added
/// at Stripe is found within the hour.
pub async fn may_keep(conn: &mut Conn, place: (StoreId, Mode, &str)) -> Result<bool, ApiError> {
    let lacks = permissions::lacks_any(conn, place, &[CUSTOMERS, PAYMENT_METHODS]).await?;
    Ok(!lacks)
}

/// Whether Stripe refused to keep something, and asking again would not help: then it is paid without. A permission that the
/// key lacks is told to the merchant.
pub async fn is_refused(
    app: &App,
    stripe: &StoreStripe,
    error: &StripeError,
) -> Result<bool, ApiError> {
    let is_final = match error {
        StripeError::Permission(_) => {
            permissions::note_missing(app, stripe, CUSTOMERS).await?;
            true
        }
        StripeError::Invalid(_)
        | StripeError::NotFound(_)
        | StripeError::UnexpectedState(_)
        | StripeError::Idempotency(_) => true,
        _ => false,
    };
    if is_final {
        tracing::warn!(store_id = %stripe.store_id, %error, "Stripe does not keep what is paid with: it is paid without");
    }
    Ok(is_final)
}
