//! Lets something happen in the account that Stripe tells a new endpoint about.

use stripe_http::setup_intents::{self, CreateParams};
use stripe_http::webhook_endpoints::WebhookEndpoint;
use stripe_http::{Error, Metadata};
use uuid::Uuid;

use crate::stripe::StoreStripe;

/// Metadata that tells what the object is for.
const CHECK: &str = "tillgate_check";

/// Makes and cancels a `SetupIntent`, which moves no money: Stripe sends `setup_intent.canceled`. A key that may not do it
/// is no problem; then the first payment brings the first delivery.
pub(super) async fn provoke(stripe: &StoreStripe, endpoint: &WebhookEndpoint) {
    if let Err(error) = make_and_cancel(stripe, endpoint).await {
        tracing::info!(%error, endpoint_id = %endpoint.id, "the first delivery cannot be provoked: it comes with the first payment");
    }
}

async fn make_and_cancel(stripe: &StoreStripe, endpoint: &WebhookEndpoint) -> Result<(), Error> {
    let mut metadata = Metadata::default();
    let marked = metadata.insert(CHECK, endpoint.id.as_str());
    debug_assert!(marked.is_ok(), "an id is a value");
    let params = CreateParams {
        metadata,
        ..CreateParams::default()
    };
    let client = &stripe.client;
    let intent = setup_intents::create(client, &params, &Uuid::new_v4().into()).await?;
    setup_intents::cancel(client, &intent.id, &Uuid::new_v4().into()).await?;
    Ok(())
}
