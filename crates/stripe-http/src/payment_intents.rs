//! PaymentIntents: one shopper's payment from the first cent reserved to the last one captured.

use serde::Serialize;

use crate::request::Path;
use crate::{Client, Error, IdempotencyKey, PaymentIntentId};

mod object;
mod params;

pub use object::{
    CaptureMethod, Charge, LatestCharge, PaidWith, PaymentError, PaymentIntent, Status,
};
pub use params::{
    AutomaticPaymentMethods, CancelParams, CancellationReason, CaptureParams, ConfirmParams,
    CreateParams, FutureUsage, UpdateParams,
};

/// Creates a PaymentIntent.
pub async fn create(
    client: &Client,
    params: &CreateParams,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    change(client, Path::fixed("/v1/payment_intents"), params, key).await
}

/// Reads a PaymentIntent.
pub async fn retrieve(client: &Client, id: &PaymentIntentId) -> Result<PaymentIntent, Error> {
    client
        .get(Path::with_id("/v1/payment_intents/{id}", id.as_str()))
        .await
}

/// Reads a PaymentIntent with its latest charge in one call. A restricted key needs to read charges for it.
pub async fn retrieve_with_charge(
    client: &Client,
    id: &PaymentIntentId,
) -> Result<PaymentIntent, Error> {
    let expand = Expand {
        expand: ["latest_charge"],
    };
    client
        .get_with(
            Path::with_id("/v1/payment_intents/{id}", id.as_str()),
            &expand,
        )
        .await
}

/// What is sent whole instead of by its id (Stripe docs, "Expanding responses").
#[derive(Serialize)]
struct Expand {
    expand: [&'static str; 1],
}

/// Changes a PaymentIntent that is not paid yet.
pub async fn update(
    client: &Client,
    id: &PaymentIntentId,
    params: &UpdateParams,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    change(
        client,
        Path::with_id("/v1/payment_intents/{id}", id.as_str()),
        params,
        key,
    )
    .await
}

/// Pays a PaymentIntent with what its customer has saved, without the customer.
pub async fn confirm(
    client: &Client,
    id: &PaymentIntentId,
    params: &ConfirmParams,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    change(
        client,
        Path::with_id("/v1/payment_intents/{id}/confirm", id.as_str()),
        params,
        key,
    )
    .await
}

/// Takes the money that a manual PaymentIntent has reserved.
pub async fn capture(
    client: &Client,
    id: &PaymentIntentId,
    params: &CaptureParams,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    change(
        client,
        Path::with_id("/v1/payment_intents/{id}/capture", id.as_str()),
        params,
        key,
    )
    .await
}

/// Gives up a PaymentIntent and releases what it has reserved.
pub async fn cancel(
    client: &Client,
    id: &PaymentIntentId,
    params: &CancelParams,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    change(
        client,
        Path::with_id("/v1/payment_intents/{id}/cancel", id.as_str()),
        params,
        key,
    )
    .await
}

/// A call that changes something: its object knows Stripe's id of the request.
async fn change(
    client: &Client,
    path: Path<'_>,
    params: &impl Serialize,
    key: &IdempotencyKey,
) -> Result<PaymentIntent, Error> {
    let (intent, request_id) = client.post_with_id(path, params, key).await?;
    Ok(PaymentIntent {
        request_id,
        ..intent
    })
}
