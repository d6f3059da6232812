//! The customer at Stripe to whom saved ways to pay belong: one per store, mode, account and e-mail address.

use db::customers::{self, Customer};
use db::saved_payment_methods;
use domain::{CustomerId, Mode, StoreId};
use stripe_http::{CustomerId as StripeCustomerId, Error as StripeError, IdempotencyKey, Metadata};

use super::permitted;
use crate::app::App;
use crate::error::ApiError;
use crate::personal::{self, Contact};
use crate::stripe::StoreStripe;

/// Rounds against others who change the same row, one each and one to spare.
const MAX_ROUNDS: u32 = 3;

/// A customer that Stripe has.
pub struct AtStripe {
    /// Our row.
    pub row: Customer,
    /// Stripe's id of it.
    pub id: StripeCustomerId,
}

/// The customer of an address at an account, made if there is none. Our row is written first.
/// `None` where Stripe makes none for us.
pub async fn ensure(
    app: &App,
    stripe: &StoreStripe,
    email: &str,
) -> Result<Option<AtStripe>, ApiError> {
    let store_id = stripe.store_id;
    let (mode, account_id) = (stripe.connection.mode, &stripe.connection.account_id);
    for _ in 0..MAX_ROUNDS {
        let row = match find(app, store_id, mode, account_id, email).await? {
            Some(row) => row,
            None => insert(app, store_id, mode, account_id, email).await?,
        };
        if let Some(known) = &row.stripe_customer_id {
            let id = StripeCustomerId::parse(known.as_str()).map_err(ApiError::internal)?;
            return Ok(Some(AtStripe { row, id }));
        }
        if !create(app, stripe, &row, email).await? {
            return Ok(None);
        }
        // The next round reads what stands in the row, whoever was first.
    }
    Ok(None)
}

/// `false` where Stripe makes none for us.
async fn create(
    app: &App,
    stripe: &StoreStripe,
    row: &Customer,
    email: &str,
) -> Result<bool, ApiError> {
    let store_id = stripe.store_id;
    let mut metadata = Metadata::default();
    metadata
        .insert("tillgate_store_id", store_id.to_string())
        .map_err(ApiError::internal)?;
    let params = stripe_http::customers::CreateParams {
        // The same however it was written this time: the key is for one request only.
        email: Some(personal::folded(email)),
        metadata,
    };
    let created = stripe_http::customers::create(&stripe.client, &params, &key(row)?).await;
    let created = match created {
        Ok(created) => created,
        // Stripe keeps a 500 under its idempotency key and would repeat it for a day ("Idempotent requests").
        Err(error) if error.http_status() == Some(500) => {
            forget(app, store_id, row).await?;
            return Ok(false);
        }
        Err(error) if permitted::is_refused(app, stripe, &error).await? => return Ok(false),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let (mut tx, id) = (app.db.begin().await?, created.id.as_str());
    customers::set_stripe_id(&mut tx, store_id, row, id, app.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// The row's id, and once what Stripe has under that was forgotten, beside it when that was: the same for everyone who finds
/// the row without a customer.
fn key(row: &Customer) -> Result<IdempotencyKey, ApiError> {
    if row.updated_at == row.created_at {
        return Ok(IdempotencyKey::from(*row.id.as_uuid()));
    }
    let changed_at = row.updated_at.as_microsecond();
    IdempotencyKey::parse(format!("{}-{changed_at}", row.id)).map_err(ApiError::internal)
}

/// Whether Stripe says that it has no such customer (any more): somebody deleted it in the dashboard.
pub fn is_gone(error: &StripeError) -> bool {
    error.api_error().is_some_and(|said| {
        let (code, param) = (said.code.as_deref(), said.param.as_deref());
        code == Some("resource_missing") && param == Some("customer")
    })
}

/// Gives up what Stripe has under a customer, and every card that went with it: [`ensure`] makes another one, under another
/// idempotency key, once however many find out.
pub async fn forget(app: &App, store_id: StoreId, row: &Customer) -> Result<(), ApiError> {
    let (now, mut tx) = (app.now(), app.db.begin().await?);
    if customers::forget_stripe_id(&mut tx, store_id, row, now).await? {
        saved_payment_methods::detach_all(&mut tx, store_id, row.id, now).await?;
        tracing::warn!(%store_id, customer_id = %row.id, "a customer is not at Stripe: the next consent makes another one");
    }
    tx.commit().await?;
    Ok(())
}

async fn find(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    email: &str,
) -> Result<Option<Customer>, ApiError> {
    let all = of_email(app, store_id, mode, email).await?;
    Ok(all
        .into_iter()
        .find(|customer| customer.account_id == account_id))
}

/// The customers of an address, at all accounts of the store.
pub async fn of_email(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    email: &str,
) -> Result<Vec<Customer>, ApiError> {
    let hashes = personal::email_hashes(&app.vault, store_id, mode, email);
    let mut conn = app.db.read().await?;
    Ok(customers::list_by_email(&mut conn, store_id, mode, &hashes).await?)
}

async fn insert(
    app: &App,
    store_id: StoreId,
    mode: Mode,
    account_id: &str,
    email: &str,
) -> Result<Customer, ApiError> {
    let now = app.now();
    let new = Customer {
        id: CustomerId::generate(),
        mode,
        account_id: account_id.to_owned(),
        stripe_customer_id: None,
        created_at: now,
        updated_at: now,
    };
    let contact = Contact {
        email: Some(email.to_owned()),
        ..Contact::default()
    };
    let hash = contact.email_hash(&app.vault, store_id, mode);
    let mut tx = app.db.begin().await?;
    customers::insert(&mut tx, store_id, &new, &hash).await?;
    tx.commit().await?;
    // Somebody else may have been first.
    let found = find(app, store_id, mode, account_id, email).await?;
    found.ok_or_else(|| ApiError::internal("a customer that was written is not there"))
}
