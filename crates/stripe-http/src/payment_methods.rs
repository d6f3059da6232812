//! Saved ways to pay. Source: API reference, "`PaymentMethods`".

use serde::{Deserialize, Serialize};

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey, PaymentMethodId};

/// A way to pay (API reference, "The `PaymentMethod` object"), as far as we need it.
#[derive(Debug, Clone, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…` or `card_…`.
    pub id: PaymentMethodId,
}

/// Takes a way to pay from its customer: it can never be used again.
pub async fn detach(
    client: &Client,
    id: &PaymentMethodId,
    key: &IdempotencyKey,
) -> Result<PaymentMethod, Error> {
    #[derive(Serialize)]
    struct NoParams {}
    let path = Path::with_id("/v1/payment_methods/{id}/detach", id.as_str());
    client.post(path, &NoParams {}, key).await
}
