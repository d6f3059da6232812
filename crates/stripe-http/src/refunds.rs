//! Refunds: money that goes back to the shopper. Source: API reference, "Refunds".

use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey, Metadata, PaymentIntentId, RefundId, list};

/// A refund (API reference, "The Refund object"). The amount is in the currency's smallest unit.
#[derive(Debug, Clone, Deserialize)]
pub struct Refund {
    /// `re_…` or `pyr_…`.
    pub id: RefundId,
    /// What goes back.
    pub amount: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// Where it stands; Stripe may leave it out.
    #[serde(default)]
    pub status: Option<Status>,
    /// Why, in Stripe's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why it failed, in Stripe's words.
    #[serde(default)]
    pub failure_reason: Option<String>,
    /// Our notes, and those of the merchant's other software.
    #[serde(default)]
    pub metadata: Metadata,
    /// Seconds since 1970.
    pub created: i64,
    /// Stripe's `Request-Id` of the call that made it; none where it was only read.
    #[serde(skip)]
    pub request_id: Option<String>,
}

impl Refund {
    /// Whether this is no refund but the release of what was never taken.
    pub fn is_release(&self) -> bool {
        self.reason.as_deref() == Some("expired_uncaptured_charge")
    }
}

/// Stripe's `status` of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum Status {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
    /// A status that Stripe added after this version.
    #[serde(untagged)]
    Unknown(String),
}

/// What to refund.
#[derive(Debug, Clone, Serialize)]
pub struct CreateParams {
    /// Of which payment.
    pub payment_intent: PaymentIntentId,
    /// In the currency's smallest unit.
    pub amount: i64,
    /// Why; `fraudulent` also tells Stripe's fraud protection.
    pub reason: Option<Reason>,
    /// Our notes.
    pub metadata: Metadata,
}

/// The reasons that one may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "Stripe's own words")]
pub enum Reason {
    Duplicate,
    Fraudulent,
    RequestedByCustomer,
}

impl Reason {
    /// Stripe's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Fraudulent => "fraudulent",
            Self::RequestedByCustomer => "requested_by_customer",
        }
    }

    /// From Stripe's word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Duplicate, Self::Fraudulent, Self::RequestedByCustomer]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }
}

/// Refunds a payment, or a part of it ("Create a refund").
pub async fn create(
    client: &Client,
    params: &CreateParams,
    key: &IdempotencyKey,
) -> Result<Refund, Error> {
    let path = Path::fixed("/v1/refunds");
    let (refund, request_id): (Refund, _) = client.post_with_id(path, params, key).await?;
    Ok(Refund {
        request_id,
        ..refund
    })
}

/// Reads a refund.
pub async fn retrieve(client: &Client, id: &RefundId) -> Result<Refund, Error> {
    client
        .get(Path::with_id("/v1/refunds/{id}", id.as_str()))
        .await
}

/// Every refund of a payment, newest first ("List all refunds").
pub async fn list(client: &Client, intent: &PaymentIntentId) -> Result<Vec<Refund>, Error> {
    list::of_intent(client, "/v1/refunds", intent, |refund: &Refund| {
        refund.id.as_str()
    })
    .await
}
