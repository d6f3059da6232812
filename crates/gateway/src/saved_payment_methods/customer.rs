//! The customer at Stripe to whom saved ways to pay belong: one per store, mode, account and e-mail address.

use db::customers::{self, Customer};
use domain::{CustomerId, Mode, StoreId};
use stripe_http::{CustomerId as StripeCustomerId, IdempotencyKey, Metadata};

use super::permitted;
use crate::app::App;
use crate::error::ApiError;
use crate::personal::{self, Contact};
use crate::stripe::StoreStripe;

/// The customer of an address at an account, made if there is none. Our row is written first; its id is the idempotency key.
/// `None` where Stripe makes none for us.
pub async fn ensure(
    app: &App,
    stripe: &StoreStripe,
    store_id: StoreId,
    email: &str,
) -> Result<Option<(CustomerId, StripeCustomerId)>, ApiError> {
    let (mode, account_id) = (stripe.connection.mode, &stripe.connection.account_id);
    let customer = match find(app, store_id, mode, account_id, email).await? {
        Some(customer) => customer,
        None => insert(app, store_id, mode, account_id, email).await?,
    };
    if let Some(known) = &customer.stripe_customer_id {
        let id = StripeCustomerId::parse(known.as_str()).map_err(ApiError::internal)?;
        return Ok(Some((customer.id, id)));
    }
    let mut metadata = Metadata::default();
    metadata
        .insert("tillgate_store_id", store_id.to_string())
        .map_err(ApiError::internal)?;
    let params = stripe_http::customers::CreateParams {
        // The same however it was written this time: the key is for one request only.
        email: Some(personal::folded(email)),
        metadata,
    };
    let key = IdempotencyKey::from(*customer.id.as_uuid());
    let created = match stripe_http::customers::create(&stripe.client, &params, &key).await {
        Ok(created) => created,
        // Stripe keeps a 500 under its idempotency key and would repeat it for a day ("Idempotent requests").
        Err(error) if error.http_status() == Some(500) => return Ok(None),
        Err(error) if permitted::is_refused(app, stripe, &error).await? => return Ok(None),
        Err(error) => return Err(stripe.fail(app, error).await),
    };
    let mut tx = app.db.begin().await?;
    customers::set_stripe_id(
        &mut tx,
        store_id,
        customer.id,
        created.id.as_str(),
        app.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(Some((customer.id, created.id)))
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
    let new = Customer {
        id: CustomerId::generate(),
        mode,
        account_id: account_id.to_owned(),
        stripe_customer_id: None,
    };
    let contact = Contact {
        email: Some(email.to_owned()),
        ..Contact::default()
    };
    let hash = contact.email_hash(&app.vault, store_id, mode);
    let mut tx = app.db.begin().await?;
    customers::insert(&mut tx, store_id, &new, &hash, app.now()).await?;
    tx.commit().await?;
    // Somebody else may have been first.
    let found = find(app, store_id, mode, account_id, email).await?;
    found.ok_or_else(|| ApiError::internal("a customer that was written is not there"))
}
