//! Makes an account's endpoint what it has to be.

use domain::connection_problem::ConnectionProblem;
use stripe_http::webhook_endpoints::{self, MAX_ENDPOINTS, WebhookEndpoint};
use stripe_http::{Error, IdempotencyKey};
use uuid::Uuid;

use super::first_delivery;
use super::record::{self, Before};
use super::wanted::{Wanted, creation_key};
use crate::app::App;
use crate::error::ApiError;
use crate::stripe::StoreStripe;

/// What [`ensure`] came to.
#[derive(Debug)]
pub enum Ensured {
    /// The endpoint is there.
    Registered {
        /// Whether something had to be done for it.
        changed: bool,
    },
    /// A person has to do something first.
    Impossible {
        /// What.
        problem: ConnectionProblem,
        /// Whether there is no endpoint now.
        missing: bool,
    },
    /// Not this time; trying again may help.
    Failed {
        /// Whether there is no endpoint now.
        missing: bool,
        /// Why.
        error: ApiError,
    },
    /// The operator does not want it (`REGISTER_WEBHOOKS`).
    Off,
}

/// Registers the connection's endpoint, or adopts and mends the one that is there. Anybody else's stay untouched. Only our
/// own storage makes it fail.
pub async fn ensure(app: &App, stripe: &StoreStripe) -> Result<Ensured, ApiError> {
    if !app.settings.register_webhooks {
        return Ok(Ensured::Off);
    }
    if !app.settings.stripe_can_reach_us() {
        return Ok(impossible(ConnectionProblem::WebhookUnreachable, true));
    }
    let before = record::before(app, stripe).await?;
    let mut missing = before.registered.is_none();
    let trouble = match register(app, stripe, &before, &mut missing).await {
        Ok(changed) => return Ok(Ensured::Registered { changed }),
        Err(trouble) => trouble,
    };
    match trouble {
        Trouble::Storage(error) => Err(error),
        Trouble::Full => Ok(impossible(ConnectionProblem::WebhookLimitReached, missing)),
        Trouble::Stripe(Error::Permission(_)) => {
            Ok(impossible(ConnectionProblem::WebhookNotPermitted, missing))
        }
        Trouble::Stripe(error) => Ok(Ensured::Failed {
            missing,
            error: stripe.fail(app, error).await,
        }),
    }
}

fn impossible(problem: ConnectionProblem, missing: bool) -> Ensured {
    Ensured::Impossible { problem, missing }
}

enum Trouble {
    Storage(ApiError),
    Stripe(Error),
    /// The account has as many endpoints as it can, and none of them is useless and ours.
    Full,
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        Self::Storage(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Stripe(error)
    }
}

/// Whether something had to be done. What was stored is read before the list, and the secrets after it: so an endpoint that
/// another gateway makes meanwhile is either in the list with its secret stored, or comes back under the same key.
async fn register(
    app: &App,
    stripe: &StoreStripe,
    before: &Before,
    missing: &mut bool,
) -> Result<bool, Trouble> {
    let (store_id, mode, _) = stripe.place();
    let wanted = Wanted::of(&app.settings, store_id, mode);
    let listed = webhook_endpoints::list(&stripe.client).await?;
    let mut ours: Vec<&WebhookEndpoint> = listed
        .iter()
        .filter(|endpoint| wanted.is_ours(endpoint))
        .collect();
    let verifiable = record::verifiable(app, stripe).await?;
    let registered_id = before
        .registered
        .as_ref()
        .map(|one| one.endpoint_id.as_str());
    let usable = ours.iter().filter(|endpoint| {
        Wanted::has_our_version(endpoint) && verifiable.iter().any(|id| id == endpoint.id.as_str())
    });
    let kept = usable.max_by_key(|endpoint| Some(endpoint.id.as_str()) == registered_id);
    *missing = !ours
        .iter()
        .any(|endpoint| verifiable.iter().any(|id| id == endpoint.id.as_str()));
    let (endpoint, changed) = if let Some(endpoint) = kept {
        mend(app, stripe, &wanted, before, endpoint).await?
    } else {
        let found = ours
            .iter()
            .find(|endpoint| !verifiable.iter().any(|id| id == endpoint.id.as_str()));
        let found = found.copied();
        let useless = found.map(|endpoint| endpoint.id.clone());
        let (new, has_made_room) =
            create(app, stripe, &wanted, before.generation, &listed, found).await?;
        record::store(app, stripe, &new, "webhook_endpoint.registered").await?;
        *missing = false;
        if has_made_room {
            ours.retain(|one| Some(&one.id) != useless.as_ref());
        }
        (new, true)
    };
    let superseded = ours.iter().filter(|one| one.id != endpoint.id);
    for one in superseded {
        delete(app, stripe, one).await?;
    }
    if changed {
        first_delivery::provoke(stripe, &endpoint).await;
    }
    Ok(changed)
}

/// Undoes what somebody changed at Stripe, and remembers an endpoint that only Stripe remembered.
async fn mend(
    app: &App,
    stripe: &StoreStripe,
    wanted: &Wanted,
    before: &Before,
    endpoint: &WebhookEndpoint,
) -> Result<(WebhookEndpoint, bool), Trouble> {
    let differences = wanted.differences(endpoint);
    if !differences.is_empty() {
        tracing::warn!(endpoint_id = %endpoint.id, ?differences, "our webhook endpoint was changed: it is mended");
        let key = Uuid::new_v4().into();
        let repair = wanted.repair();
        let mended = webhook_endpoints::update(&stripe.client, &endpoint.id, &repair, &key).await?;
        record::store(app, stripe, &mended, "webhook_endpoint.repaired").await?;
        return Ok((mended, true));
    }
    let is_stored = before.registered.as_ref().is_some_and(|stored| {
        stored.endpoint_id == endpoint.id.as_str() && stored.url == endpoint.url
    });
    if !is_stored {
        record::store(app, stripe, endpoint, "webhook_endpoint.adopted").await?;
    }
    Ok((endpoint.clone(), !is_stored))
}

/// A new endpoint, with its secret, and whether `useless` was deleted for it. Whoever comes to the same point sends the same key and gets the same endpoint.
///
/// In an account that is full one of ours makes room whose deliveries nobody can verify. One that works stays, though another
/// would fit better: Stripe may have refused for any reason, also the second time.
async fn create(
    app: &App,
    stripe: &StoreStripe,
    wanted: &Wanted,
    generation: i64,
    listed: &[WebhookEndpoint],
    useless: Option<&WebhookEndpoint>,
) -> Result<(WebhookEndpoint, bool), Trouble> {
    let client = &stripe.client;
    let mut has_made_room = false;
    let (_, _, account_id) = stripe.place();
    let params = wanted.creation().map_err(ApiError::internal)?;
    let anew = |key: IdempotencyKey| {
        let params = &params;
        async move { webhook_endpoints::create(client, params, &key).await }
    };
    let key = creation_key(&params, account_id, &generation.to_string());
    let made = match webhook_endpoints::create(client, &params, &key).await {
        Ok(made) => match webhook_endpoints::retrieve(client, &made.id).await {
            // A used key brings the endpoint of then, which somebody may have deleted since.
            Err(Error::NotFound(_)) => anew(Uuid::new_v4().into()).await?,
            _ => made,
        },
        Err(Error::Invalid(_)) => {
            if listed.len() >= MAX_ENDPOINTS {
                delete(app, stripe, useless.ok_or(Trouble::Full)?).await?;
                has_made_room = true;
            }
            // Stripe repeats the refusal for as long as it keeps the key, also when there is room again.
            let ids: Vec<&str> = listed.iter().map(|one| one.id.as_str()).collect();
            let point = format!("{generation} {}", ids.join(" "));
            anew(creation_key(&params, account_id, &point)).await?
        }
        // So it does with a failure of its own.
        Err(Error::Unavailable(detail)) if detail.http_status == 500 => {
            anew(Uuid::new_v4().into()).await?
        }
        Err(error) => return Err(error.into()),
    };
    if made.secret.is_none() {
        let error = "Stripe made an endpoint and did not tell its secret";
        return Err(ApiError::internal(error).into());
    }
    Ok((made, has_made_room))
}

/// Deletes one of ours that another one has replaced.
async fn delete(
    app: &App,
    stripe: &StoreStripe,
    endpoint: &WebhookEndpoint,
) -> Result<(), Trouble> {
    webhook_endpoints::delete(&stripe.client, &endpoint.id).await?;
    let mut tx = app.db.begin().await.map_err(ApiError::from)?;
    record::audit(app, &mut tx, stripe, "webhook_endpoint.deleted", endpoint).await?;
    tx.commit().await.map_err(ApiError::from)?;
    Ok(())
}
