//! What we may ask of a PaymentIntent.

use serde::Serialize;

use super::CaptureMethod;
use crate::{CustomerId, Metadata, PaymentMethodId};

/// What to create. Fields that are `None` are not sent. No `Debug`: it may hold an e-mail address.
#[derive(Clone, Serialize)]
pub struct CreateParams {
    /// In the currency's smallest unit; Stripe takes 1 to 99999999 for most currencies.
    pub amount: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// When the money is taken.
    pub capture_method: CaptureMethod,
    /// Which payment methods the shopper is offered.
    pub automatic_payment_methods: AutomaticPaymentMethods,
    /// What the merchant sees in the dashboard.
    pub description: Option<String>,
    /// Where Stripe sends a receipt.
    pub receipt_email: Option<String>,
    /// Our notes.
    pub metadata: Metadata,
}

impl CreateParams {
    /// An immediate payment by whatever method the merchant has switched on.
    pub fn new(amount: i64, currency: impl Into<String>) -> Self {
        Self {
            amount,
            currency: currency.into(),
            capture_method: CaptureMethod::Automatic,
            automatic_payment_methods: AutomaticPaymentMethods { enabled: true },
            description: None,
            receipt_email: None,
            metadata: Metadata::default(),
        }
    }
}

/// Whether the methods of the merchant's dashboard are offered.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AutomaticPaymentMethods {
    /// Stripe chooses the methods.
    pub enabled: bool,
}

/// What to change. Fields that are `None` stay as they are. No `Debug`: it may hold an e-mail address.
#[derive(Clone, Default, Serialize)]
pub struct UpdateParams {
    /// In the currency's smallest unit.
    pub amount: Option<i64>,
    /// What the merchant sees in the dashboard.
    pub description: Option<String>,
    /// Where Stripe sends a receipt.
    pub receipt_email: Option<String>,
    /// Entries to add or replace; others stay.
    pub metadata: Metadata,
    /// Whose payment it is; once told, it stays.
    pub customer: Option<CustomerId>,
    /// Whether the way to pay is kept for later.
    pub setup_future_usage: Option<FutureUsage>,
}

/// What a way to pay is kept for (Stripe docs, "Save a customer's payment method during a payment").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FutureUsage {
    /// For payments without the customer.
    #[serde(rename = "off_session")]
    OffSession,
    /// For nothing.
    #[serde(rename = "")]
    Never,
}

/// How to pay without the customer.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmParams {
    /// What the customer has saved.
    pub payment_method: PaymentMethodId,
    /// Nobody is there to answer a bank's question.
    pub off_session: bool,
    /// Where a shopper would come back to: Stripe wants it of payments with methods of the merchant's dashboard.
    pub return_url: String,
}

/// What to take of a reservation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaptureParams {
    /// In the currency's smallest unit; all of it by default. The rest is released.
    pub amount_to_capture: Option<i64>,
}

/// Why a payment is given up.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CancelParams {
    /// Shown in the merchant's dashboard.
    pub cancellation_reason: Option<CancellationReason>,
}

/// Stripe's `cancellation_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum CancellationReason {
    Duplicate,
    Fraudulent,
    RequestedByCustomer,
    Abandoned,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    #[test]
    fn absent_parameters_are_not_sent() {
        assert_eq!(form::encode(&CaptureParams::default()).unwrap(), "");
        assert_eq!(
            form::encode(&UpdateParams {
                amount: Some(5),
                ..UpdateParams::default()
            })
            .unwrap(),
            "amount=5"
        );
        let mut params = CreateParams::new(4999, "eur");
        params.capture_method = CaptureMethod::Manual;
        assert_eq!(
            form::encode(&params).unwrap(),
            "amount=4999&currency=eur&capture_method=manual&automatic_payment_methods%5Benabled%5D=true"
        );
    }
}
