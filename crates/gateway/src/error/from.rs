//! Every conversion into [`ApiError`].

use db::DbError;
use domain::cart::CartError;
use domain::ids::InvalidId;
use domain::money::MoneyError;
use stripe_http::Error as StripeError;
use vault::VaultError;

use super::ApiError;

/// Long enough for a fail-over, short enough for a shopper.
const RETRY_AFTER_S: u64 = 5;
/// Another request on the same object ends within a second or two.
const BUSY_RETRY_AFTER_S: u64 = 1;

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) | DbError::Serialization(_) => Self::unavailable(
                "database_unavailable",
                "The service is busy. Try again in a few seconds.",
                RETRY_AFTER_S,
            ),
            DbError::Conflict(_) => Self::conflict(
                "conflict",
                "Somebody else changed this at the same moment. Read it again, then try again.",
            ),
            DbError::Corrupt(_) | DbError::Query(_) => return Self::internal(error),
        }
        .caused_by(error)
    }
}

impl From<VaultError> for ApiError {
    /// A sealed value that does not open is an alarm, not a bad request: wrong `VAULT_KEYS` or a tampered row.
    fn from(error: VaultError) -> Self {
        Self::unavailable(
            "vault_unavailable",
            "The store's keys cannot be opened right now. The operator has to look at it.",
            60,
        )
        .caused_by(error)
    }
}

impl From<StripeError> for ApiError {
    fn from(error: StripeError) -> Self {
        let reconnect =
            "Stripe no longer accepts this store's keys. The merchant has to connect Stripe again.";
        let words = "Stripe could not do this right now. Nothing was charged twice; try again.";
        match &error {
            StripeError::Card(detail) => {
                let decline_code = detail.decline_code.clone();
                Self::payment("card_declined", "The card was declined. Try another card.")
                    .decline_code(decline_code)
            }
            StripeError::Authentication(_) | StripeError::Permission(_) => {
                Self::conflict("store_reconnect_needed", reconnect)
            }
            StripeError::RateLimited(detail) => {
                let seconds = detail
                    .retry_after
                    .map_or(RETRY_AFTER_S, |wait| wait.as_secs().max(1));
                Self::unavailable(
                    "stripe_rate_limited",
                    "Stripe is limiting this store's requests. Wait, then try again.",
                    seconds,
                )
            }
            StripeError::Conflict(_) => Self::unavailable(
                "stripe_busy",
                "Stripe is still working on the same payment. Wait a moment, then try again.",
                BUSY_RETRY_AFTER_S,
            ),
            StripeError::Timeout { .. } => Self::gateway_timeout(
                "stripe_timeout",
                "Stripe did not answer in time. Try again: it will not be charged twice.",
            ),
            StripeError::Invalid(detail) if detail.code.as_deref() == Some("amount_too_small") => {
                Self::unprocessable(
                    "amount_too_small",
                    "The total is below the smallest amount that Stripe charges in this currency.",
                )
                .param("amount")
            }
            StripeError::Invalid(detail) if detail.code.as_deref() == Some("amount_too_large") => {
                Self::unprocessable(
                    "amount_too_large",
                    "The total is above the largest amount that Stripe charges in this currency.",
                )
                .param("amount")
            }
            _ => Self::bad_gateway("stripe_error", words),
        }
        .caused_by(error)
    }
}

impl From<CartError> for ApiError {
    fn from(error: CartError) -> Self {
        match error {
            CartError::Empty => Self::malformed("cart_empty", error.to_string()).param("items"),
            CartError::TooManyLines => {
                Self::malformed("too_many_items", error.to_string()).param("items")
            }
            CartError::InvalidQuantity => {
                Self::malformed("invalid_quantity", error.to_string()).param("quantity")
            }
            CartError::CurrencyMismatch => {
                Self::unprocessable("currency_mismatch", error.to_string()).param("currency")
            }
            CartError::TotalTooLarge => {
                Self::unprocessable("amount_too_large", error.to_string()).param("items")
            }
        }
    }
}

impl From<MoneyError> for ApiError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::UnsupportedCurrency => {
                Self::malformed("invalid_currency", error.to_string()).param("currency")
            }
            _ => Self::malformed("invalid_amount", error.to_string()).param("amount"),
        }
    }
}

impl From<InvalidId> for ApiError {
    /// An id that is none cannot exist; 404 says no more than for one that does not.
    fn from(_: InvalidId) -> Self {
        Self::not_found("object")
    }
}
