//! Disputes: shoppers who ask their bank for the money. Source: API reference, "Disputes".

use serde::Deserialize;

use crate::request::Path;
use crate::{Client, DisputeId, Error, PaymentIntentId, list};

/// A dispute (API reference, "The Dispute object"). The amount is in the currency's smallest unit.
#[derive(Debug, Clone, Deserialize)]
pub struct Dispute {
    /// `dp_…` or `du_…`.
    pub id: DisputeId,
    /// What is disputed.
    pub amount: i64,
    /// Lower-case ISO 4217.
    pub currency: String,
    /// Why, in Stripe's words.
    pub reason: String,
    /// Where it stands, in Stripe's words: `warning_needs_response`, `warning_under_review`, `warning_closed`,
    /// `needs_response`, `under_review`, `won`, `lost`, `prevented`.
    pub status: String,
    /// Until when it can be answered.
    #[serde(default)]
    pub evidence_details: Option<EvidenceDetails>,
    /// Seconds since 1970.
    pub created: i64,
}

impl Dispute {
    /// Until when it can be answered, in seconds since 1970; `None` where no answer is awaited.
    pub fn due_by(&self) -> Option<i64> {
        self.evidence_details
            .as_ref()?
            .due_by
            .filter(|&due| due > 0)
    }
}

/// About answering a dispute.
#[derive(Debug, Clone, Deserialize)]
pub struct EvidenceDetails {
    /// Seconds since 1970; 0 or null where no answer is awaited.
    #[serde(default)]
    pub due_by: Option<i64>,
}

/// Reads a dispute.
pub async fn retrieve(client: &Client, id: &DisputeId) -> Result<Dispute, Error> {
    client
        .get(Path::with_id("/v1/disputes/{id}", id.as_str()))
        .await
}

/// Every dispute of a payment, newest first ("List all disputes").
pub async fn list(client: &Client, intent: &PaymentIntentId) -> Result<Vec<Dispute>, Error> {
    list::of_intent(client, "/v1/disputes", intent, |dispute: &Dispute| {
        dispute.id.as_str()
    })
    .await
}
