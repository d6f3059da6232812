//! What we have stored of a connection's endpoint and its secrets.

use db::stores::StoreChanges;
use db::webhook_endpoints::RegisteredEndpoint;
use db::webhook_secrets::WebhookSecret;
use stripe_http::API_VERSION;
use stripe_http::webhook_endpoints::WebhookEndpoint;

use crate::app::App;
use crate::connect::keys::{self, Signing};
use crate::error::ApiError;
use crate::sealing;
use crate::stripe::StoreStripe;

/// Who did it, in the audit log.
pub(super) const ACTOR: &str = "gateway";

/// What is stored before Stripe is asked.
pub(super) struct Before {
    pub(super) registered: Option<RegisteredEndpoint>,
    /// The version of the newest secret of an endpoint of ours.
    pub(super) generation: i64,
}

pub(super) async fn before(app: &App, stripe: &StoreStripe) -> Result<Before, ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let mut conn = app.db.read().await?;
    let registered = db::webhook_endpoints::find(&mut conn, store_id, mode, account_id).await?;
    let generation =
        db::webhook_secrets::newest_registered(&mut conn, store_id, mode, account_id).await?;
    Ok(Before {
        registered,
        generation,
    })
}

async fn valid_secrets(app: &App, stripe: &StoreStripe) -> Result<Vec<WebhookSecret>, ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let mut conn = app.db.read().await?;
    let mut secrets = db::webhook_secrets::list_valid(&mut conn, store_id, app.now()).await?;
    secrets.retain(|secret| secret.mode == mode && secret.account_id == account_id);
    Ok(secrets)
}

/// The endpoints whose deliveries we can verify, and go on to.
pub(super) async fn verifiable(app: &App, stripe: &StoreStripe) -> Result<Vec<String>, ApiError> {
    let (store_id, mode, _) = stripe.place();
    let opens = |secret: &WebhookSecret| {
        let opened = sealing::open_webhook_secret(
            &app.vault,
            store_id,
            mode,
            secret.version,
            secret.sealed(),
        );
        opened.is_ok()
    };
    let secrets = valid_secrets(app, stripe).await?;
    Ok(secrets
        .into_iter()
        .filter(|secret| secret.expires_at.is_none() && opens(secret))
        .filter_map(|secret| secret.endpoint_id)
        .collect())
}

/// Whether deliveries can be verified that are not our endpoint's.
pub(super) async fn has_pasted_secret(app: &App, stripe: &StoreStripe) -> Result<bool, ApiError> {
    let secrets = valid_secrets(app, stripe).await?;
    Ok(secrets.iter().any(|secret| secret.endpoint_id.is_none()))
}

/// Stores what was registered, with its secret if that is new, unless another gateway has done so.
pub(super) async fn store(
    app: &App,
    stripe: &StoreStripe,
    endpoint: &WebhookEndpoint,
    action: &str,
) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    let now = app.now();
    let mut tx = app.db.begin().await?;
    // Whoever else registers or connects waits for this transaction.
    db::stores::update(&mut tx, store_id, StoreChanges::default(), now).await?;
    if let Some(secret) = &endpoint.secret {
        let valid = db::webhook_secrets::list_valid(&mut tx, store_id, now).await?;
        let is_stored = valid.iter().any(|one| {
            one.expires_at.is_none() && one.endpoint_id.as_deref() == Some(endpoint.id.as_str())
        });
        if !is_stored {
            let signing = Signing {
                account_id,
                endpoint_id: Some(endpoint.id.as_str()),
                secret,
            };
            keys::add_webhook_secret(app, &mut tx, store_id, mode, signing).await?;
        }
    }
    let registered = RegisteredEndpoint {
        mode,
        account_id: account_id.to_owned(),
        endpoint_id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        api_version: API_VERSION.to_owned(),
        registered_at: now,
        first_delivery_at: None,
    };
    db::webhook_endpoints::put(&mut tx, store_id, registered).await?;
    audit(app, &mut tx, stripe, action, endpoint).await?;
    tx.commit().await?;
    app.signing_secrets.forget(store_id);
    Ok(())
}

/// Writes down what was done to an endpoint.
pub(super) async fn audit(
    app: &App,
    conn: &mut db::Conn,
    stripe: &StoreStripe,
    action: &str,
    endpoint: &WebhookEndpoint,
) -> Result<(), ApiError> {
    let (store_id, mode, account_id) = stripe.place();
    tracing::info!(%store_id, %mode, account_id, endpoint_id = %endpoint.id, action, "webhook endpoint");
    db::audit::record(
        conn,
        store_id,
        ACTOR,
        action,
        endpoint.id.as_str(),
        app.now(),
    )
    .await?;
    Ok(())
}
